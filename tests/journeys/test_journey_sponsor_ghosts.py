"""Journeys of ghosts: payers who put what no block ever takes in the place of what was sponsored.

It costs them nothing: a transaction that another account of theirs sponsors, with a nonce too far ahead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from plugins.chain_stacks.tests.devnet_kit import Devnet, opened_wallet
from tests.sponsored import SponsoringTill, open_sponsoring, payer_key, settings_of

from stacktill.application.sponsorships import spent_ustx
from stacktill.domain.statements import day_of
from stacktill_chain_stacks import sponsor_follow
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import StxTransfer
from stacktill_chain_stacks.wire.principals import Principal
from stacktill_chain_stacks.wire.signing import UNNAMED_SPONSOR, sign_as_origin, sign_as_sponsor

pytestmark = pytest.mark.xdist_group("devnet")

NEVER = 20
"""A nonce that nodes take, and no block."""


@pytest.fixture
async def till(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SponsoringTill]:
    monkeypatch.setattr(sponsor_follow, "PATIENT_SECONDS", 0)
    async with open_sponsoring(devnet, settings_of(devnet, tmp_path)) as opened:
        yield opened


async def haunt(till: SponsoringTill, key: PrivateKey, helper: PrivateKey) -> None:
    """Replace what was sponsored by what is sponsored elsewhere and never mined."""
    to = Principal.parse(till.devnet.address("bob"))
    async with opened_wallet(till.devnet) as wallet:
        plain = await wallet.sender.draft(StxTransfer(to, 1), key, nonce=0, fee_ustx=0)
        own = sign_as_origin(replace(plain.transaction, sponsor=UNNAMED_SPONSOR), key)
        await wallet.sender.send(sign_as_sponsor(own, helper, nonce=NEVER, fee=50_000))


async def test_a_line_of_ghosts_holds_up_nobody(till: SponsoringTill) -> None:
    devnet, count = till.devnet, 12
    ghosts = [payer_key(devnet, f"ghost {one}", stx=0.001) for one in range(count)]
    helpers = [payer_key(devnet, f"helper {one}", stx=1) for one in range(count)]
    late = payer_key(devnet, "late")
    gone = [await till.pays(await till.intent(1_000), key) for key in ghosts]
    for key, helper in zip(ghosts, helpers, strict=True):
        await haunt(till, key, helper)
    first = await till.look(gone[0])
    assert first["status"] == "dropped"
    paid = await till.pays(await till.intent(), late)
    assert devnet.mine() == {paid["transaction_hash"]: "success"}
    assert (await till.look(paid))["status"] == "mined"
    told = [await till.look(one) for one in gone]
    assert {one["status"] for one in told} == {"dropped", "released"}
    assert {one["fee_ustx"] for one in told} == {paid["fee_ustx"]}, "nothing more for a ghost"
    for one in gone:
        await till.till.post(f"/v1/payment_intents/{one['payment_intent']}/cancel")
    for _ in range(3):
        await till.line.follow()
    assert {(await till.look(one))["status"] for one in gone} == {"released"}
    day = day_of(till.till.now)
    left = await till.till.appliance.storage.read(lambda uow: spent_ustx(uow, day, livemode=True))
    assert left == paid["fee_ustx"]


async def test_the_first_is_looked_after_though_a_gap_behind_it_stays(till: SponsoringTill) -> None:
    """Nobody wants those behind the gap any more, so nothing is signed for it."""
    devnet = till.devnet
    replaced = payer_key(devnet, "before a gap", stx=1)
    others = [payer_key(devnet, f"around a gap {one}") for one in range(3)]
    await till.pays(await till.intent(), replaced)
    moved, *unwanted = [await till.pays(await till.intent(), key) for key in others]
    for one in unwanted:
        await till.till.post(f"/v1/payment_intents/{one['payment_intent']}/cancel")
    to = Principal.parse(devnet.address("bob"))
    async with opened_wallet(devnet) as wallet:
        own = await wallet.sender.draft(StxTransfer(to, 1), replaced, nonce=0, fee_ustx=50_000)
        await wallet.sender.send(own.transaction)
    assert len(devnet.mine()) == 1
    await till.line.follow()
    now = await till.look(moved)
    assert now["fee_ustx"] > moved["fee_ustx"], "it stands in the first place"
    for one in (now, *unwanted):
        devnet.order("drop", txid=one["transaction_hash"])
    await till.line.follow()
    now = await till.look(moved)
    assert devnet.mine() == {now["transaction_hash"]: "success"}
    assert (await till.look(moved))["status"] == "mined"
    assert {(await till.look(one))["status"] for one in unwanted} == {"released"}
