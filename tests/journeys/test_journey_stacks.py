"""Journeys in live mode: real sBTC on a local chain that runs real Clarity, paid by a wallet that signs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from plugins.chain_stacks.tests.devnet_kit import Devnet, Wallet, opened_wallet, started_devnet
from tests.served import Served, Shop, until

from stacktill.application.merchants import create_merchant
from stacktill.domain.merchants import SettlementAddress
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.appliance import open_appliance
from stacktill.runtime.config import load_settings
from stacktill_chain_stacks.wire.decoding import decode_value
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.post_conditions import read_post_condition
from stacktill_chain_stacks.wire.principals import Principal
from stacktill_chain_stacks.wire.reader import Reader

pytestmark = pytest.mark.xdist_group("devnet")

CHAIN_ID = "stacks:2147483648"
R = TypeVar("R")


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with started_devnet() as running:
        running.mine(3, burn=True)
        yield running


@pytest.fixture(scope="module")
def served(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance with a live chain."""
    folder = tmp_path_factory.mktemp("live")
    config = folder / "stacktill.toml"
    config.write_text(
        "[chain]\npoll_seconds = 0.1\n"
        "[plugins.storage_sqlite]\n[plugins.chain_sandbox]\n[plugins.notify_webhook]\n"
        f'[plugins.chain_stacks]\nnetwork = "testnet"\napis = ["{devnet.url}"]\n'
        f'sbtc_contract = "{devnet.sbtc}"\nrequests_per_minute = 0\n'
    )
    with Served.running(folder / "data", STACKTILL_CONFIG=str(config)) as appliance:
        yield appliance


@pytest.fixture(scope="module")
def shop(devnet: Devnet, served: Served) -> Shop:
    """A store that is paid at the merchant's wallet."""
    return asyncio.run(_make_shop(served, devnet.address("merchant")))


async def _make_shop(served: Served, address: str) -> Shop:
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


def with_wallet(devnet: Devnet, work: Callable[[Wallet], Coroutine[Any, Any, R]]) -> R:
    """Do something with a wallet."""

    async def opened() -> R:
        async with opened_wallet(devnet) as wallet:
            return await work(wallet)

    return asyncio.run(opened())


def pay(devnet: Devnet, intent: dict[str, Any], sats: int) -> str:
    """Pay an intent as its ``next_action`` says."""
    details = intent["next_action"]["crypto_display_details"]
    (place,) = details["deposit_addresses"].values()
    memo = bytes.fromhex(details["memo"])
    return with_wallet(devnet, lambda wallet: wallet.pay("alice", place["address"], sats, memo))


def test_a_payment_is_seen_confirmed_and_settled(devnet: Devnet, shop: Shop) -> None:
    intent = shop.intent(20_000)
    assert intent["livemode"] is True
    txid = pay(devnet, intent, 20_000)
    assert shop.read(intent)["status"] == "requires_action", "what is not mined is not paid"
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)
    charge = shop.get(f"/v1/charges/{shop.read(intent)['latest_charge']}")
    assert txid in str(charge)


def test_a_large_payment_waits_for_bitcoin(devnet: Devnet, shop: Shop) -> None:
    intent = shop.intent(20_000_000)
    pay(devnet, intent, 20_000_000)
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "processing", seconds=20)
    for _ in range(6):
        devnet.mine(burn=True)
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)


def health(served: Served) -> dict[str, Any]:
    """How the live chain is."""
    parts: dict[str, Any] = served.http.get(f"{served.url}/health/ready").json()["parts"]
    return dict(parts["chain_live"])


def test_a_fork_unpays_and_the_next_block_pays_again(
    devnet: Devnet, served: Served, shop: Shop
) -> None:
    intent = shop.intent(30_000)
    pay(devnet, intent, 30_000)
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)
    devnet.mine(100)
    until(lambda: health(served)["lag_blocks"] == 0, seconds=60)
    devnet.order("reorg", depth=101)
    devnet.mine(2)
    until(lambda: shop.types(intent["id"]).count("payment_intent.succeeded") == 2, seconds=60)
    assert "payment_intent.reversed" in shop.types(intent["id"])


def test_a_refund_is_signed_as_it_was_prepared(devnet: Devnet, shop: Shop) -> None:
    intent = shop.intent(40_000)
    pay(devnet, intent, 40_000)
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)
    refund = shop.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 15_000})
    prepared = refund["next_action"]["sign_transaction"]["transaction"]["wallet"]
    call = Call(
        Principal.parse(prepared["contract"]),
        prepared["functionName"],
        tuple(decode_value(bytes.fromhex(one)) for one in prepared["functionArgs"]),
    )
    (bound,) = (
        read_post_condition(Reader(bytes.fromhex(one))) for one in prepared["postConditions"]
    )
    with_wallet(devnet, lambda wallet: wallet.send("merchant", call, bound))
    devnet.mine()

    def is_closed() -> bool:
        return bool(shop.get(f"/v1/refunds/{refund['id']}")["status"] == "succeeded")

    until(is_closed, seconds=20)


def test_what_is_paid_in_part_is_due_in_part(devnet: Devnet, shop: Shop) -> None:
    intent = shop.intent(50_000)
    txid = pay(devnet, intent, 49_999)
    devnet.mine()
    until(lambda: txid in str(shop.get("/v1/deposits")), seconds=20)
    after = shop.read(intent)
    assert after["next_action"]["crypto_display_details"]["amount_remaining"] == 1
    pay(devnet, after, 1)
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)


def test_the_command_line_sees_the_same_chain(devnet: Devnet, served: Served) -> None:
    told = served.run("chain", "info", "--json")
    assert '"network_matches": true' in told
    assert '"sbtc_matches": true' in told
    assert "sbtc_sats" in served.run("chain", "balance", devnet.address("alice"))
