"""The schema of a receipt on its way to a payer."""

from __future__ import annotations

from stacktill.domain.webhooks import DELIVERY_STATUSES
from stacktill.web.openapi.shapes import (
    INTEGER,
    LIVEMODE,
    MOMENT,
    STRING,
    Schema,
    array,
    constant,
    identifier,
    nullable,
    record,
    ref,
    words,
)

__all__ = ["SCHEMAS"]

ATTEMPT = record(
    {
        "id": STRING,
        "object": constant("receipt_attempt"),
        "created": MOMENT,
        "duration_ms": INTEGER,
        "error": nullable(STRING, "Why there was no answer, or why nothing was sent."),
        "number": {"type": "integer", "minimum": 1},
        "outcome": words("delivered", "failed", "throttled", "refused"),
        "response": {"type": "string", "description": "What the mail server said."},
        "response_status": nullable(INTEGER, "The mail server's own code, such as 250 or 550."),
    }
)

DELIVERY = record(
    {
        "id": STRING,
        "object": constant("receipt_delivery"),
        "attempt_count": INTEGER,
        "attempts": array(ref("receipt_attempt")),
        "charge": identifier("ch"),
        "created": MOMENT,
        "event": STRING,
        "event_type": words("charge.succeeded", "charge.updated", "refund.updated"),
        "livemode": LIVEMODE,
        "next_attempt_at": nullable(MOMENT),
        "status": words(
            *DELIVERY_STATUSES,
            about="pending: to be tried. dead: given up. canceled: it was not true any more, or "
            "nobody wanted it.",
        ),
    },
    about="A receipt on its way to the payer of a charge.",
)

SCHEMAS: dict[str, Schema] = {"receipt_attempt": ATTEMPT, "receipt_delivery": DELIVERY}
