"""Sponsored payments: exactly the call that pays, within every limit, and never twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core.tests.shop_kit import Refused, Till, open_till
from hypothesis import given
from hypothesis import strategies as st

from stacktill.application.merchants import create_merchant
from stacktill.application.sponsorships import (
    MOST_WAITING,
    TRIES_PER_PAYMENT,
    spent_ustx,
    waiting_calls,
)
from stacktill.domain.errors import Unavailable
from stacktill.domain.sponsorships import SponsorPolicy, sponsor_refusal
from stacktill.domain.statements import day_of
from stacktill.plugin import ChainUnavailable, SandboxOrder, UnitOfWork
from stacktill.runtime.sponsoring import sponsor_payment

PAYER = "ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP"
FEE_USTX = 3_000
SPONSORING = {
    "STACKTILL__SPONSOR__DAILY_BUDGET_USTX": "10000",
    "STACKTILL__SPONSOR__PAYER_PAYMENTS_PER_DAY": "2",
}
HELPERS = "/v1/test_helpers/sandbox"


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(tmp_path / "data", serves=True, environ=SPONSORING) as opened:
        yield opened


async def intent(till: Till, amount: int = 1_000) -> dict[str, Any]:
    return await till.post("/v1/payment_intents", amount=amount, currency="btc", confirm=True)


async def signed(till: Till, made: dict[str, Any], payer: str = PAYER) -> str:
    answer = await till.post(f"{HELPERS}/sign_payment", payment=made["id"], address=payer)
    transaction: str = answer["transaction"]
    return transaction


def path(made: dict[str, Any]) -> str:
    return f"/v1/payment_intents/{made['id']}/sponsor"


async def spent(till: Till) -> int:
    day = day_of(till.now)
    return await till.appliance.storage.read(lambda uow: spent_ustx(uow, day, livemode=False))


async def test_a_payer_without_stx_pays(till: Till) -> None:
    made = await intent(till)
    done = await till.post(path(made), transaction=await signed(till, made))
    assert (done["status"], done["fee_ustx"], done["payer"]) == ("sent", FEE_USTX, PAYER)
    await till.post(f"{HELPERS}/mine", count=3)
    paid = await till.get(f"/v1/payment_intents/{made['id']}")
    assert paid["status"] == "succeeded"
    (listed,) = (await till.get("/v1/sponsorships", payment_intent=made["id"]))["data"]
    assert listed == done == await till.get(f"/v1/sponsorships/{done['id']}")
    await till.appliance.sponsor_lines[False].follow()
    ended = await till.get(f"/v1/sponsorships/{done['id']}")
    assert ended == {**done, "status": "mined", "ended_at": till.now}
    assert await spent(till) == FEE_USTX


async def test_a_payment_is_sponsored_once(till: Till) -> None:
    made = await intent(till)
    transaction = await signed(till, made)
    done = await till.post(path(made), transaction=transaction)
    assert await till.post(path(made), transaction=transaction) == done, (
        "the same is asked for twice"
    )
    another = await signed(till, made, _wallet(1))
    again = await till.refused("POST", path(made), {"transaction": another})
    assert again == (400, "sponsored_already", None)
    assert await spent(till) == FEE_USTX


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": PAYER},
        {"amount": 999},
        {"memo": "00"},
        {"fee": 1},
        {"fee_recipient": PAYER},
        {"payer": "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"},
        {"more": 1},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_only_the_exact_call_is_sponsored(till: Till, change: dict[str, Any]) -> None:
    made = await intent(till)
    whole = json.loads(bytes.fromhex(await signed(till, made)))
    whole["call"] = json.dumps({**json.loads(whole["call"]), **change}, sort_keys=True)
    path_ = f"{HELPERS}/sign_message"
    answer = await till.post(path_, address=PAYER, message=whole["call"])
    forged = json.dumps({**whole, "signature": answer["signature"]}).encode().hex()
    refused = await till.refused("POST", path(made), {"transaction": forged})
    assert refused == (400, None, "transaction")
    assert await spent(till) == 0


async def test_another_payments_call_and_foreign_signatures_are_refused(till: Till) -> None:
    made, other = await intent(till), await intent(till)
    whole = json.loads(bytes.fromhex(await signed(till, made)))
    unsigned = json.dumps({**whole, "signature": "00" * 65}).encode().hex()
    for transaction in (await signed(till, other), unsigned, "00", "7b7d", "5b5d", "ff" * 99):
        refused = await till.refused("POST", path(made), {"transaction": transaction})
        assert refused == (400, None, "transaction")


async def funded(till: Till, wallet: str, sats: int) -> None:
    script = till.services.test_chain.script
    assert script is not None
    await script.pay(SandboxOrder(recipient=wallet, amount_sats=sats))
    await till.post(f"{HELPERS}/mine", count=1)


async def test_an_address_is_helped_so_often_a_day(till: Till) -> None:
    await funded(till, PAYER, 10_000)
    for _ in range(2):
        made = await intent(till)
        await till.post(path(made), transaction=await signed(till, made))
        await till.post(f"{HELPERS}/mine", count=1)
    made = await intent(till)
    transaction = await signed(till, made)
    refused = await till.refused("POST", path(made), {"transaction": transaction})
    assert refused == (400, "sponsor_payer_limit", None)
    await till.advance(24 * 3600)
    made = await intent(till)
    done = await till.post(path(made), transaction=await signed(till, made))
    assert done["status"] == "sent"


async def test_an_address_is_helped_once_at_a_time(till: Till) -> None:
    await funded(till, PAYER, 10_000)
    first, second = await intent(till), await intent(till)
    await till.post(path(first), transaction=await signed(till, first))
    wish = {"transaction": await signed(till, second)}
    refused = await till.refused("POST", path(second), wish)
    assert refused == (400, "sponsor_payer_waiting", None)
    await till.post(f"{HELPERS}/mine", count=1)
    assert (await till.post(path(second), **wish))["status"] == "sent"


async def test_the_budget_of_a_day_is_not_overspent(till: Till) -> None:
    """Eight at once, room for three: what is set aside counts before anything is sent."""
    wallets = [_wallet(number) for number in range(8)]
    intents = [await intent(till) for _ in wallets]
    signatures = [
        await signed(till, made, wallet) for made, wallet in zip(intents, wallets, strict=True)
    ]

    async def one(made: dict[str, Any], transaction: str) -> str:
        try:
            return str((await till.post(path(made), transaction=transaction))["status"])
        except Refused as refusal:
            return str(refusal.error["code"])

    told = await asyncio.gather(*map(one, intents, signatures))
    assert sorted(told) == ["sent"] * 3 + ["sponsor_budget_spent"] * 5
    assert await spent(till) == 3 * FEE_USTX


def _wallet(number: int) -> str:
    from stacktill_chain_sandbox.principals import named_address

    return named_address(f"payer {number}")


async def test_what_the_network_refuses_costs_nothing(till: Till) -> None:
    """The payer has spent its sBTC elsewhere: the fee returns, and the payment can be tried again."""
    first = await intent(till)
    await till.post(path(first), transaction=await signed(till, first))
    await till.post(f"{HELPERS}/mine", count=1)
    made = await intent(till, 2_000_000)
    refused = await till.refused("POST", path(made), {"transaction": await signed(till, made)})
    assert refused[:2] == (400, "balance_insufficient")
    assert await spent(till) == FEE_USTX
    (kept,) = (await till.get("/v1/sponsorships", payment_intent=made["id"]))["data"]
    assert kept["status"] == "released"
    again = await till.refused("POST", path(made), {"transaction": await signed(till, made)})
    assert again[:2] == (400, "balance_insufficient")


async def test_no_store_is_sponsored(till: Till) -> None:
    """Two of them would send the same sats to and fro, and the operator would pay for it."""
    made = await intent(till)
    wish = await signed(till, made)
    other = await till.appliance.storage.write(create_merchant, till.services, "Other", None, False)

    def pay_it_there(uow: UnitOfWork) -> None:
        (entry,) = uow.settlement_addresses.find({"merchant_id": other.merchant.id})
        uow.settlement_addresses.add(replace(entry, address=PAYER, current=False))

    await till.appliance.storage.write(pay_it_there)
    refused = await till.refused("POST", path(made), {"transaction": wish})
    assert refused == (400, "sponsor_for_payers", None)
    assert await spent(till) == 0


async def test_nobody_tries_without_end_what_the_network_refuses(till: Till) -> None:
    poor = _wallet(3)
    await funded(till, poor, 1)
    made = await intent(till)
    wish = await signed(till, made, poor)
    told = [
        await till.refused("POST", path(made), {"transaction": wish})
        for _ in range(2 * TRIES_PER_PAYMENT + 2)
    ]
    codes = [one[1] for one in told]
    assert codes[:-2] == ["balance_insufficient"] * (2 * TRIES_PER_PAYMENT)
    assert codes[-2:] == ["sponsor_payer_limit"] * 2
    assert await spent(till) == 0


async def test_two_refusals_at_once_give_back_both_fees(till: Till) -> None:
    poor = [_wallet(1), _wallet(2)]
    for wallet in poor:
        await funded(till, wallet, 1)
    intents = [await intent(till) for _ in poor]
    wishes = [await signed(till, made, wallet) for made, wallet in zip(intents, poor, strict=True)]
    told = await asyncio.gather(
        *(
            till.refused("POST", path(made), {"transaction": wish})
            for made, wish in zip(intents, wishes, strict=True)
        )
    )
    assert [one[1] for one in told] == ["balance_insufficient"] * 2
    assert await spent(till) == 0


async def test_what_nobody_knows_is_sent_again(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await intent(till)
    transaction = bytes.fromhex(await signed(till, made))
    sponsor = till.services.test_chain.sponsor  # type: ignore[attr-defined]
    whole = sponsor.send

    async def vanish(*_: object) -> None:
        raise ChainUnavailable("no answer")

    monkeypatch.setattr(sponsor, "send", vanish)
    kept = await sponsor_payment(till.appliance, till.caller, made["id"], transaction)
    assert kept.status == "signed"
    assert await spent(till) == FEE_USTX
    line = till.appliance.sponsor_lines[False]
    with pytest.raises(ChainUnavailable):
        await line.follow()
    other = await intent(till)
    behind = bytes.fromhex(await signed(till, other, _wallet(1)))
    with pytest.raises(Unavailable):
        await sponsor_payment(till.appliance, till.caller, other["id"], behind)
    assert await spent(till) == FEE_USTX, "nobody is signed for behind it"
    monkeypatch.setattr(sponsor, "send", whole)
    await line.follow()
    sent = await till.get(f"/v1/sponsorships/{kept.id}")
    assert (sent["status"], sent["transaction_hash"]) == ("sent", kept.txid)
    await line.follow()
    await till.post(f"{HELPERS}/mine", count=3)
    assert (await till.get(f"/v1/payment_intents/{made['id']}"))["status"] == "succeeded"


async def test_what_was_never_sent_is_not_sent_too_late(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await intent(till)
    transaction = bytes.fromhex(await signed(till, made))
    sponsor = till.services.test_chain.sponsor  # type: ignore[attr-defined]

    async def vanish(*_: object) -> None:
        raise ChainUnavailable("no answer")

    with monkeypatch.context() as broken:
        broken.setattr(sponsor, "send", vanish)
        kept = await sponsor_payment(till.appliance, till.caller, made["id"], transaction)
    await till.advance(3_600)
    await till.appliance.sponsor_lines[False].follow()
    ended = await till.get(f"/v1/sponsorships/{kept.id}")
    assert (ended["status"], ended["ended_at"]) == ("released", till.now)
    assert await till.appliance.storage.read(_spent_at, kept.created) == 0


def _spent_at(uow: UnitOfWork, time: int) -> int:
    return spent_ustx(uow, day_of(time), livemode=False)


async def test_a_payer_needs_the_secret_of_the_intent(till: Till) -> None:
    made = await intent(till)
    key = (await till.post("/v1/api_keys", kind="publishable"))["key"]
    payer = replace(till, key=key)
    wish = {"transaction": await signed(till, made)}
    assert (await payer.refused("POST", path(made), wish))[0] == 404
    wrong = {**wish, "client_secret": made["client_secret"] + "x"}
    assert (await payer.refused("POST", path(made), wrong))[0] == 404
    done = await payer.post(path(made), **wish, client_secret=made["client_secret"])
    assert done["status"] == "sent"


async def test_whatever_is_given_up_hides_nobody_who_waits(till: Till) -> None:
    """Who is not seen in the line is neither sent again nor kept clear of by the next one."""
    given_up = await intent(till)
    done = await till.post(path(given_up), transaction=await signed(till, given_up))

    def give_up_many(uow: UnitOfWork) -> None:
        kept = uow.sponsorships.get(done["id"])
        assert kept is not None
        for number in range(MOST_WAITING + 1):
            gone = replace(kept, id=f"sp_{number:04}", payment_intent=f"pi_{number}")
            uow.sponsorships.add(replace(gone, status="dropped"))

    await till.appliance.storage.write(give_up_many)
    waiting = await till.appliance.storage.read(waiting_calls, till.services, livemode=False)
    assert done["id"] in [one.id for one in waiting]
    assert len(waiting) == 1 + MOST_WAITING


async def test_what_is_over_is_not_sponsored(till: Till) -> None:
    made = await intent(till)
    wish = {"transaction": await signed(till, made)}
    await till.advance(3_600)
    refused = await till.refused("POST", path(made), wish)
    assert refused[:2] == (400, "payment_intent_unexpected_state")


async def test_without_a_budget_nobody_is_sponsored(tmp_path: Path) -> None:
    async with open_till(tmp_path / "data", serves=True) as till:
        made = await intent(till)
        wish = {"transaction": await signed(till, made)}
        assert await till.refused("POST", path(made), wish) == (400, "sponsor_off", None)


AMOUNT = st.integers(0, 10**6)


@given(budget=AMOUNT, most=AMOUNT, fee=AMOUNT, spent=AMOUNT, times=st.integers(0, 9))
def test_no_limit_is_ever_passed(budget: int, most: int, fee: int, spent: int, times: int) -> None:
    policy = SponsorPolicy(daily_budget_ustx=budget, max_fee_ustx=most, payer_payments_per_day=5)
    refusal = sponsor_refusal(policy, fee_ustx=fee, spent_ustx=spent, payer_payments=times)
    allowed = 0 < fee <= most and spent + fee <= budget and times < 5
    assert (refusal is None) == allowed
