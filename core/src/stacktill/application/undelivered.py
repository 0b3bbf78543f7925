"""The event log by how delivery went: events whose webhooks all arrived, or those with one that did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stacktill.application.events import deliveries_of
from stacktill.application.services import Caller
from stacktill.domain.errors import InvalidRequest
from stacktill.domain.events import Event
from stacktill.domain.webhooks import Delivery
from stacktill.plugin.storage import UnitOfWork, Where

__all__ = ["DeliveredEvents"]

EVENTS_PER_PART = 200
MOST_PARTS = 500
"""With the part's size, how many events one page may look at in vain: 100,000."""
MOST_ENDPOINTS = 1_000
BOUNDS = ("id <", "id >")


class DeliveredEvents:
    """A caller's events whose webhooks all arrived, or (``succeeded`` False) those with one that did not.

    The latter are found by their deliveries, so they cost nothing but themselves however long the log is.
    """

    def __init__(self, uow: UnitOfWork, caller: Caller, *, succeeded: bool) -> None:
        self._uow = uow
        self._owner: dict[str, str | bool] = {
            "merchant_id": caller.merchant_id,
            "livemode": caller.livemode,
        }
        self._succeeded = succeeded

    def get(self, id: str) -> Event | None:
        """The event of that id, or None."""
        return self._uow.events.get(id)

    def find(
        self, where: Where, *, order: str = "id", descending: bool = False, limit: int = 100
    ) -> list[Event]:
        """The first ``limit`` events that meet all conditions, by id.

        Raise ``InvalidRequest`` rather than end early, when too many others lie between them.
        """
        assert order == "id"
        picked: list[Event] = []
        parts = self._all(where, descending) if self._succeeded else self._lost(where, descending)
        for count, part in enumerate(parts):
            if count >= MOST_PARTS:
                raise InvalidRequest(
                    "Too many events lie between those asked for. Go on from a nearer event with "
                    "starting_after or ending_before, or leave out delivery_success."
                )
            failed = _undelivered(self._uow, part)
            picked += [event for event in part if (event.id not in failed) == self._succeeded]
            if len(picked) >= limit:
                break
        return picked[:limit]

    def _all(self, where: Where, descending: bool) -> Iterator[list[Event]]:
        """Every event, part by part."""
        bound = dict(where)
        while True:
            part = self._uow.events.find(bound, descending=descending, limit=EVENTS_PER_PART)
            yield part
            if len(part) < EVENTS_PER_PART:
                return
            bound["id <" if descending else "id >"] = part[-1].id

    def _lost(self, where: Where, descending: bool) -> Iterator[list[Event]]:
        """The events with a delivery that waits or was given up, part by part."""
        sign = "<" if descending else ">"
        rest = {name: value for name, value in where.items() if name not in BOUNDS}
        bounds: dict[str, str] = {
            name: str(value) for name, value in where.items() if name in BOUNDS
        }
        while True:
            ids, following = self._candidates(bounds, descending)
            part = self._uow.events.find(
                {**rest, "id": ids}, descending=descending, limit=EVENTS_PER_PART
            )
            yield part
            if following is None:
                return
            bounds[f"id {sign}"] = following

    def _candidates(self, bounds: dict[str, str], descending: bool) -> tuple[list[str], str | None]:
        """The next ids of events that may be lost, and where to go on (None: these were the last)."""
        found = [[event.id for event in self._unplaced(bounds, descending)]]
        within = {name.replace("id", "event_id"): value for name, value in bounds.items()}
        for which in self._lists():
            deliveries: list[Delivery] = self._uow.deliveries.find(
                {**which, **within}, order="event_id", descending=descending, limit=EVENTS_PER_PART
            )
            found.append([delivery.event_id for delivery in deliveries])
        return _first(found, descending)

    def _unplaced(self, bounds: dict[str, str], descending: bool) -> list[Event]:
        where: Where = {**self._owner, "position": None, **bounds}
        return self._uow.events.find(where, descending=descending, limit=EVENTS_PER_PART)

    def _lists(self) -> Iterator[dict[str, str | bool]]:
        """Where deliveries lie that have not arrived: given up, or waiting for an endpoint."""
        yield {**self._owner, "status": "dead"}
        for endpoint in self._uow.webhook_endpoints.find(self._owner, limit=MOST_ENDPOINTS):
            yield {"subscriber": endpoint.id, "status": "pending"}


def _first(found: list[list[str]], descending: bool) -> tuple[list[str], str | None]:
    """The first ids of several lists in one order, and where to go on (None: these were the last)."""
    ids = sorted({id for part in found for id in part}, reverse=descending)
    # Beyond the end of a list that was cut short, it may hold ids that it did not tell.
    ends = [part[-1] for part in found if len(part) == EVENTS_PER_PART]
    if ends:
        end = max(ends) if descending else min(ends)
        ids = [id for id in ids if (id >= end if descending else id <= end)]
    picked = ids[:EVENTS_PER_PART]
    return picked, picked[-1] if ends or len(ids) > len(picked) else None


def _undelivered(uow: UnitOfWork, events: Sequence[Event]) -> set[str]:
    """The ids of those events that some endpoint has not got (its latest delivery decides)."""
    latest: dict[tuple[str, str], Delivery] = {}
    for delivery in deliveries_of(uow, events):
        latest[delivery.event_id, delivery.subscriber] = delivery
    lost = ("pending", "dead")
    failed = {event_id for (event_id, _), last in latest.items() if last.status in lost}
    return failed | {event.id for event in events if event.position is None}
