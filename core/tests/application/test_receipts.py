"""Receipts: who gets one, for what, and when it is not true any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core.tests.application.money_till import Till, open_books, open_till

from stacktill.application.charges import update_charge
from stacktill.application.customers import create_customer
from stacktill.application.payment_intents import update_payment_intent
from stacktill.application.receipts import (
    EARLIER_FIRST,
    RECEIPTS_PER_CHARGE,
    receipt_kind,
    receipt_of,
)
from stacktill.application.refunds import create_refund
from stacktill.application.relay import due_deliveries, relay_events, settle_delivery
from stacktill.application.session_terms import create_session
from stacktill.application.sessions import start_session
from stacktill.domain.events import Event
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.receipts import Receipt, ReceiptItem
from stacktill.domain.webhooks import Delivery
from stacktill.plugin import Attempt

POST = "receipts:post"
PAYER = "payer@example.com"


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        yield await open_till(storage)


async def due(till: Till) -> list[tuple[Delivery, Event]]:
    """What waits to be sent, after the relay has done its work."""
    await till.write(relay_events, {}, 500, POST)
    now_ms = till.clock.now_ms() + 10_000_000
    return await till.storage.read(due_deliveries, POST, now_ms, 100)


async def read(till: Till, event: Event) -> Any:
    return await till.storage.read(receipt_of, till.services, event, POST)


async def settle(till: Till, delivery: Delivery, outcome: Any = "delivered") -> None:
    retry = 1.0 if outcome == "failed" else None
    await till.write(settle_delivery, delivery, Attempt(outcome, 1), retry)


async def sent(till: Till) -> list[Receipt]:
    """Send what can be sent; the receipts that went."""
    went = []
    for delivery, event in await due(till):
        receipt = await read(till, event)
        await settle(till, delivery, "delivered" if isinstance(receipt, Receipt) else "refused")
        went += [receipt] if isinstance(receipt, Receipt) else []
    return went


async def paid(till: Till, **params: Any) -> PaymentIntent:
    intent = await till.intent(1_000, **params)
    await till.mine(till.payment(intent))
    return intent


async def test_nobody_who_gave_no_address_is_written_to(till: Till) -> None:
    await paid(till)
    assert await due(till) == []


async def test_without_a_sender_nothing_is_queued(till: Till) -> None:
    await paid(till, receipt_email=PAYER)
    relayed = await till.write(relay_events, {}, 500)
    assert relayed.events
    assert relayed.deliveries == ()


async def test_a_receipt_says_what_the_books_say(till: Till) -> None:
    intent = await till.intent(1_000, receipt_email=PAYER, description="Order 7")
    payment = till.payment(intent, 1_200)
    await till.mine(payment)
    (receipt,) = await sent(till)
    assert receipt.kind == "payment"
    assert (receipt.recipient, receipt.description) == (PAYER, "Order 7")
    assert (receipt.amount_sats, receipt.overpaid_sats) == (1_200, 200)
    assert receipt.url == f"http://till.test/pay/{intent.id}/receipt"
    assert (receipt.network, receipt.transaction_hash) == ("stacks", payment.txid)
    assert receipt.moment == (await till.again(intent)).succeeded_at
    assert (receipt.store.name, receipt.livemode, receipt.locales) == ("A store", False, ())


async def test_a_session_gives_address_language_and_lines(till: Till) -> None:
    customer = await till.do(
        create_customer, {"email": "ann@example.com", "preferred_locales": ["fr", "de"]}
    )
    line = {
        "price_data": {"currency": "btc", "unit_amount": 500, "product_data": {"name": "Tea"}},
        "quantity": 2,
    }
    wish = {"line_items": [line], "success_url": "https://shop.test/", "locale": "pt-BR"}
    for known, address, locales in (
        ({"customer": customer.id}, "ann@example.com", ("pt-BR", "fr", "de")),
        ({"customer_email": "ben@example.com"}, "ben@example.com", ("pt-BR",)),
        ({}, None, ()),
    ):
        session = await till.do(create_session, {**wish, **known})
        intent = await till.do(start_session, session.id)
        await till.mine(till.payment(intent))
        assert (await till.charge(intent)).receipt_email == address
        went = await sent(till)
        assert [one.recipient for one in went] == ([] if address is None else [address])
        for receipt in went:
            assert receipt.locales == locales
            assert receipt.items == (ReceiptItem("Tea", 2, 1_000),)


async def test_a_receipt_follows_to_another_address(till: Till) -> None:
    intent = await paid(till, receipt_email=PAYER)
    charge = await till.charge(intent)
    assert len(await sent(till)) == 1
    await till.do(update_charge, charge.id, {"description": "words"})
    assert await sent(till) == []
    await till.do(update_charge, charge.id, {"receipt_email": "other@example.com"})
    (receipt,) = await sent(till)
    assert (receipt.recipient, receipt.kind) == ("other@example.com", "payment")
    await till.do(update_payment_intent, intent.id, {"receipt_email": "third@example.com"})
    (receipt,) = await sent(till)
    assert receipt.recipient == "third@example.com"
    assert (await till.charge(intent)).receipt_email == "third@example.com"
    await till.do(update_payment_intent, intent.id, {"receipt_email": None})
    assert await sent(till) == []
    assert (await till.charge(intent)).receipt_email is None


async def test_a_till_is_no_machine_for_writing_to_strangers(till: Till) -> None:
    intent = await paid(till, receipt_email=PAYER)
    charge = await till.charge(intent)
    went = await sent(till)
    for number in range(30):
        await till.do(update_charge, charge.id, {"receipt_email": f"p{number}@example.com"})
        went += await sent(till)
    assert len(went) == RECEIPTS_PER_CHARGE


async def test_a_refund_is_told_once_whatever_the_chain_does(till: Till) -> None:
    intent = await paid(till, receipt_email=PAYER)
    await sent(till)
    refund = await till.do(create_refund, {"payment_intent": intent.id, "amount": 400})
    assert await sent(till) == []
    transfer = till.signed(refund)
    await till.mine(transfer)
    (receipt,) = await sent(till)
    assert (receipt.kind, receipt.amount_sats) == ("refund", 400)
    assert (receipt.transaction_hash, receipt.items) == (transfer.txid, ())
    await till.revert(1)
    await till.mine(transfer, fork="b")
    assert (await till.one("refunds", refund.id)).status == "succeeded"
    assert await sent(till) == []


async def test_a_refund_that_the_chain_took_back_is_not_told(till: Till) -> None:
    intent = await paid(till, receipt_email=PAYER)
    await sent(till)
    refund = await till.do(create_refund, {"payment_intent": intent.id})
    transfer = till.signed(refund)
    await till.mine(transfer)
    waiting = await due(till)
    await till.revert(1)
    assert [await read(till, event) for _, event in waiting] == [None]
    await till.mine(transfer, fork="b")
    assert [one.kind for one in await sent(till)] == ["refund"]


async def test_a_reversal_is_told_to_who_got_a_receipt(till: Till) -> None:
    intent = await till.intent(1_000, receipt_email=PAYER)
    payment = till.payment(intent)
    await till.mine(payment)
    assert [one.kind for one in await sent(till)] == ["payment"]
    await till.revert(1)
    (note,) = await sent(till)
    assert (note.kind, note.recipient, note.amount_sats) == ("reversal", PAYER, 1_000)
    await till.mine(payment, fork="b")
    assert [one.kind for one in await sent(till)] == ["payment"]


async def test_a_reversal_of_what_nobody_was_told_is_not_told(till: Till) -> None:
    """The mail server was away the whole time, and gave up the receipt."""
    intent = await till.intent(1_000, receipt_email=PAYER)
    await till.mine(till.payment(intent))
    ((receipt, _),) = await due(till)
    await till.revert(1)
    waiting = {event.id: delivery for delivery, event in await due(till)}
    ((_, note),) = [pair for pair in await due(till) if pair[0].id != receipt.id]
    assert await read(till, note) == EARLIER_FIRST
    await settle(till, receipt, "refused")
    assert await read(till, note) is None
    assert len(waiting) == 2


async def test_a_receipt_that_waited_too_long_is_not_sent_and_no_note_goes_late(
    till: Till,
) -> None:
    intent = await till.intent(1_000, receipt_email=PAYER)
    payment = till.payment(intent)
    await till.mine(payment)
    ((_, first),) = await due(till)
    await till.revert(1)
    assert await read(till, first) is None
    await till.mine(payment, fork="b")
    kinds = [await read(till, event) for _, event in await due(till)]
    assert [one.kind if isinstance(one, Receipt) else one for one in kinds] == [
        "payment",
        None,
        "payment",
    ]


async def test_no_other_event_calls_for_a_receipt(till: Till) -> None:
    intent = await paid(till, receipt_email=PAYER)
    events: list[Event] = await till.all("events")
    kinds = {event.type: receipt_kind(event) for event in events}
    assert {name for name, kind in kinds.items() if kind} == {"charge.succeeded"}
    tricky = replace(
        next(event for event in events if event.type == "charge.succeeded"),
        data='{"object":{"receipt_email":null,"description":"\\"receipt_email\\":\\"x\\""}}',
    )
    assert receipt_kind(tricky) is None
    assert intent.receipt_email == PAYER
