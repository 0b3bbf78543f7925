"""An appliance in live mode: real sBTC on the local chain, and a store that is paid at its own wallet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.served import Served, Shop

from stacktill.application.merchants import create_merchant
from stacktill.domain.merchants import SettlementAddress
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.appliance import open_appliance
from stacktill.runtime.config import load_settings

if TYPE_CHECKING:
    from plugins.chain_stacks.tests.devnet_kit import Devnet

__all__ = ["CHAIN_ID", "devnet", "live_box", "live_shop"]

CHAIN_ID = "stacks:2147483648"


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    """A local chain of a module's own, some Bitcoin blocks old."""
    # Imported here, since most processes of a test run have no use for it.
    from plugins.chain_stacks.tests.devnet_kit import started_devnet

    with started_devnet() as running:
        running.mine(3, burn=True)
        yield running


@contextmanager
def live_box(devnet: Devnet, folder: Path, *, chain: str = "", more: str = "") -> Iterator[Served]:
    """A served appliance on the chain; ``chain`` are lines of its plugin, ``more`` further tables."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "stacktill.toml"
    config.write_text(
        f"[chain]\npoll_seconds = 0.1\n{more}\n"
        "[plugins.storage_sqlite]\n[plugins.chain_sandbox]\n[plugins.notify_webhook]\n"
        f'[plugins.chain_stacks]\nnetwork = "testnet"\napis = ["{devnet.url}"]\n'
        f'sbtc_contract = "{devnet.sbtc}"\nrequests_per_minute = 0\n{chain}\n'
    )
    with Served.running(folder / "data", STACKTILL_CONFIG=str(config)) as served:
        yield served


def live_shop(served: Served, address: str) -> Shop:
    """A store with live keys that is paid at that address."""
    # On a thread of its own: beside a browser, this one has a running loop already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _made(served, address)).result()


async def _made(served: Served, address: str) -> Shop:
    settings = load_settings(Path(served.environ["STACKTILL_CONFIG"]), environ=served.environ)
    async with open_appliance(settings, loops=False) as appliance:
        new = await appliance.storage.write(
            create_merchant, appliance.services, "Live shop", "live@example.com", True
        )
        await appliance.storage.write(_pay_at, new.merchant.id, address)
    return Shop(served.url, new.merchant.id, new.secret.text, new.publishable.text, served.http)


def _pay_at(uow: UnitOfWork, merchant_id: str, address: str) -> None:
    merchant = uow.merchants.get(merchant_id)
    assert merchant is not None
    uow.settlement_addresses.add(
        SettlementAddress(
            address=address, chain_id=CHAIN_ID, merchant_id=merchant_id, livemode=True, created=0
        )
    )
    uow.merchants.save(replace(merchant, addresses={**merchant.addresses, CHAIN_ID: address}))
