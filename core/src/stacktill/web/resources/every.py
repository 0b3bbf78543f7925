"""Every operation that the API offers."""

from __future__ import annotations

from stacktill.web.resources import (
    account,
    audit_log,
    balance,
    balance_transactions,
    charges,
    checkout_sessions,
    customers,
    deliveries,
    deposits,
    events,
    keys,
    operator,
    pay_buttons,
    payment_intents,
    payment_links,
    payment_methods,
    pos_terminals,
    prices,
    products,
    receipts,
    refunds,
    settlement_addresses,
    test_helpers,
    webhook_endpoints,
)

__all__ = ["OPERATIONS"]

OPERATIONS = (
    *account.OPERATIONS,
    *audit_log.OPERATIONS,
    *balance.OPERATIONS,
    *balance_transactions.OPERATIONS,
    *charges.OPERATIONS,
    *checkout_sessions.OPERATIONS,
    *customers.OPERATIONS,
    *deliveries.OPERATIONS,
    *deposits.OPERATIONS,
    *events.OPERATIONS,
    *keys.OPERATIONS,
    *operator.OPERATIONS,
    *pay_buttons.OPERATIONS,
    *payment_intents.OPERATIONS,
    *payment_links.OPERATIONS,
    *payment_methods.OPERATIONS,
    *pos_terminals.OPERATIONS,
    *prices.OPERATIONS,
    *products.OPERATIONS,
    *receipts.OPERATIONS,
    *refunds.OPERATIONS,
    *settlement_addresses.OPERATIONS,
    *test_helpers.OPERATIONS,
    *webhook_endpoints.OPERATIONS,
)
