"""The event: a fact after its commit, kept with a snapshot of the object it is about."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["API_VERSION", "EVENT_TYPES", "Event", "matches"]

API_VERSION = "2026-10-28.endive"
"""The dated API version whose shapes our objects have."""

EVENT_TYPES: frozenset[str] = frozenset(
    {
        "account.updated",
        "charge.refund.updated",
        "charge.refunded",
        "charge.succeeded",
        "charge.updated",
        "checkout.session.completed",
        "checkout.session.expired",
        "customer.created",
        "customer.deleted",
        "customer.updated",
        "deposit.attached",
        "deposit.dismissed",
        "deposit.unmatched",
        "payment_intent.canceled",
        "payment_intent.created",
        "payment_intent.partially_funded",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.reversed",
        "payment_intent.succeeded",
        "payment_link.created",
        "payment_link.updated",
        "price.created",
        "price.updated",
        "product.created",
        "product.deleted",
        "product.updated",
        "refund.created",
        "refund.failed",
        "refund.updated",
        "settlement_address.activated",
        "settlement_address.canceled",
        "settlement_address.scheduled",
        "settlement_address.will_activate",
        "webhook_endpoint.disabled",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact. ``data`` is the JSON text ``{"object": …}`` as it was then; it never changes again.

    ``position`` is its gapless place in the log, None until the relay has stamped it.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    type: str
    object_id: str
    data: str
    request_id: str | None = None
    idempotency_key: str | None = None
    position: int | None = None
    pending_webhooks: int = 0


def matches(enabled_events: tuple[str, ...], event_type: str) -> bool:
    """Whether a subscription of those types (``*`` means all) wants the event."""
    return "*" in enabled_events or event_type in enabled_events
