"""Refunds whose transfer is lost, transfers that change their place, and depth that is not added up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from core.tests.application.money_till import Till, open_books, open_till

from stacktill.application.deposits import attach_deposit, refund_unmatched
from stacktill.application.refunds import broadcast_refund, cancel_refund, create_refund
from stacktill.domain.confirmations import Confirmations, ConfirmationStep
from stacktill.domain.errors import StateConflict

SENT, SENT_ANEW = "a" * 64, "b" * 64


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        yield await open_till(storage)


async def test_a_refund_that_a_fork_dropped_can_be_given_up(till: Till) -> None:
    """Its amount is free again; should the transfer be mined after all, the refund succeeds."""
    intent = await till.intent(1_000)
    await till.mine(till.payment(intent))
    refund = await till.do(create_refund, {"payment_intent": intent.id})
    sent = till.signed(refund)
    await till.mine(sent)
    await till.revert(1)
    assert (await till.one("refunds", refund.id)).status == "pending"
    canceled = await till.do(cancel_refund, refund.id)
    assert canceled.status == "canceled"
    assert (await till.charge(intent)).refundable_sats == 1_000
    await till.mine(sent, fork="b")
    assert (await till.one("refunds", refund.id)).status == "succeeded"
    assert (await till.charge(intent)).refundable_sats == 0


async def test_a_refund_that_nobody_saw_for_a_day_can_be_given_up(till: Till) -> None:
    """Before that its transfer may be mined at any moment, so its amount stays reserved."""
    intent = await till.intent(1_000)
    await till.mine(till.payment(intent))
    refund = await till.do(create_refund, {"payment_intent": intent.id})
    await till.do(broadcast_refund, refund.id, SENT)
    with pytest.raises(StateConflict, match="has not shown for a day"):
        await till.do(cancel_refund, refund.id)
    till.clock.advance(24 * 3600)
    assert (await till.do(cancel_refund, refund.id)).status == "canceled"


async def test_the_day_begins_when_the_transfer_is_sent(till: Till) -> None:
    """A refund that lay about before it was signed is not lost the moment it is sent."""
    intent = await till.intent(1_000)
    await till.mine(till.payment(intent))
    refund = await till.do(create_refund, {"payment_intent": intent.id})
    till.clock.advance(48 * 3600)
    await till.do(broadcast_refund, refund.id, SENT)
    with pytest.raises(StateConflict, match="has not shown for a day"):
        await till.do(cancel_refund, refund.id)
    till.clock.advance(20 * 3600)
    await till.do(broadcast_refund, refund.id, SENT_ANEW)
    till.clock.advance(20 * 3600)
    with pytest.raises(StateConflict, match="has not shown for a day"):
        await till.do(cancel_refund, refund.id)


async def test_the_refund_of_a_stray_deposit_can_be_given_up_as_soon(till: Till) -> None:
    """It has no line in the balance, but its transfer was taken back all the same."""
    stray = till.transfer(700)
    await till.mine(stray)
    refund = await till.do(refund_unmatched, (await till.deposit(stray)).id)
    await till.mine(till.signed(refund))
    await till.revert(1)
    assert (await till.do(cancel_refund, refund.id)).status == "canceled"
    assert (await till.deposit(stray)).match == "unmatched"


async def test_a_wallet_may_send_a_refund_anew(till: Till) -> None:
    """The hash of the transfer that counts is the last one told."""
    intent = await till.intent(1_000)
    await till.mine(till.payment(intent))
    refund = await till.do(create_refund, {"payment_intent": intent.id})
    await till.do(broadcast_refund, refund.id, SENT)
    assert (await till.do(broadcast_refund, refund.id, SENT_ANEW)).txid == SENT_ANEW


async def test_a_refund_follows_a_deposit_to_another_place_in_its_transaction(till: Till) -> None:
    """Else the same money would stand in the list a second time, to be refunded again."""
    stray = till.transfer(700)
    await till.mine(stray)
    await till.do(refund_unmatched, (await till.deposit(stray)).id)
    await till.revert(1)
    await till.mine(replace(stray, event_index=4), fork="b")
    deposit = await till.deposit(stray)
    assert (deposit.match, deposit.event_index) == ("refunding", 4)


async def test_many_shallow_deposits_do_not_pay_a_large_intent_at_once(till: Till) -> None:
    """Attached by hand they wait for the depth that the intent asks for."""
    steps = (
        ConfirmationStep(500, Confirmations("stacks", 1)),
        ConfirmationStep(None, Confirmations("stacks", 3)),
    )
    await till.policy(confirmations=steps)
    intent = await till.intent(1_000)
    parts = [till.transfer(500) for _ in range(2)]
    await till.mine(*parts)
    for part in parts:
        await till.do(attach_deposit, (await till.deposit(part)).id, intent.id)
    assert (await till.again(intent)).status == "processing"
    await till.mine()
    assert (await till.again(intent)).status == "processing"
    await till.mine()
    assert (await till.again(intent)).status == "succeeded"
