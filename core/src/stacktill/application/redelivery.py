"""Send again by hand: one event, or a range of the log into one endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from stacktill.application.lookup import named
from stacktill.application.relay import new_delivery
from stacktill.application.services import Caller, Services
from stacktill.domain.errors import StateConflict
from stacktill.domain.events import matches
from stacktill.domain.webhooks import Delivery, WebhookEndpoint
from stacktill.plugin.storage import UnitOfWork

__all__ = ["Replayed", "redeliver", "replay_range"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What one part of a replay queued, and the position to go on after (None: it is done)."""

    deliveries: tuple[Delivery, ...]
    next_position: int | None


def redeliver(
    uow: UnitOfWork, services: Services, caller: Caller, event_id: str, endpoint_id: str
) -> Delivery:
    """Queue one event for one endpoint again, under the event's own id."""
    event = named(uow.events, caller, event_id, kind="event")
    if event.position is None:
        # Its body holds its position, and must be the same at every attempt.
        raise StateConflict(
            f"Event {event_id} has no place in the log yet; it is sent by itself in a moment. Try "
            "again after that.",
            object_type="event",
            object_id=event_id,
        )
    endpoint = _open_endpoint(uow, caller, endpoint_id)
    delivery = new_delivery(services, event, endpoint.id, replay=True)
    uow.deliveries.add(delivery)
    return delivery


def replay_range(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    endpoint_id: str,
    *,
    after_position: int,
    until_position: int | None = None,
    limit: int = 500,
) -> Replayed:
    """Queue the next ``limit`` events of a range (after, until] of the log for an endpoint."""
    endpoint = _open_endpoint(uow, caller, endpoint_id)
    where: dict[str, str | int | bool] = {
        "merchant_id": caller.merchant_id,
        "livemode": caller.livemode,
        "position >": after_position,
    }
    if until_position is not None:
        where["position <="] = until_position
    events = uow.events.find(where, order="position", limit=limit)
    queued = [
        new_delivery(services, event, endpoint.id, replay=True)
        for event in events
        if matches(endpoint.enabled_events, event.type)
    ]
    for delivery in queued:
        uow.deliveries.add(delivery)
    following = events[-1].position if len(events) == limit else None
    return Replayed(tuple(queued), following)


def _open_endpoint(uow: UnitOfWork, caller: Caller, id: str) -> WebhookEndpoint:
    endpoint = named(
        uow.webhook_endpoints, caller, id, kind="webhook_endpoint", param="webhook_endpoint"
    )
    if endpoint.status == "enabled":
        return endpoint
    raise StateConflict(
        f"Webhook endpoint {id} is disabled; enable it before sending to it.",
        object_type="webhook_endpoint",
        object_id=id,
    )
