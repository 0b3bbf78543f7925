"""Every operation that the API offers."""

from __future__ import annotations

from stacktill.web.resources import (
    account,
    balance,
    balance_transactions,
    charges,
    deliveries,
    deposits,
    events,
    keys,
    operator,
    payment_intents,
    refunds,
    test_helpers,
    webhook_endpoints,
)

__all__ = ["OPERATIONS"]

OPERATIONS = (
    *account.OPERATIONS,
    *balance.OPERATIONS,
    *balance_transactions.OPERATIONS,
    *charges.OPERATIONS,
    *deliveries.OPERATIONS,
    *deposits.OPERATIONS,
    *events.OPERATIONS,
    *keys.OPERATIONS,
    *operator.OPERATIONS,
    *payment_intents.OPERATIONS,
    *refunds.OPERATIONS,
    *test_helpers.OPERATIONS,
    *webhook_endpoints.OPERATIONS,
)
