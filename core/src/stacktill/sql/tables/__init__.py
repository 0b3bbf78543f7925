"""Every table, one per attribute of a unit of work, and one more for searching by metadata."""

from __future__ import annotations

from stacktill.sql.tables.chain import (
    chain_blocks,
    deposits,
    ledger_accounts,
    ledger_checkpoints,
    ledger_transfers,
    settlement_statements,
    withdrawals,
)
from stacktill.sql.tables.columns import METADATA
from stacktill.sql.tables.merchants import (
    address_changes,
    api_keys,
    audit_entries,
    merchants,
    pictures,
    settlement_addresses,
)
from stacktill.sql.tables.notices import (
    attempts,
    deliveries,
    events,
    idempotency,
    plugin_state,
    webhook_endpoints,
)
from stacktill.sql.tables.payments import (
    balance_transactions,
    charges,
    payment_intents,
    refunds,
    sponsorships,
)
from stacktill.sql.tables.shop import (
    checkout_sessions,
    customers,
    metadata_entries,
    payment_links,
    payment_methods,
    prices,
    products,
)

__all__ = [
    "METADATA",
    "address_changes",
    "api_keys",
    "attempts",
    "audit_entries",
    "balance_transactions",
    "chain_blocks",
    "charges",
    "checkout_sessions",
    "customers",
    "deliveries",
    "deposits",
    "events",
    "idempotency",
    "ledger_accounts",
    "ledger_checkpoints",
    "ledger_transfers",
    "merchants",
    "metadata_entries",
    "payment_intents",
    "payment_links",
    "payment_methods",
    "pictures",
    "plugin_state",
    "prices",
    "products",
    "refunds",
    "settlement_addresses",
    "settlement_statements",
    "sponsorships",
    "webhook_endpoints",
    "withdrawals",
]
