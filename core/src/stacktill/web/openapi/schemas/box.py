"""What is ours or of the appliance: events, endpoints, deposits, the account, the sandbox, health."""

from __future__ import annotations

from stacktill.domain.deposits import REASONS
from stacktill.domain.events import EVENT_TYPES
from stacktill.domain.webhooks import DELIVERY_STATUSES
from stacktill.web.openapi.schemas.payments import HEX
from stacktill.web.openapi.shapes import (
    BOOLEAN,
    INTEGER,
    LIVEMODE,
    METADATA,
    MOMENT,
    NULL,
    SATS,
    STRING,
    Schema,
    array,
    constant,
    expandable,
    identifier,
    nullable,
    record,
    ref,
    words,
)

__all__ = ["SCHEMAS"]

EVENT = record(
    {
        "id": identifier("evt"),
        "object": constant("event"),
        "account": NULL,
        "api_version": STRING,
        "context": NULL,
        "created": MOMENT,
        "data": record(
            {
                "object": {
                    "type": "object",
                    "additionalProperties": True,
                    "description": "The object as it was then.",
                },
                "previous_attributes": {
                    "type": "object",
                    "additionalProperties": True,
                    "description": "On updates: what the changed fields were before.",
                },
            },
            optional=("previous_attributes",),
        ),
        "livemode": LIVEMODE,
        "pending_webhooks": {"type": "integer", "minimum": 0},
        "position": nullable(
            {"type": "integer", "minimum": 1},
            "Its gapless place in the log; null until it has one.",
        ),
        "request": nullable(
            record({"id": nullable(STRING), "idempotency_key": nullable(STRING)}),
            "The request that caused it.",
        ),
        "type": words(*sorted(EVENT_TYPES)),
    },
    about="A fact, with a snapshot of the object it is about.",
)

ENDPOINT = record(
    {
        "id": identifier("we"),
        "object": constant("webhook_endpoint"),
        "api_version": nullable(STRING),
        "application": NULL,
        "created": MOMENT,
        "description": nullable(STRING),
        "disabled_reason": nullable(STRING, "Why it was disabled, if not by you."),
        "enabled_events": array(STRING, "The types that it gets; * is all of them."),
        "livemode": LIVEMODE,
        "max_per_second": nullable(INTEGER, "The most deliveries per second."),
        "metadata": METADATA,
        "secret": {
            "type": "string",
            "pattern": "^whsec_",
            "description": "Signs the deliveries; shown only when it is made or rolled.",
        },
        "status": words("enabled", "disabled"),
        "url": STRING,
    },
    optional=("secret",),
    about="Where events are delivered to.",
)

DEPOSIT = record(
    {
        "id": identifier("dep"),
        "object": constant("deposit"),
        "amount": {**SATS, "description": "In the smallest unit of the asset; sats for sBTC."},
        "asset": {"type": "string", "description": "The whole name of the token that came."},
        "currency": nullable(constant("btc"), "btc for sBTC; null for any other token."),
        "block": record(
            {"burn_height": INTEGER, "hash": STRING, "height": INTEGER, "time": MOMENT}
        ),
        "created": MOMENT,
        "event_index": INTEGER,
        "fee": {**SATS, "description": "Went to the platform beside it, in sats."},
        "final": BOOLEAN,
        "livemode": LIVEMODE,
        "memo": nullable(HEX),
        "payment_intent": nullable(expandable("payment_intent")),
        "reason": nullable(
            record({"code": words(*REASONS), "message": STRING}),
            "Why it is matched to no payment.",
        ),
        "recipient": STRING,
        "refund": nullable(expandable("refund")),
        "sender": nullable(STRING, "Null for what was minted: nobody sent it."),
        "status": words("matched", "unmatched", "refunding", "refunded", "dismissed", "reversed"),
        "transaction_hash": STRING,
    },
    about="One transfer to an address of yours, or a mint.",
)

API_KEY = record(
    {
        "id": STRING,
        "object": constant("api_key"),
        "created": MOMENT,
        "expires_at": nullable(MOMENT, "When it closes, if it was rolled."),
        "hint": {"type": "string", "description": "What may be shown of it."},
        "key": {
            "type": "string",
            "description": "The key itself; shown only in the answer that made it.",
        },
        "kind": words("secret", "publishable", "restricted"),
        "livemode": LIVEMODE,
        "name": nullable(STRING),
        "revoked_at": nullable(MOMENT),
        "scopes": array(STRING, "What a restricted key may do."),
        "status": words("active", "revoked", "expired"),
    },
    optional=("key",),
    about="A key of your store, without its text.",
)

ATTEMPT = record(
    {
        "id": STRING,
        "object": constant("webhook_attempt"),
        "created": MOMENT,
        "duration_ms": INTEGER,
        "error": nullable(STRING, "Why nothing came back."),
        "number": {"type": "integer", "minimum": 1},
        "outcome": STRING,
        "response": {"type": "string", "description": "The beginning of what came back."},
        "response_status": nullable(INTEGER),
    }
)

DELIVERY = record(
    {
        "id": STRING,
        "object": constant("webhook_delivery"),
        "attempt_count": INTEGER,
        "attempts": array(ref("webhook_attempt")),
        "created": MOMENT,
        "event": STRING,
        "event_type": words(*sorted(EVENT_TYPES)),
        "livemode": LIVEMODE,
        "next_attempt_at": nullable(MOMENT),
        "replay": {"type": "boolean", "description": "Whether it was asked for by hand."},
        "status": words(*DELIVERY_STATUSES),
        "webhook_endpoint": STRING,
    },
    about="An event on its way to an endpoint.",
)

TIP = record(
    {
        "object": constant("sandbox.tip"),
        "height": INTEGER,
        "hash": STRING,
        "burn_height": INTEGER,
        "time": MOMENT,
    }
)
STATE = record(
    {
        "object": constant("sandbox.state"),
        "stalled": BOOLEAN,
        "api_fault": nullable(words("down", "slow", "429", "garbage", "stale")),
    },
    optional=("stalled", "api_fault"),
)

HEALTH = record(
    {
        "status": words("ok", "unavailable"),
        "parts": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"ok": BOOLEAN, "detail": STRING},
                "required": ["ok", "detail"],
                "additionalProperties": {"type": "number"},
            },
        },
    },
    optional=("parts",),
    about="Whether the appliance works, and each of its parts.",
)

ERROR = record(
    {
        "error": record(
            {
                "type": words(
                    "api_error", "card_error", "idempotency_error", "invalid_request_error"
                ),
                "message": {"type": "string", "description": "What is wrong and what to do."},
                "code": {"type": "string", "description": "For programs."},
                "param": {"type": "string", "description": "The parameter at fault."},
                "doc_url": STRING,
                "payment_intent": {
                    "anyOf": [ref("payment_intent"), ref("payment_intent.payer")],
                    "description": "The intent whose status was in the way.",
                },
                "deposit": ref("deposit"),
                "refund": ref("refund"),
                "settlement_address": ref("settlement_address"),
                "webhook_endpoint": ref("webhook_endpoint"),
            },
            optional=(
                "code",
                "param",
                "doc_url",
                "payment_intent",
                "deposit",
                "refund",
                "settlement_address",
                "webhook_endpoint",
            ),
        )
    },
    about="Every answer that is no success.",
)

SCHEMAS: dict[str, Schema] = {
    "event": EVENT,
    "webhook_endpoint": ENDPOINT,
    "webhook_attempt": ATTEMPT,
    "webhook_delivery": DELIVERY,
    "webhook_replay": record(
        {
            "object": constant("webhook_replay"),
            "next_position": nullable(
                {"type": "integer"}, "Send it as after_position to go on; null at the end."
            ),
            "queued": {"type": "integer", "minimum": 0},
            "webhook_endpoint": STRING,
        },
        about="How many events are on their way again.",
    ),
    "operator.wake": record({"object": constant("operator.wake")}),
    "api_key": API_KEY,
    "deposit": DEPOSIT,
    "sandbox.tip": TIP,
    "sandbox.clock": record({"object": constant("sandbox.clock"), "now": MOMENT}),
    "sandbox.state": STATE,
    "sandbox.payment": record(
        {
            "object": constant("sandbox.payment"),
            "transaction_hash": STRING,
            "amount": SATS,
            "payment_intent": ref("payment_intent"),
        }
    ),
    "sandbox.transaction": record(
        {
            "object": constant("sandbox.transaction"),
            "address": STRING,
            "transaction": {"type": "string", "pattern": "^([0-9a-f]{2})+$"},
        }
    ),
    "sandbox.signature": record(
        {
            "object": constant("sandbox.signature"),
            "address": STRING,
            "signature": {"type": "string", "pattern": "^[0-9a-f]{130}$"},
        }
    ),
    "sandbox": {
        "anyOf": [
            ref(name)
            for name in (
                "sandbox.tip",
                "sandbox.clock",
                "sandbox.state",
                "sandbox.payment",
                "sandbox.signature",
                "sandbox.transaction",
                "payment_intent",
                "checkout.session",
            )
        ]
    },
    "health": HEALTH,
    "error": ERROR,
}
