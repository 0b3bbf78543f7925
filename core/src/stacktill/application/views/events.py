"""The API form of an event: also, byte for byte, the body of its webhooks."""

from __future__ import annotations

from typing import Any

import msgspec

from stacktill.domain.events import API_VERSION, Event

__all__ = ["event_body", "event_view"]

encoder = msgspec.json.Encoder()


def event_view(event: Event, *, pending_webhooks: int = 0) -> dict[str, Any]:
    """An event with its snapshot; ``position`` (ours) is its gapless place in the log."""
    return {
        "id": event.id,
        "object": "event",
        "account": None,
        "api_version": API_VERSION,
        "context": None,
        "created": event.created,
        "data": msgspec.Raw(event.data.encode()),
        "livemode": event.livemode,
        "pending_webhooks": pending_webhooks,
        "position": event.position,
        "request": {"id": event.request_id, "idempotency_key": event.idempotency_key},
        "type": event.type,
    }


def event_body(event: Event) -> bytes:
    """The bytes a webhook carries: the same at every attempt."""
    return encoder.encode(event_view(event, pending_webhooks=1))
