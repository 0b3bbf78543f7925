"""Tables of facts and of carrying them: events, endpoints, deliveries; and small records."""

from __future__ import annotations

from sqlalchemy import Table

from stacktill.sql.tables.columns import (
    METADATA,
    body,
    fixed_flag,
    fixed_number,
    fixed_words,
    identity,
    index,
    number,
    owner,
    words,
)

__all__ = [
    "attempts",
    "deliveries",
    "events",
    "idempotency",
    "plugin_state",
    "webhook_endpoints",
]

events = Table(
    "events",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    fixed_words("type"),
    fixed_words("object_id"),
    fixed_words("data"),
    fixed_words("request_id", null=True),
    fixed_words("idempotency_key", null=True),
    number("position", null=True),
    number("pending_webhooks"),
    index("ix_events_list", "merchant_id", "livemode", "id"),
    index("ix_events_object", "object_id", "id"),
    index("ix_events_outbox", "id", where="position IS NULL"),
    index("ix_events_position", "position", unique=True, where="position IS NOT NULL"),
    index("ix_events_cursor", "merchant_id", "livemode", "position", where="position IS NOT NULL"),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    words("url"),
    words("status"),
    number("failing_since", null=True),
    body(),
    index("ix_webhook_endpoints_list", "merchant_id", "livemode", "id"),
)

deliveries = Table(
    "deliveries",
    METADATA,
    identity(),
    fixed_words("event_id"),
    fixed_words("event_type"),
    fixed_words("subscriber"),
    *owner(),
    fixed_number("created_ms"),
    words("status", literals=("pending", "dead")),
    number("attempts"),
    number("next_attempt_ms"),
    fixed_flag("replay"),
    fixed_words("recipient", null=True),
    index("ix_deliveries_event", "event_id", "id"),
    index("ix_deliveries_subscriber", "subscriber", "id"),
    index("ix_deliveries_dead", "merchant_id", "livemode", "event_id", where="status = 'dead'"),
    index("ix_deliveries_due", "next_attempt_ms", "id", where="status = 'pending'"),
    index(
        "ix_deliveries_queue",
        "subscriber",
        "next_attempt_ms",
        "id",
        where="status = 'pending'",
    ),
)

attempts = Table(
    "attempts",
    METADATA,
    identity(),
    fixed_words("delivery_id"),
    fixed_words("event_id"),
    fixed_words("subscriber"),
    *owner(),
    fixed_number("created_ms"),
    fixed_number("number"),
    words("outcome"),
    number("status", null=True),
    number("duration_ms"),
    words("response"),
    words("error", null=True),
    index("ix_attempts_delivery", "delivery_id", "id"),
    index("ix_attempts_created", "created_ms", "id"),
)

idempotency = Table(
    "idempotency",
    METADATA,
    identity(),
    fixed_words("merchant_id"),
    fixed_number("created"),
    words("fingerprint"),
    number("status"),
    words("body"),
    words("request_id"),
    index("ix_idempotency_created", "created"),
)

plugin_state = Table("plugin_state", METADATA, identity(), words("value"))
