"""Reading the event log: by type, in its own order, and with the deliveries of its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stacktill.application.services import Caller
from stacktill.domain.events import EVENT_TYPES, Event, matches
from stacktill.domain.webhooks import Delivery
from stacktill.plugin.storage import UnitOfWork, Where

__all__ = ["after_position", "deliveries_of", "matching_types", "pending_webhooks"]

DELIVERIES_PER_QUERY = 20_000


def matching_types(pattern: str) -> list[str]:
    """The event types that a filter names: one, or all that a ``*`` stands for."""
    head, star, tail = pattern.partition("*")
    if not star:
        return [pattern]
    found = (name for name in EVENT_TYPES if len(name) >= len(head) + len(tail))
    return sorted(name for name in found if name.startswith(head) and name.endswith(tail))


def pending_webhooks(uow: UnitOfWork, caller: Caller, events: Sequence[Event]) -> Counter[str]:
    """How many endpoints each of the caller's events has yet to reach, by the event's id."""
    owner: dict[str, str | bool] = {"merchant_id": caller.merchant_id, "livemode": caller.livemode}
    found = uow.webhook_endpoints.find(owner, limit=1_000)
    enabled = {one.id: one.enabled_events for one in found if one.status == "enabled"}
    pending: Counter[str] = Counter()
    waiting: set[tuple[str, str]] = set()
    for delivery in deliveries_of(uow, events, status="pending"):
        if delivery.subscriber in enabled:
            waiting.add((delivery.event_id, delivery.subscriber))
    pending.update(event_id for event_id, _ in waiting)
    for event in events:
        if event.position is None:
            # The relay has yet to queue it for everybody who wants it.
            pending[event.id] = sum(matches(types, event.type) for types in enabled.values())
    return pending


def after_position(
    uow: UnitOfWork, caller: Caller, position: int, *, where: Where, limit: int
) -> list[Event]:
    """The caller's next ``limit`` events of the log after a position, oldest first."""
    bound = dict(where)
    bound |= {"merchant_id": caller.merchant_id, "livemode": caller.livemode}
    bound["position >"] = position
    return uow.events.find(bound, order="position", limit=limit)


def deliveries_of(
    uow: UnitOfWork, events: Sequence[Event], *, status: str | None = None
) -> list[Delivery]:
    """What was queued of these events for endpoints, in the order it was queued."""
    where: dict[str, str | list[str]] = {"event_id": [event.id for event in events]}
    if status is not None:
        where["status"] = status
    found = uow.deliveries.find(where, limit=DELIVERIES_PER_QUERY)
    return [one for one in found if ":" not in one.subscriber]
