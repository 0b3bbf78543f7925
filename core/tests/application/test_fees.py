"""The platform's fee on chain: counted when it moves beside a payment, and never twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from core.tests.application.money_till import SBTC, Till, open_books, open_till
from hypothesis import given, settings
from hypothesis import strategies as st

from stacktill.application.deposits import attach_deposit
from stacktill.application.fees import set_fee_tier
from stacktill.application.intent_terms import Verdict
from stacktill.application.memo import memo_name
from stacktill.application.payment_intents import (
    cancel_payment_intent,
    create_payment_intent,
    draft_payment_intent,
    update_payment_intent,
)
from stacktill.domain.confirmations import Confirmations, ConfirmationStep
from stacktill.domain.decisions import Fee
from stacktill.domain.errors import InvalidParameter, RequestError
from stacktill.domain.fees import FeeSchedule
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin import Transfer, UnitOfWork

FEE = "ST-fee"
TIERS = FeeSchedule(
    tiers={"standard": 100, "charity": 0}, default_tier="standard", recipients={False: FEE}
)
AT_ONCE = (ConfirmationStep(None, Confirmations("stacks", 0)),)
TWO_DEEP = (ConfirmationStep(None, Confirmations("stacks", 2)),)


def with_fees(till: Till, fees: FeeSchedule = TIERS) -> Till:
    return replace(till, services=replace(till.services, fees=fees))


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        yield with_fees(await open_till(storage, confirmations=AT_ONCE))


def split(till: Till, intent: PaymentIntent, fee: int | None = None) -> tuple[Transfer, Transfer]:
    """The two transfers of one transaction that pay an intent and its fee."""
    fee_sats = intent.fee_sats if fee is None else fee
    paid = till.payment(intent, intent.amount_sats - fee_sats)
    return paid, replace(paid, recipient=FEE, amount=fee_sats, event_index=2)


async def test_a_split_payment_pays_all_of_it(till: Till) -> None:
    intent = await till.intent(10_000)
    assert (intent.fee_sats, intent.fee_recipient) == (100, FEE)
    await till.mine(*split(till, intent))
    after = await till.again(intent)
    assert (after.status, after.final_sats, after.fee_collected_sats) == ("succeeded", 10_000, 100)
    charge = await till.charge(intent)
    assert (charge.amount_sats, charge.fee_sats) == (10_000, 100)
    (line,) = await till.all("balance_transactions")
    assert (line.amount_sats, line.fee_sats) == (10_000, 100)
    assert await till.balances() == {
        (SBTC, "available"): 9_900,
        (SBTC, "fees"): 100,
        (SBTC, "payers"): -10_000,
        (SBTC, "pending"): 0,
    }


async def test_a_contract_names_the_payment_in_sixteen_bytes(till: Till) -> None:
    intent, other = await till.intent(10_000), await till.intent(10_000)
    name = memo_name(intent.memo or "")
    await till.mine(*(replace(one, memo=name) for one in split(till, intent)))
    after = await till.again(intent)
    assert (after.status, after.final_sats, after.fee_collected_sats) == ("succeeded", 10_000, 100)
    stranger = till.transfer(10_000, memo=bytes(16).hex())
    beside = int.from_bytes(memo_name(other.memo or ""), "big") ^ 1
    near = till.transfer(10_000, memo=beside.to_bytes(16, "big").hex())
    await till.mine(stranger, near)
    assert (await till.deposit(stranger)).reason == "unknown_memo"
    assert (await till.deposit(near)).reason == "unknown_memo"
    assert (await till.again(other)).seen_sats == 0


async def test_a_plain_transfer_collects_no_fee(till: Till) -> None:
    intent = await till.intent(10_000)
    await till.mine(till.payment(intent))
    after = await till.again(intent)
    assert (after.status, after.fee_sats, after.fee_collected_sats) == ("succeeded", 100, 0)
    assert (await till.charge(intent)).fee_sats == 0
    assert (await till.balances())[SBTC, "available"] == 10_000


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": "ST-other"},
        {"amount": 99},
        {"amount": 101},
        {"asset": "ST-evil.sbtc-token::sbtc-token"},
        {"sender": "ST-other"},
        {"memo": b"other"},
        {"txid": "ab" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_what_is_not_exactly_the_fee_does_not_count(
    till: Till, change: dict[str, Any]
) -> None:
    intent = await till.intent(10_000)
    paid, fee = split(till, intent)
    await till.mine(paid, replace(fee, **change))
    after = await till.again(intent)
    assert (after.status, after.seen_sats) == ("requires_action", 9_900)
    assert (SBTC, "fees") not in await till.balances()


async def test_one_fee_counts_for_one_transfer(till: Till) -> None:
    """Two payments and one fee in a transaction: the fee belongs to the one before it."""
    intent = await till.intent(10_000)
    paid, fee = split(till, intent)
    half = replace(paid, amount=4_950)
    await till.mine(half, replace(half, event_index=1), fee)
    after = await till.again(intent)
    assert (after.seen_sats, after.fee_collected_sats) == (10_000, 100)
    assert (await till.balances())[SBTC, "fees"] == 100


async def test_a_fee_counts_once_for_an_intent(till: Till) -> None:
    """Nobody pays a store with a hundred fees to the platform and a hundred sats to the store."""
    intent = await till.intent(10_000)
    for _ in range(3):
        paid, fee = split(till, intent)
        await till.mine(replace(paid, amount=1), fee)
    after = await till.again(intent)
    assert (after.seen_sats, after.fee_collected_sats) == (103, 100)
    back = await till.revert(3)
    await till.mine(*back, fork="other")
    after = await till.again(intent)
    assert (after.seen_sats, after.fee_collected_sats) == (103, 100)
    assert (await till.balances())[SBTC, "fees"] == 100


async def test_a_fee_to_the_store_itself_is_a_deposit(till: Till) -> None:
    """Whoever runs the box has a store too: its address in force pays no fee, an old one counts once."""
    own = with_fees(till, replace(TIERS, recipients={False: till.address}))
    intent = await own.intent(10_000)
    assert (intent.fee_sats, intent.fee_recipient) == (0, None)


async def test_an_address_of_the_other_mode_saves_nobody_the_fee(till: Till) -> None:
    def claim(uow: UnitOfWork) -> None:
        merchant = uow.merchants.get(till.caller.merchant_id)
        assert merchant is not None
        uow.merchants.save(
            replace(merchant, addresses={**merchant.addresses, "another:chain": FEE})
        )

    await till.storage.write(claim)
    intent = await till.intent(10_000)
    assert (intent.fee_sats, intent.fee_recipient) == (100, FEE)


async def test_what_a_plugin_decides_goes_before_the_tier(till: Till) -> None:
    async def decided(fee: Fee) -> PaymentIntent:
        draft = draft_payment_intent(till.services, till.caller, {"amount": 10_000})
        verdict = Verdict(fee=fee)
        return await till.do(create_payment_intent, draft, {}, verdict=verdict)

    intent = await decided(Fee(7, "ST-other"))
    assert (intent.fee_sats, intent.fee_recipient) == (7, "ST-other")
    own = await decided(Fee(7, till.address))
    assert (own.fee_sats, own.fee_recipient) == (0, None)


async def test_a_late_payment_keeps_its_fee_and_can_be_attached(till: Till) -> None:
    intent = await till.intent(10_000)
    await till.do(cancel_payment_intent, intent.id, None)
    paid, fee = split(till, intent)
    await till.mine(paid, fee)
    deposit = await till.deposit(paid)
    assert (deposit.match, deposit.fee_sats, deposit.fee_event_index) == ("unmatched", 100, 2)
    again = await till.intent(10_000)
    await till.do(attach_deposit, deposit.id, again.id)
    assert (await till.again(again)).status == "succeeded"
    assert (await till.charge(again)).fee_sats == 100


async def test_a_changed_amount_has_its_own_fee_by_the_same_terms(till: Till) -> None:
    intent = await till.intent(10_000, confirm=False)
    cheaper = with_fees(till, replace(TIERS, tiers={"standard": 1}))
    after = await cheaper.do(update_payment_intent, intent.id, {"amount": 50_000})
    assert after.fee_sats == 500
    with pytest.raises(InvalidParameter, match="fixed"):
        await till.do(update_payment_intent, intent.id, {"application_fee_amount": 0})


async def test_a_merchant_cannot_name_a_smaller_fee(till: Till) -> None:
    intent = await till.intent(10_000, application_fee_amount=1)
    assert (intent.fee_sats, intent.fee_recipient) == (100, FEE)


async def test_a_tier_counts_from_the_next_intent_on(till: Till) -> None:
    before = await till.intent(10_000)
    await till.write(set_fee_tier, till.caller.merchant_id, "charity")
    assert (await till.intent(10_000)).fee_sats == 0
    assert (await till.again(before)).fee_sats == 100
    with pytest.raises(InvalidParameter, match="charity, standard"):
        await till.write(set_fee_tier, till.caller.merchant_id, "gold")
    assert "account.updated" in await till.events(till.caller.merchant_id)
    actions = [one.action for one in await till.all("audit_entries", livemode=False)]
    assert "fee_tier.changed" in actions


VERBS = ("open", "split", "split", "plain", "wrong", "mine", "mine", "mine", "fork", "cancel")


@given(seed=st.integers(0, 2**32), verbs=st.lists(st.sampled_from(VERBS), max_size=30))
@settings(max_examples=30, deadline=None)
def test_the_books_know_what_reached_whom(
    tmp_path_factory: pytest.TempPathFactory, seed: int, verbs: list[str]
) -> None:
    asyncio.run(_live(tmp_path_factory.mktemp("fees"), Random(seed), verbs))


async def _live(folder: Path, chance: Random, verbs: list[str]) -> None:
    async with open_books(folder) as storage:
        till = with_fees(await open_till(storage, confirmations=chance.choice([AT_ONCE, TWO_DEEP])))
        mempool: list[tuple[Transfer, ...]] = []
        for verb in verbs:
            await _do(till, chance, verb, mempool)
            await _check(till)


async def _do(till: Till, chance: Random, verb: str, mempool: list[tuple[Transfer, ...]]) -> None:
    intents = await till.all("payment_intents")
    if verb == "open" or not intents:
        await till.intent(chance.choice([1, 99, 10_000]))
    elif verb in ("split", "plain", "wrong"):
        intent = chance.choice(intents)
        parts: tuple[Transfer, ...] = split(till, intent, fee=1 if verb == "wrong" else None)
        parts = (till.payment(intent),) if verb == "plain" else parts
        mempool.append(tuple(part for part in parts if part.amount > 0))
    elif verb == "mine":
        await till.mine(*(part for parts in mempool for part in parts))
        mempool.clear()
    elif verb == "fork":
        back = await till.revert(chance.randint(1, 3))
        await till.mine(*back, fork=f"{chance.random()}")
    else:
        try:
            await till.do(cancel_payment_intent, chance.choice(intents).id, None)
        except RequestError:
            return


async def _check(till: Till) -> None:
    fees: Counter[str] = Counter()
    arrived: Counter[str] = Counter()
    canonical = 0
    for deposit in await till.all("deposits"):
        if deposit.state == "reversed":
            continue
        canonical += deposit.fee_sats
        if deposit.match == "matched" and deposit.state == "final":
            fees[deposit.intent_id] += deposit.fee_sats
            arrived[deposit.intent_id] += deposit.amount
    assert (await till.balances()).get((SBTC, "fees"), 0) == canonical
    for intent in await till.all("payment_intents"):
        assert intent.fee_collected_sats == fees[intent.id]
    lines: Counter[str] = Counter()
    for line in await till.all("balance_transactions"):
        lines[line.source] += line.amount_sats - line.fee_sats
    for charge in await till.all("charges"):
        net = arrived[charge.payment_intent] if charge.status == "succeeded" else 0
        assert lines.pop(charge.id) == net
    assert not lines
    held = (await till.balances()).get((SBTC, "available"), 0)
    assert held == sum(arrived.values())
