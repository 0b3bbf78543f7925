"""The carrier of receipts: what it hands over, what it drops, and whose schedule it keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from core.tests.application.money_till import Till, open_books, open_till

from stacktill.application.relay import due_deliveries, relay_events
from stacktill.domain.events import Event
from stacktill.domain.receipts import Receipt
from stacktill.domain.webhooks import Delivery
from stacktill.plugin import Attempt, Health
from stacktill.runtime.carriers import Carriers
from stacktill.runtime.receipt_carrier import NamedSender, ReceiptCarrier


class Basket:
    """A sender that keeps what it is given."""

    max_in_flight = 3

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []

    async def attempt(self, receipt: Receipt) -> Attempt:
        self.receipts.append(receipt)
        return Attempt("delivered", 1)

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        return 7.0 * attempts_made

    async def health(self) -> Health:
        return Health(ok=True)


class NoHooks:
    """No plugin listens to events."""

    def event_subscribers(self) -> dict[str, frozenset[str]]:
        return {}

    async def deliver(self, plugin: str, event: Event) -> None:
        raise AssertionError(f"{plugin} got {event.id}")


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        yield await open_till(storage)


async def queued(till: Till, subscriber: str | None) -> tuple[Delivery, Event]:
    """The delivery of a paid intent's receipt."""
    intent = await till.intent(1_000, receipt_email="payer@example.com")
    await till.mine(till.payment(intent))
    await till.write(relay_events, {}, 500, subscriber)
    now_ms = till.clock.now_ms()
    ((delivery, event),) = await till.storage.read(due_deliveries, subscriber or "", now_ms, 9)
    return delivery, event


def carriers(till: Till, sender: Basket | None) -> Carriers:
    named = None if sender is None else NamedSender("basket", sender)
    return Carriers(till.storage, till.services, None, NoHooks(), receipts=named)


async def test_a_receipt_is_handed_over_as_the_sender_likes_it(till: Till) -> None:
    basket = Basket()
    made = carriers(till, basket)
    assert made.receipts == "receipts:basket"
    carrier = made.for_subscriber("receipts:basket")
    assert isinstance(carrier, ReceiptCarrier)
    assert (carrier.max_in_flight, carrier.max_per_second) == (3, None)
    delivery, event = await queued(till, made.receipts)
    attempt = await carrier.attempt(delivery, event)
    assert attempt == Attempt("delivered", 1)
    assert [one.event_id for one in basket.receipts] == [event.id]
    assert carrier.retry_delay_seconds(2, Attempt("failed", 1)) == 14


async def test_what_is_not_true_any_more_is_dropped(till: Till) -> None:
    basket = Basket()
    made = carriers(till, basket)
    delivery, event = await queued(till, made.receipts)
    await till.revert(1)
    carrier = made.for_subscriber("receipts:basket")
    assert await carrier.attempt(delivery, event) is None
    assert (await till.one("deliveries", delivery.id)).status == "canceled"
    assert basket.receipts == []


async def test_when_the_plugin_is_gone_so_is_what_waited_for_it(till: Till) -> None:
    delivery, event = await queued(till, "receipts:basket")
    for made in (carriers(till, None), carriers(till, Basket())):
        subscriber = "receipts:basket" if made.receipts is None else "receipts:other"
        carrier = made.for_subscriber(subscriber)
        assert await carrier.attempt(replace(delivery, subscriber=subscriber), event) is None
        assert carrier.retry_delay_seconds(1, Attempt("failed", 1)) is None
    assert (await till.one("deliveries", delivery.id)).status == "canceled"


async def test_a_note_waits_for_the_receipt_before_it(till: Till) -> None:
    basket = Basket()
    made = carriers(till, basket)
    delivery, _ = await queued(till, made.receipts)
    await till.revert(1)
    await till.write(relay_events, {}, 500, made.receipts)
    waiting = await till.storage.read(
        due_deliveries, made.receipts or "", till.clock.now_ms() + 9, 9
    )
    ((note, event),) = [pair for pair in waiting if pair[0].id != delivery.id]
    attempt = await made.for_subscriber("receipts:basket").attempt(note, event)
    assert attempt is not None
    assert (attempt.outcome, basket.receipts) == ("failed", [])
    assert "before it" in (attempt.error or "")
