"""What a chain takes back and gives again never changes what was decided about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from core.tests.application.money_till import SBTC, Till, open_books, open_till

from stacktill.application.deposits import attach_deposit, dismiss_deposit, refund_unmatched
from stacktill.application.merchants import create_merchant
from stacktill.application.payment_intents import expire_payment_intents
from stacktill.application.refunds import (
    broadcast_refund,
    cancel_refund,
    create_refund,
)
from stacktill.application.services import Caller
from stacktill.domain.confirmations import Confirmations, ConfirmationStep
from stacktill.domain.errors import InvalidParameter, InvalidRequest, StateConflict
from stacktill.domain.fees import FeeSchedule

TWO_DEEP = (ConfirmationStep(None, Confirmations("stacks", 2)),)


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        yield await open_till(storage)


async def test_an_attached_deposit_returns_to_its_intent(till: Till) -> None:
    """Its memo names nothing, so only the store's own answer ties it to the intent."""
    intent = await till.intent(1_000)
    stray = till.transfer(1_000)
    await till.mine(stray)
    await till.do(attach_deposit, (await till.deposit(stray)).id, intent.id)
    assert (await till.again(intent)).status == "succeeded"
    assert await till.revert(1) == [stray]
    assert (await till.again(intent)).status == "requires_action"
    await till.mine(stray, fork="b")
    assert (await till.again(intent)).status == "succeeded"
    assert (await till.deposit(stray)).match == "matched"


async def test_a_refunded_deposit_pays_nothing_when_it_comes_back_first(till: Till) -> None:
    """Two payments of one intent; the second is refunded, then a fork turns their order around."""
    intent = await till.intent(1_000)
    first, second = till.payment(intent), till.payment(intent, sender="ST-other")
    await till.mine(first)
    await till.mine(second)
    deposit = await till.deposit(second)
    assert deposit.reason == "intent_already_paid"
    refund = await till.do(refund_unmatched, deposit.id)
    await till.revert(2)
    await till.mine(second, fork="b")
    assert (await till.deposit(second)).match == "refunding"
    assert (await till.again(intent)).status == "requires_action"
    await till.mine(first, till.signed(refund), fork="b")
    assert (await till.again(intent)).status == "succeeded"
    assert (await till.deposit(second)).match == "refunded"


async def test_a_dismissed_deposit_is_available_when_it_is_final(till: Till) -> None:
    """To stop asking about money is not to wait less for it."""
    await till.policy(confirmations=(ConfirmationStep(None, Confirmations("stacks", 3)),))
    stray = till.transfer(700)
    await till.mine(stray)
    await till.do(dismiss_deposit, (await till.deposit(stray)).id)
    for held in (0, 0, 700):
        balances = await till.balances()
        assert balances.get((SBTC, "available"), 0) == held
        assert balances[SBTC, "pending"] == 700 - held
        await till.mine()


async def test_a_dismissed_deposit_stays_dismissed(till: Till) -> None:
    stray = till.transfer(700)
    await till.mine(stray)
    await till.do(dismiss_deposit, (await till.deposit(stray)).id)
    await till.revert(1)
    assert (await till.balances())[SBTC, "available"] == 0
    await till.mine(stray, fork="b")
    assert (await till.deposit(stray)).match == "dismissed"
    assert (await till.balances())[SBTC, "available"] == 700


async def test_a_charge_follows_what_arrived(till: Till) -> None:
    """Short by the tolerance at first, whole after a fork: the charge says what there is."""
    await till.policy(underpaid_tolerance_ppm=50_000)
    intent = await till.intent(1_000)
    await till.mine(till.payment(intent, 950))
    assert (await till.charge(intent)).amount_sats == 950
    await till.revert(1)
    await till.mine(till.payment(intent, 1_020), fork="b")
    charge = await till.charge(intent)
    assert (charge.amount_sats, charge.overpaid_sats, charge.status) == (1_000, 20, "succeeded")
    lines = await till.all("balance_transactions")
    assert [line.amount_sats for line in lines] == [950, -950, 1_020]


async def test_more_than_was_asked_for_must_be_as_deep_as_the_store_asks_for_so_much(
    till: Till,
) -> None:
    """Else a large sum could be sent to a small intent, refunded at once, and taken back by a fork."""
    steps = (
        ConfirmationStep(1_000, Confirmations("stacks", 1)),
        ConfirmationStep(None, Confirmations("stacks", 3)),
    )
    await till.policy(confirmations=steps)
    intent = await till.intent(1_000)
    payment = till.payment(intent, 1_000_000)
    await till.mine(payment)
    assert (await till.again(intent)).status == "processing"
    with pytest.raises(InvalidParameter):
        await till.do(create_refund, {"payment_intent": intent.id})
    await till.mine()
    assert (await till.deposit(payment)).state == "pending"
    await till.mine()
    assert (await till.again(intent)).status == "succeeded"
    in_parts = await till.intent(1_000)
    await till.mine(till.payment(in_parts, 999), rest := till.payment(in_parts, 999))
    assert (await till.again(in_parts)).status == "processing"
    assert (await till.deposit(rest)).state == "pending"


async def test_another_stores_intent_decides_nothing_about_depth(till: Till) -> None:
    """Its memo is anybody's to send, and its store may be content with less."""
    await till.policy(confirmations=(ConfirmationStep(None, Confirmations("stacks", 0)),))
    foreign = await till.intent(1_000)
    made = await till.storage.write(create_merchant, till.services, "Careful", None)
    victim = replace(
        till,
        caller=Caller(made.merchant.id, False, "req_test"),
        address=made.merchant.addresses[till.chain.chain_id],
    )
    await victim.policy(confirmations=TWO_DEEP)
    stray = till.transfer(5_000_000, memo=foreign.memo, recipient=victim.address)
    await till.mine(stray)
    deposit = await victim.deposit(stray)
    assert (deposit.reason, deposit.state) == ("unknown_memo", "pending")
    with pytest.raises(InvalidRequest, match="not final yet"):
        await victim.do(refund_unmatched, deposit.id)
    await till.mine()
    assert (await victim.deposit(stray)).state == "final"


async def test_a_reversal_gives_the_fee_back(till: Till) -> None:
    """A fork between two successes must not make the platform's fee due twice."""
    tiers = FeeSchedule(tiers={"tenth": 1_000}, default_tier="tenth", recipients={False: "ST-fee"})
    till = replace(till, services=replace(till.services, fees=tiers))
    intent = await till.intent(1_000)
    payment = till.payment(intent, 900)
    fee = replace(payment, recipient="ST-fee", amount=100, event_index=2)
    await till.mine(payment, fee)
    await till.revert(1)
    lines = await till.all("balance_transactions")
    assert [line.fee_sats for line in lines] == [100, -100]
    assert sum(line.amount_sats - line.fee_sats for line in lines) == 0
    await till.mine(payment, fee, fork="b")
    lines = await till.all("balance_transactions")
    assert sum(line.fee_sats for line in lines) == 100


async def test_money_that_comes_late_to_finality_is_on_the_charge(till: Till) -> None:
    """The rest of a payment within the tolerance becomes final after the success."""
    await till.policy(underpaid_tolerance_ppm=50_000, confirmations=TWO_DEEP)
    intent = await till.intent(1_000)
    await till.mine(till.payment(intent, 960))
    rest = till.payment(intent, 40)
    await till.mine(rest)
    assert (await till.charge(intent)).amount_sats == 960
    await till.mine()
    assert (await till.charge(intent)).amount_sats == 1_000
    await till.revert(2)
    assert (await till.again(intent)).status == "succeeded"
    assert (await till.charge(intent)).amount_sats == 960


async def test_the_charge_of_an_intent_that_ends_unpaid_has_failed(till: Till) -> None:
    intent = await till.intent(1_000)
    await till.mine(till.payment(intent))
    await till.revert(1)
    assert (await till.charge(intent)).status == "pending"
    closes_at = (await till.again(intent)).closes_at
    assert closes_at is not None
    await till.write(expire_payment_intents, False, closes_at + 1)
    assert (await till.again(intent)).status == "canceled"
    assert (await till.charge(intent)).status == "failed"
    with pytest.raises(InvalidRequest):
        await till.do(create_refund, {"payment_intent": intent.id})


async def test_many_small_payments_are_all_let_go(till: Till) -> None:
    """None may stay behind: it would become final for an intent that is over."""
    await till.policy(confirmations=TWO_DEEP)
    intent = await till.intent(10_000)
    await till.mine(*(till.payment(intent, 1) for _ in range(1_203)))
    closes_at = intent.closes_at
    assert closes_at is not None
    await till.write(expire_payment_intents, False, closes_at + 1)
    await till.mine()
    deposits = await till.all("deposits")
    assert {(one.match, one.state) for one in deposits} == {("unmatched", "final")}
    assert (await till.balances())[SBTC, "unmatched"] == 1_203


async def test_a_canceled_refund_that_was_mined_spends_what_is_available(till: Till) -> None:
    """Signed, then canceled, the deposit attached elsewhere, then mined: the books stay true."""
    stray = till.transfer(1_000)
    await till.mine(stray)
    deposit = await till.deposit(stray)
    refund = await till.do(refund_unmatched, deposit.id)
    await till.do(cancel_refund, refund.id)
    intent = await till.intent(1_000)
    await till.do(attach_deposit, deposit.id, intent.id)
    await till.mine(till.signed(refund))
    assert (await till.one("refunds", refund.id)).status == "succeeded"
    assert (await till.deposit(stray)).match == "matched"
    assert (await till.balances())[SBTC, "available"] == 0
    await till.revert(1)
    assert (await till.balances())[SBTC, "available"] == 1_000
    assert (await till.balances())[SBTC, "unmatched"] == 0


async def test_a_second_refund_is_withdrawn_when_the_first_is_mined_after_all(till: Till) -> None:
    stray = till.transfer(1_000)
    await till.mine(stray)
    deposit = await till.deposit(stray)
    first = await till.do(refund_unmatched, deposit.id)
    await till.do(cancel_refund, first.id)
    second = await till.do(refund_unmatched, deposit.id)
    await till.mine(till.signed(first))
    assert (await till.one("refunds", second.id)).status == "canceled"
    assert (await till.deposit(stray)).refund_id == first.id


async def test_what_is_not_final_cannot_be_refunded(till: Till) -> None:
    await till.policy(confirmations=TWO_DEEP)
    stray = till.transfer(1_000)
    await till.mine(stray)
    deposit = await till.deposit(stray)
    with pytest.raises(InvalidRequest, match="not final"):
        await till.do(refund_unmatched, deposit.id)
    await till.mine()
    assert (await till.do(refund_unmatched, deposit.id)).status == "requires_action"


async def test_a_canceled_refund_cannot_be_broadcast(till: Till) -> None:
    """Its amount was given free again, so it may not come back by a word alone."""
    intent = await till.intent(1_000)
    await till.mine(till.payment(intent))
    refund = await till.do(create_refund, {"payment_intent": intent.id, "amount": 400})
    await till.do(cancel_refund, refund.id)
    with pytest.raises(StateConflict):
        await till.do(broadcast_refund, refund.id, "ab" * 32)
    assert (await till.charge(intent)).reserved_sats == 0


async def test_a_refund_of_a_stray_deposit_is_no_line_of_the_balance(till: Till) -> None:
    """It never came into the balance, so it does not leave it."""
    stray = till.transfer(1_000)
    await till.mine(stray)
    refund = await till.do(refund_unmatched, (await till.deposit(stray)).id)
    await till.mine(till.signed(refund))
    assert (await till.one("refunds", refund.id)).status == "succeeded"
    assert await till.all("balance_transactions") == []
