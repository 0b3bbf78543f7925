"""The API form of a delivery with its attempts (ours: Stripe shows them in its dashboard only)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacktill.domain.webhooks import AttemptRecord, Delivery

__all__ = ["delivery_view", "receipt_delivery_view"]


def delivery_view(delivery: Delivery, attempts: Sequence[AttemptRecord] = ()) -> dict[str, Any]:
    """One event on its way to one endpoint; ``next_attempt_at`` is there while it is pending."""
    is_pending = delivery.status == "pending"
    return {
        "id": delivery.id,
        "object": "webhook_delivery",
        "attempt_count": delivery.attempts,
        "attempts": [_attempt(attempt) for attempt in attempts],
        "created": delivery.created_ms // 1000,
        "event": delivery.event_id,
        "event_type": delivery.event_type,
        "livemode": delivery.livemode,
        "next_attempt_at": delivery.next_attempt_ms // 1000 if is_pending else None,
        "replay": delivery.replay,
        "status": delivery.status,
        "webhook_endpoint": delivery.subscriber,
    }


def receipt_delivery_view(
    delivery: Delivery, attempts: Sequence[AttemptRecord], charge_id: str
) -> dict[str, Any]:
    """One receipt on its way to the payer of a charge, in the form of a webhook's delivery."""
    whole = delivery_view(delivery) | {"object": "receipt_delivery", "charge": charge_id}
    del whole["webhook_endpoint"], whole["replay"]
    return whole | {"attempts": [_attempt(one, kind="receipt_attempt") for one in attempts]}


def _attempt(attempt: AttemptRecord, *, kind: str = "webhook_attempt") -> dict[str, Any]:
    return {
        "id": attempt.id,
        "object": kind,
        "created": attempt.created_ms // 1000,
        "duration_ms": attempt.duration_ms,
        "error": attempt.error,
        "number": attempt.number,
        "outcome": attempt.outcome,
        "response": attempt.response,
        "response_status": attempt.status,
    }
