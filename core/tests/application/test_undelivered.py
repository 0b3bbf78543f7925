"""Finding what was not delivered, however much was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from core.tests.application.money_till import Till, open_books, open_till

from stacktill.application import undelivered
from stacktill.application.relay import relay_events
from stacktill.application.undelivered import DeliveredEvents
from stacktill.domain.errors import InvalidRequest
from stacktill.domain.events import Event
from stacktill.domain.webhooks import Delivery, WebhookEndpoint
from stacktill.plugin.storage import UnitOfWork

PART = 7


@pytest.fixture
async def till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Till]:
    monkeypatch.setattr(undelivered, "EVENTS_PER_PART", PART)
    monkeypatch.setattr(undelivered, "MOST_PARTS", 12)
    async with open_books(tmp_path) as storage:
        till = await open_till(storage)

        def open_two(uow: UnitOfWork) -> None:
            for number in (1, 2):
                endpoint = WebhookEndpoint(
                    id=f"we_{number}",
                    merchant_id=till.caller.merchant_id,
                    livemode=False,
                    created=1,
                    url="http://shop.example/hook",
                    enabled_events=("*",),
                    sealed_secret="",
                )
                uow.webhook_endpoints.add(endpoint)

        await storage.write(open_two)
        yield till


async def sent(till: Till, count: int, *, lost: Sequence[int], status: str = "dead") -> list[str]:
    """The ids of ``count`` events that were sent, those numbered in ``lost`` to one endpoint only."""
    for _ in range(count // 2):
        await till.intent()  # Two events each.
    await till.write(relay_events, {})
    events: list[Event] = await till.all("events")
    made = [event.id for event in events[-count:]]
    gone = {made[number] for number in lost}

    def settle(uow: UnitOfWork) -> None:
        for delivery in uow.deliveries.find({"event_id": made}, limit=10_000):
            is_lost = delivery.event_id in gone and delivery.subscriber == "we_2"
            after: Delivery = replace(
                delivery,
                status="delivered" if not is_lost else "dead" if status == "dead" else "pending",
            )
            uow.deliveries.save(after)

    await till.storage.write(settle)
    return made


async def page(
    till: Till, limit: int, *, succeeded: bool, down: bool = True, **where: str
) -> list[str]:
    """The ids of one page."""
    bound: dict[str, str | bool] = {
        "merchant_id": till.caller.merchant_id,
        "livemode": False,
        **{
            {"before": "id <", "after": "id >"}.get(name, name): value
            for name, value in where.items()
        },
    }
    found = await till.storage.read(
        lambda uow: DeliveredEvents(uow, till.caller, succeeded=succeeded).find(
            bound, descending=down, limit=limit
        )
    )
    return [event.id for event in found]


@pytest.mark.parametrize("status", ["dead", "pending"])
async def test_a_lost_event_is_found_under_any_number_of_others(till: Till, status: str) -> None:
    made = await sent(till, 100, lost=[0, 50, 51], status=status)
    assert await page(till, 10, succeeded=False) == [made[51], made[50], made[0]]
    assert await page(till, 2, succeeded=False) == [made[51], made[50]]
    assert await page(till, 2, succeeded=False, before=made[50]) == [made[0]]
    assert await page(till, 5, succeeded=False, down=False, after=made[0]) == made[50:52]
    assert await page(till, 9, succeeded=False, type="payment_intent.created") == [
        made[50],
        made[0],
    ]


async def test_lost_ones_from_several_lists_come_in_order(till: Till) -> None:
    """Given up, waiting and not yet placed, more of each than one part holds."""
    given_up = await sent(till, 2 * PART, lost=range(2 * PART))
    waiting = await sent(till, 2 * PART + 2, lost=range(2 * PART + 2), status="pending")
    again = await sent(till, 4, lost=[1])
    for _ in range(PART):
        await till.intent()
    everything = [event.id for event in await till.all("events")]
    unplaced = everything[-2 * PART :]
    lost = [*given_up, *waiting, again[1], *unplaced]
    assert await page(till, 100, succeeded=False) == lost[::-1]
    assert await page(till, 100, succeeded=False, down=False) == lost
    assert await page(till, 100, succeeded=True) == [again[3], again[2], again[0]]


async def test_too_long_a_search_is_refused_and_not_cut_short(till: Till) -> None:
    """An empty page would say that there is nothing."""
    made = await sent(till, 100, lost=range(100))
    with pytest.raises(InvalidRequest, match="starting_after"):
        await page(till, 1, succeeded=True)
    assert await page(till, 1, succeeded=True, before=made[20]) == []
