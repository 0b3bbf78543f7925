"""Endpoints, and deliveries on their way to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["DELIVERY_STATUSES", "AttemptRecord", "Delivery", "DeliveryStatus", "WebhookEndpoint"]

DeliveryStatus = Literal["pending", "delivered", "dead", "canceled"]
"""pending: to be tried · delivered · dead: gave up, kept · canceled: its endpoint was disabled or deleted."""
DELIVERY_STATUSES: tuple[DeliveryStatus, ...] = ("pending", "delivered", "dead", "canceled")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """A merchant's URL. Secrets are sealed (encrypted at rest); the old one signs until its overlap ends.

    ``failing_since`` (Unix seconds) is the first of an unbroken row of failures, None after a success.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    url: str
    enabled_events: tuple[str, ...]
    sealed_secret: str
    sealed_old_secret: str | None = None
    old_secret_until: int | None = None
    status: Literal["enabled", "disabled"] = "enabled"
    disabled_reason: str | None = None
    description: str | None = None
    api_version: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    failing_since: int | None = None
    max_per_second: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one subscriber.

    ``subscriber`` is an endpoint's id, ``plugin:<name>``, ``receipts:<name>`` or ``notices:<name>``;
    ``recipient`` is the e-mail address of a notice, which goes to several. Times are Unix
    milliseconds, because the first retry may be due within seconds.
    """

    id: str
    event_id: str
    event_type: str
    subscriber: str
    merchant_id: str
    livemode: bool
    created_ms: int
    status: DeliveryStatus = "pending"
    attempts: int = 0
    next_attempt_ms: int = 0
    replay: bool = False
    recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One try, as the delivery log keeps it."""

    id: str
    delivery_id: str
    event_id: str
    subscriber: str
    merchant_id: str
    livemode: bool
    created_ms: int
    number: int
    outcome: str
    status: int | None
    duration_ms: int
    response: str
    error: str | None
