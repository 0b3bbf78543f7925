"""Journeys of payers with sBTC and no STX, on real Clarity: both modes, every limit, every refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core.tests.shop_kit import Refused
from plugins.chain_stacks.tests.devnet_kit import Devnet, opened_wallet
from tests.sponsored import SponsoringTill, open_sponsoring, payer_key, settings_of, signed_by

from stacktill.cli.examinations import examine
from stacktill_chain_stacks.wire.clarity import Bool
from stacktill_chain_stacks.wire.conditions import OneKey
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.principals import Principal

pytestmark = pytest.mark.xdist_group("devnet")


@pytest.fixture
async def till(devnet: Devnet, tmp_path: Path) -> AsyncIterator[SponsoringTill]:
    async with open_sponsoring(devnet, settings_of(devnet, tmp_path)) as opened:
        yield opened


@pytest.fixture
async def contract_till(devnet: Devnet, tmp_path: Path) -> AsyncIterator[SponsoringTill]:
    """A till that prefers the contract."""
    key = devnet._accounts["gateway"]["private_key"]
    chain = (
        f'payment_modes = ["pay", "transfer"]\npay_contract = "{devnet.contracts["pay"]}"\n'
        f'signing_key = "{key}"\n'
    )
    async with open_sponsoring(devnet, settings_of(devnet, tmp_path, chain=chain)) as opened:
        yield opened


def account(devnet: Devnet, address: str) -> tuple[int, int]:
    """Micro-STX and next nonce."""
    found = devnet._http.get(f"/v2/accounts/{address}").json()
    return int(found["balance"], 16), found["nonce"]


async def test_a_payer_without_stx_pays(till: SponsoringTill, devnet: Devnet) -> None:
    made, key = await till.intent(), payer_key(devnet, "plain")
    payer = str(key.principal(mainnet=False))
    before = account(devnet, devnet.address("sponsor"))
    done = await till.pays(made, key)
    assert (done["status"], done["payer"]) == ("sent", payer)
    assert await till.pays(made, key) == done, "asked twice, paid once"
    assert devnet.mine() == {done["transaction_hash"]: "success"}
    assert account(devnet, payer) == (0, 1)
    assert account(devnet, devnet.address("sponsor")) == (
        before[0] - done["fee_ustx"],
        before[1] + 1,
    )
    ended = await till.look(done)
    assert (ended["status"], ended["ended_at"] is None) == ("mined", False)
    assert await till.status(made) in ("processing", "succeeded")


async def test_a_payer_without_stx_pays_by_the_contract(
    contract_till: SponsoringTill, devnet: Devnet
) -> None:
    made, key = await contract_till.intent(), payer_key(devnet, "contract")
    draft = await contract_till.draft(made, key)
    assert isinstance(draft.payload, Call)
    assert draft.payload.function == "pay"
    done = await contract_till.ask(made, signed_by(key, draft))
    assert devnet.mine() == {done["transaction_hash"]: "success"}
    assert (await contract_till.look(done))["status"] == "mined"
    assert await contract_till.status(made) in ("processing", "succeeded")


async def test_a_contract_that_was_paused_meanwhile_costs_nothing(
    contract_till: SponsoringTill, devnet: Devnet
) -> None:
    """What was signed for the contract would fail now; sBTC's own transfer is taken as well."""
    made, key = await contract_till.intent(), payer_key(devnet, "paused")
    signed = await contract_till.signed(made, key)
    contract = Principal.parse(devnet.contracts["pay"])
    async with opened_wallet(devnet) as wallet:
        await wallet.send("deployer", Call(contract, "set-paused", (Bool(True),)))
        devnet.mine()
        try:
            refused = await contract_till.refused(made, signed)
            assert refused == (400, "sponsor_would_fail", None)
            desk = contract_till.sponsor._desk  # type: ignore[attr-defined]
            desk._contract_works = None
            plain = await contract_till.draft(made, key)
            assert isinstance(plain.payload, Call)
            assert plain.payload.function == "transfer"
            done = await contract_till.ask(made, signed_by(key, plain))
        finally:
            await wallet.send("deployer", Call(contract, "set-paused", (Bool(False),)))
    assert devnet.mine()[done["transaction_hash"]] == "success"


async def test_a_payer_asks_with_a_publishable_key(till: SponsoringTill, devnet: Devnet) -> None:
    made, key = await till.intent(), payer_key(devnet, "publishable")
    key_text = (await till.till.post("/v1/api_keys", kind="publishable"))["key"]
    payer = SponsoringTill(replace(till.till, key=key_text), devnet)
    signed = await till.signed(made, key)
    assert (await payer.refused(made, signed))[0] == 404
    done = await payer.ask(made, signed, client_secret=made["client_secret"])
    assert devnet.mine() == {done["transaction_hash"]: "success"}


async def test_only_this_payment_is_sponsored(till: SponsoringTill, devnet: Devnet) -> None:
    """Another payment's call, other people's money, other bytes: nothing is signed for them."""
    made, other = await till.intent(), await till.intent(9_999)
    key = payer_key(devnet, "stranger")
    draft = await till.draft(made, key)
    standard = signed_by(key, draft, sponsor=None)
    wishes = [
        await till.signed(other, key),
        standard,
        signed_by(key, draft, post_conditions=()),
        signed_by(key, draft) + "00",
        signed_by(key, draft)[:-2],
        "00" * 5_000,
        "ff",
    ]
    for wish in wishes:
        assert await till.refused(made, wish) == (400, None, "transaction"), wish[:80]
    giant = await till.refused(made, "00" * 20_000)
    assert giant[0] == 400
    assert (await till.till.get("/v1/sponsorships"))["data"] == []
    assert (await till.pays(made, key))["status"] == "sent"
    devnet.mine()


async def test_nonces_that_are_not_the_next_are_refused(
    till: SponsoringTill, devnet: Devnet
) -> None:
    made, key = await till.intent(), payer_key(devnet, "nonces")
    draft = await till.draft(made, key)
    origin = draft.origin
    assert isinstance(origin, OneKey)
    later = signed_by(key, draft, origin=replace(origin, nonce=1))
    assert await till.refused(made, later) == (400, "sponsor_payer_waiting", None)
    await till.ask(made, signed_by(key, draft))
    devnet.mine()
    again = await till.intent()
    used = signed_by(key, await till.draft(again, key), origin=replace(origin, nonce=0))
    assert await till.refused(again, used) == (400, "sponsor_payer_waiting", None)


async def test_who_cannot_pay_is_told_before_a_fee_is_lost(
    till: SponsoringTill, devnet: Devnet
) -> None:
    made, key = await till.intent(), payer_key(devnet, "poor", sats=9_999)
    assert await till.refused(made, await till.signed(made, key)) == (
        400,
        "balance_insufficient",
        None,
    )
    own = await till.signed(made, devnet.key("merchant"))
    assert await till.refused(made, own) == (400, "sponsor_would_fail", None)
    assert (await till.till.get("/v1/sponsorships"))["data"] == []


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ("daily_budget_ustx = 10_000_000\nmax_fee_ustx = 100", "sponsor_fee_too_high"),
        ("daily_budget_ustx = 300", "sponsor_budget_spent"),
        ("daily_budget_ustx = 10_000_000\npayer_payments_per_day = 1", "sponsor_payer_limit"),
        ("daily_budget_ustx = 0", "sponsor_off"),
    ],
)
async def test_every_limit_holds(devnet: Devnet, tmp_path: Path, limits: str, code: str) -> None:
    async with open_sponsoring(devnet, settings_of(devnet, tmp_path, sponsor=limits)) as till:
        key = payer_key(devnet, code)
        if code == "sponsor_payer_limit":
            first = await till.pays(await till.intent(), key)
            assert devnet.mine() == {first["transaction_hash"]: "success"}
        made = await till.intent()
        before = account(devnet, devnet.address("sponsor"))
        assert await till.refused(made, await till.signed(made, key)) == (400, code, None)
        assert account(devnet, devnet.address("sponsor")) == before


async def test_a_crowd_gets_one_nonce_each(till: SponsoringTill, devnet: Devnet) -> None:
    """More than one account's transactions may wait: the rest is told so, and comes later."""
    crowd = [payer_key(devnet, f"crowd {number}") for number in range(28)]
    intents = [await till.intent() for _ in crowd]
    wishes = [await till.signed(made, key) for made, key in zip(intents, crowd, strict=True)]

    async def one(made: dict[str, Any], wish: str) -> dict[str, Any]:
        try:
            return await till.ask(made, wish)
        except Refused as refusal:
            return refusal.error

    told = await asyncio.gather(*map(one, intents, wishes))
    codes = [answer.get("code", "sent") for answer in told]
    assert sorted(codes) == ["sent"] * 25 + ["sponsor_busy"] * 3
    assert list(devnet.mine().values()) == ["success"] * 25
    late = [place for place, code in enumerate(codes) if code != "sent"]
    for place in late:
        assert (await till.ask(intents[place], wishes[place]))["status"] == "sent"
    assert list(devnet.mine().values()) == ["success"] * 3


async def test_the_sponsor_runs_dry(devnet: Devnet, tmp_path: Path) -> None:
    poor = payer_key(devnet, "poor sponsor", sats=0, stx=0.001)
    file = settings_of(devnet, tmp_path)
    text = file.read_text().replace(
        devnet._accounts["sponsor"]["private_key"], poor._key.secret.hex()
    )
    file.write_text(text)
    async with open_sponsoring(devnet, file) as till:
        first, second, third = (payer_key(devnet, f"dry {number}") for number in range(3))
        await till.pays(await till.intent(), first)
        await till.pays(await till.intent(), second)
        made = await till.intent()
        refused = await till.refused(made, await till.signed(made, third))
        assert refused == (400, "sponsor_budget_spent", None)
        assert list(devnet.mine().values()) == ["success"] * 2
        await till.line.follow()
        health = (await till.till.appliance.health())["sponsor_live"]
        assert health.ok
        assert str(poor.principal(mainnet=False)) in health.detail
        assert "send it STX" in health.detail
    findings = await asyncio.to_thread(lambda: list(examine(file)))
    own, sandbox = [one for one in findings if one.what == "sponsor"][::-1]
    assert (own.ok, sandbox.ok) == (False, True)
    assert "send it STX" in own.detail
