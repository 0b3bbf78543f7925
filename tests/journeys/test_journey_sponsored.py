"""Journeys of payers with sBTC and no STX, on real Clarity: both modes, and everything that is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from plugins.chain_stacks.tests.devnet_kit import Devnet, started_devnet
from tests.sponsored import SponsoringTill, open_sponsoring, payer_key, settings_of

pytestmark = pytest.mark.xdist_group("devnet")


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with started_devnet() as running:
        running.mine(3, burn=True)
        yield running


@pytest.fixture
async def till(devnet: Devnet, tmp_path: Path) -> AsyncIterator[SponsoringTill]:
    async with open_sponsoring(devnet, settings_of(devnet, tmp_path)) as opened:
        yield opened


def contract(devnet: Devnet) -> str:
    key = devnet._accounts["gateway"]["private_key"]
    return (
        f'payment_modes = ["pay", "transfer"]\npay_contract = "{devnet.contracts["pay"]}"\n'
        f'signing_key = "{key}"\n'
    )


async def test_a_payer_without_stx_pays(till: SponsoringTill, devnet: Devnet) -> None:
    made, key = await till.intent(), payer_key(devnet, "plain")
    done = await till.pays(made, key)
    assert done["status"] == "sent"
    assert devnet.mine() == {done["transaction_hash"]: "success"}
    ended = await till.look(done)
    assert ended["status"] == "mined"
    assert await till.status(made) in ("processing", "succeeded")
