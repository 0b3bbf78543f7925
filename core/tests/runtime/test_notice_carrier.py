"""The carrier of notices: what it hands over, what it drops, and what a box without one says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from core.tests.application.money_till import Till, open_books, open_till

from stacktill.application.addresses import cancel_address, confirm_address, request_address
from stacktill.application.merchants import update_account
from stacktill.application.relay import due_deliveries, relay_events
from stacktill.domain.events import Event
from stacktill.domain.notices import Notice
from stacktill.domain.webhooks import Delivery
from stacktill.plugin import Attempt, Health, NoticeSender
from stacktill.runtime.carriers import Carriers
from stacktill.runtime.notice_carrier import NoticeCarrier, notices_health
from stacktill.runtime.receipt_carrier import NamedSender


class Basket:
    """A sender that keeps what it is given."""

    max_in_flight = 3

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    async def attempt(self, notice: Notice) -> Attempt:
        self.notices.append(notice)
        return Attempt("delivered", 1)

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        return 7.0 * attempts_made

    async def health(self) -> Health:
        return Health(ok=True, detail="a basket")


class NoHooks:
    """No plugin listens to events."""

    def event_subscribers(self) -> dict[str, frozenset[str]]:
        return {}

    async def deliver(self, plugin: str, event: Event) -> None:
        raise AssertionError(plugin, event)


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        till = await open_till(storage)
        await till.do(update_account, {"email": "owner@example.com"})
        yield till


async def queued(till: Till) -> tuple[Delivery, Event]:
    """The delivery of the notice of an announced change."""
    change = await till.do(request_address, "ST-new")
    signature = till.chain.sign(change.message, address="ST-new")
    await till.do(confirm_address, change.id, signature=signature)
    await till.write(relay_events, {}, notices="notices:basket")
    now_ms = till.clock.now_ms()
    ((delivery, event),) = await till.storage.read(due_deliveries, "notices:basket", now_ms, 9)
    return delivery, event


def carriers(till: Till, sender: NoticeSender | None) -> Carriers:
    named = None if sender is None else NamedSender("basket", sender)
    return Carriers(till.storage, till.services, None, NoHooks(), notices=named)


async def test_a_notice_is_handed_over_under_the_deliverys_own_id(till: Till) -> None:
    basket = Basket()
    made = carriers(till, basket)
    assert made.notices == "notices:basket"
    carrier = made.for_subscriber("notices:basket")
    assert isinstance(carrier, NoticeCarrier)
    assert (carrier.max_in_flight, carrier.max_per_second) == (3, None)
    delivery, event = await queued(till)
    for _ in range(2):
        assert await carrier.attempt(delivery, event) == Attempt("delivered", 1)
    assert [one.id for one in basket.notices] == [delivery.id, delivery.id]
    assert [one.recipient for one in basket.notices] == ["owner@example.com"] * 2
    assert carrier.retry_delay_seconds(2, Attempt("failed", 1)) == 14


async def test_what_is_not_true_any_more_is_dropped(till: Till) -> None:
    basket = Basket()
    delivery, event = await queued(till)
    await till.do(cancel_address, event.object_id)
    carrier = carriers(till, basket).for_subscriber("notices:basket")
    assert await carrier.attempt(delivery, event) is None
    assert (await till.one("deliveries", delivery.id)).status == "canceled"
    assert basket.notices == []


async def test_when_the_plugin_is_gone_so_is_what_waited_for_it(till: Till) -> None:
    delivery, event = await queued(till)
    for made in (carriers(till, None), carriers(till, Basket())):
        subscriber = "notices:basket" if made.notices is None else "notices:other"
        carrier = made.for_subscriber(subscriber)
        assert await carrier.attempt(replace(delivery, subscriber=subscriber), event) is None
        assert carrier.retry_delay_seconds(1, Attempt("failed", 1)) is None
    assert (await till.one("deliveries", delivery.id)).status == "canceled"


async def test_health_says_whether_anybody_is_told() -> None:
    assert (await notices_health(Basket())).detail == "a basket"
    nobody = await notices_health(None)
    assert nobody.ok
    assert "no plugin sends notices" in nobody.detail
