"""The balance and its lines."""

from __future__ import annotations

from stacktill.web.openapi.schemas.payments import BTC
from stacktill.web.openapi.shapes import (
    INTEGER,
    LIVEMODE,
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
    words,
)

__all__ = ["SCHEMAS"]

FEE = record(
    {
        "amount": SATS,
        "application": NULL,
        "currency": BTC,
        "description": nullable(STRING),
        "type": STRING,
    }
)

BALANCE_TRANSACTION = record(
    {
        "id": identifier("txn"),
        "object": constant("balance_transaction"),
        "amount": {**INTEGER, "description": "In sats; negative when money leaves."},
        "available_on": MOMENT,
        "balance_type": constant("payments"),
        "created": MOMENT,
        "currency": BTC,
        "description": nullable(STRING),
        "exchange_rate": NULL,
        "fee": {**INTEGER, "description": "In sats; negative when a reversal gives it back."},
        "fee_details": array(FEE),
        "livemode": LIVEMODE,
        "net": {**INTEGER, "description": "The amount less the fee, in sats."},
        "reporting_category": words("charge", "refund", "other_adjustment"),
        "source": nullable(expandable("charge", "refund")),
        "status": words("pending", "available"),
        "type": words("payment", "payment_refund", "payment_reversal", "adjustment"),
    },
    about="One line of your balance.",
)

PARTS = array(
    record(
        {
            "amount": {**INTEGER, "description": "In sats."},
            "currency": BTC,
            "source_types": record({"crypto": INTEGER}),
        }
    )
)

BALANCE = record(
    {
        "object": constant("balance"),
        "available": PARTS,
        "connect_reserved": PARTS,
        "instant_available": PARTS,
        "livemode": LIVEMODE,
        "locked": {**PARTS, "description": "What withdrawals to Bitcoin hold until they are done."},
        "pending": PARTS,
        "refund_and_dispute_prefunding": record({"available": PARTS, "pending": PARTS}),
        "unmatched": {**PARTS, "description": "What arrived and is matched to no payment."},
    },
    about="What the ledger says lies at your own addresses.",
)

SCHEMAS: dict[str, Schema] = {
    "balance": BALANCE,
    "balance_transaction": BALANCE_TRANSACTION,
}
