"""The schema of every object that the API answers with, by name."""

from __future__ import annotations

from stacktill.web.openapi.schemas import (
    account,
    balance,
    box,
    payments,
    receipts,
    settlement,
    shop,
)
from stacktill.web.openapi.shapes import Schema

__all__ = ["SCHEMAS"]

SCHEMAS: dict[str, Schema] = {
    **account.SCHEMAS,
    **payments.SCHEMAS,
    **balance.SCHEMAS,
    **shop.SCHEMAS,
    **receipts.SCHEMAS,
    **settlement.SCHEMAS,
    **box.SCHEMAS,
}
