"""From a committed event to deliveries: a place in the log, and one delivery per subscriber."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stacktill.application.notices import notice_recipients
from stacktill.application.receipts import receipt_kind
from stacktill.application.services import Services
from stacktill.application.webhook_endpoints import disable_endpoint
from stacktill.domain.events import Event, matches
from stacktill.domain.webhooks import AttemptRecord, Delivery, DeliveryStatus, WebhookEndpoint
from stacktill.plugin.notification import Attempt
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "Relayed",
    "Settled",
    "due_deliveries",
    "new_delivery",
    "relay_events",
    "settle_delivery",
]

DISABLE_AFTER_SECONDS = 5 * 24 * 3600
"""An endpoint that failed this long without one success is disabled."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one round of relaying stamped and queued."""

    events: tuple[Event, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery: when it is due again (Unix ms), or that its endpoint is closed."""

    next_attempt_ms: int | None
    disabled: bool = False


def relay_events(
    uow: UnitOfWork,
    services: Services,
    subscribers: dict[str, frozenset[str]],
    limit: int = 500,
    receipts: str | None = None,
    *,
    notices: str | None = None,
) -> Relayed:
    """Give the oldest unplaced events their positions and queue them for everybody who wants them.

    ``subscribers`` are plugins by name with the event types they implement (``*`` for all);
    ``receipts`` and ``notices`` are the subscribers that payers' receipts and merchants' notices are
    queued for.
    """
    events = uow.events.find({"position": None}, limit=limit)
    if not events:
        return Relayed((), ())
    endpoints: dict[tuple[str, bool], list[WebhookEndpoint]] = {}
    stamped: list[Event] = []
    queued: list[Delivery] = []
    for position, unplaced in enumerate(events, start=_last_position(uow) + 1):
        uow.stamp(unplaced.id, position)
        event = replace(unplaced, position=position)
        stamped.append(event)
        owner = (event.merchant_id, event.livemode)
        if owner not in endpoints:
            endpoints[owner] = _enabled(uow, owner)
        queued.extend(_fan_out(services, event, endpoints[owner], subscribers))
        if receipts is not None and receipt_kind(event) is not None:
            queued.append(new_delivery(services, event, receipts))
        if notices is not None:
            queued.extend(
                new_delivery(services, event, notices, recipient=one)
                for one in notice_recipients(uow, services, event)
            )
    for delivery in queued:
        uow.deliveries.add(delivery)
    return Relayed(tuple(stamped), tuple(queued))


def _last_position(uow: UnitOfWork) -> int:
    last = uow.events.find({"position >=": 0}, order="position", descending=True, limit=1)
    return (last[0].position or 0) if last else 0


def due_deliveries(
    uow: UnitOfWork, subscriber: str, now_ms: int, limit: int
) -> list[tuple[Delivery, Event]]:
    """The deliveries of one subscriber that are due, oldest first, with their events."""
    found = uow.deliveries.find(
        {"subscriber": subscriber, "status": "pending", "next_attempt_ms <=": now_ms},
        order="next_attempt_ms",
        limit=limit,
    )
    pairs = ((delivery, uow.events.get(delivery.event_id)) for delivery in found)
    return [(delivery, event) for delivery, event in pairs if event is not None]


def settle_delivery(
    uow: UnitOfWork,
    services: Services,
    delivery: Delivery,
    attempt: Attempt,
    retry_after_seconds: float | None,
) -> Settled:
    """Log an attempt and decide what follows; ``retry_after_seconds`` None means: no more tries."""
    now_ms = services.clock.now_ms()
    number = delivery.attempts + 1
    uow.attempts.add(_record(services, delivery, attempt, number, now_ms))
    endpoint = uow.webhook_endpoints.get(delivery.subscriber)
    if attempt.outcome == "delivered":
        uow.deliveries.save(replace(delivery, attempts=number, status="delivered"))
        if endpoint is not None and endpoint.failing_since is not None:
            uow.webhook_endpoints.save(replace(endpoint, failing_since=None))
        return Settled(None)
    disabled = _note_failure(uow, services, endpoint, attempt, now_ms // 1000)
    if retry_after_seconds is None or disabled:
        status: DeliveryStatus = "canceled" if disabled else "dead"
        uow.deliveries.save(replace(delivery, attempts=number, status=status))
        return Settled(None, disabled)
    due = now_ms + int(retry_after_seconds * 1000)
    uow.deliveries.save(replace(delivery, attempts=number, next_attempt_ms=due))
    return Settled(due)


def _note_failure(
    uow: UnitOfWork,
    services: Services,
    endpoint: WebhookEndpoint | None,
    attempt: Attempt,
    now: int,
) -> bool:
    """Remember since when an endpoint fails; return whether it is disabled by now."""
    if endpoint is None or endpoint.status == "disabled":
        return endpoint is not None
    if attempt.outcome == "gone":
        disable_endpoint(uow, services, endpoint, "gone")
        return True
    if endpoint.failing_since is None:
        uow.webhook_endpoints.save(replace(endpoint, failing_since=now))
        return False
    if now - endpoint.failing_since >= DISABLE_AFTER_SECONDS:
        disable_endpoint(uow, services, endpoint, "failing")
        return True
    return False


def _enabled(uow: UnitOfWork, owner: tuple[str, bool]) -> list[WebhookEndpoint]:
    merchant_id, livemode = owner
    found = uow.webhook_endpoints.find(
        {"merchant_id": merchant_id, "livemode": livemode}, limit=1_000
    )
    return [endpoint for endpoint in found if endpoint.status == "enabled"]


def _fan_out(
    services: Services,
    event: Event,
    endpoints: list[WebhookEndpoint],
    subscribers: dict[str, frozenset[str]],
) -> list[Delivery]:
    names = [one.id for one in endpoints if matches(one.enabled_events, event.type)]
    names += [
        f"plugin:{name}"
        for name, types in subscribers.items()
        if "*" in types or event.type in types
    ]
    return [new_delivery(services, event, name) for name in names]


def new_delivery(
    services: Services,
    event: Event,
    subscriber: str,
    *,
    replay: bool = False,
    recipient: str | None = None,
) -> Delivery:
    """A delivery of an event to one subscriber, due at once."""
    now_ms = services.clock.now_ms()
    return Delivery(
        id=services.ids.new("dlv"),
        event_id=event.id,
        event_type=event.type,
        subscriber=subscriber,
        merchant_id=event.merchant_id,
        livemode=event.livemode,
        created_ms=now_ms,
        next_attempt_ms=now_ms,
        replay=replay,
        recipient=recipient,
    )


def _record(
    services: Services, delivery: Delivery, attempt: Attempt, number: int, now_ms: int
) -> AttemptRecord:
    return AttemptRecord(
        id=services.ids.new("att"),
        delivery_id=delivery.id,
        event_id=delivery.event_id,
        subscriber=delivery.subscriber,
        merchant_id=delivery.merchant_id,
        livemode=delivery.livemode,
        created_ms=now_ms,
        number=number,
        outcome=attempt.outcome,
        status=attempt.status,
        duration_ms=attempt.duration_ms,
        response=attempt.response,
        error=attempt.error,
    )
