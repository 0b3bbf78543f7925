"""The first tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from stacktill.sql.migrations.initial_indexes import INDEXES

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None

# A copy: ``stacktill.sql.tables`` goes on, but what this step does never changes.

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KINDS: dict[str, Any] = {"text": TEXT, "number": sa.BigInteger(), "flag": sa.SmallInteger()}

TABLES = {
    "address_changes": """
        id text, merchant_id text, livemode flag, created number, chain_id text, address text,
        status text, effective_at number?, remind_at number?, body text
    """,
    "api_keys": """
        id text, hash text, merchant_id text, livemode flag, kind text, hint text, created
        number, name text?, expires_at number?, revoked_at number?, body text
    """,
    "attempts": """
        id text, delivery_id text, event_id text, subscriber text, merchant_id text, livemode
        flag, created_ms number, number number, outcome text, status number?, duration_ms
        number, response text, error text?
    """,
    "audit_entries": """
        id text, merchant_id text, livemode flag, number number, created number, actor text,
        action text, object_id text, details text, previous_hash text, hash text
    """,
    "balance_transactions": """
        id text, merchant_id text, livemode flag, created number, type text, amount_sats number,
        fee_sats number, source text, available_on number, status text, description text?
    """,
    "chain_blocks": """
        id text, chain_id text, height number, hash text, parent_hash text, burn_height number,
        burn_hash text, time number
    """,
    "charges": """
        id text, merchant_id text, livemode flag, created number, payment_intent text,
        amount_sats number, refunded_sats number, refunded flag, status text, customer text?,
        description text?, buyer_address text?, transaction_hash text, chain_id text,
        transfer_group text?, body text
    """,
    "checkout_sessions": """
        id text, merchant_id text, livemode flag, created number, expires_at number, status
        text, payment_status text, payment_intent text?, payment_link text?, customer text?,
        customer_email text?, client_secret text, client_reference_id text?, body text
    """,
    "customers": """
        id text, merchant_id text, livemode flag, created number, name text?, email text?, phone
        text?, description text?, deleted flag, body text
    """,
    "deliveries": """
        id text, event_id text, event_type text, subscriber text, merchant_id text, livemode
        flag, created_ms number, status text, attempts number, next_attempt_ms number, replay
        flag, recipient text?
    """,
    "deposits": """
        id text, merchant_id text, livemode flag, created number, chain_id text, txid text,
        event_index number, asset text, is_sbtc flag, amount text, sender text?, recipient text,
        memo text?, block_height number, block_hash text, burn_height number, block_time number,
        state text, final_layer text, final_height number, match text, intent_id text?, reason
        text?, refund_id text?, fee_sats number, fee_event_index number?
    """,
    "events": """
        id text, merchant_id text, livemode flag, created number, type text, object_id text,
        data text, request_id text?, idempotency_key text?, position number?, pending_webhooks
        number
    """,
    "idempotency": """
        id text, merchant_id text, created number, fingerprint text, status number, body text,
        request_id text
    """,
    "ledger_accounts": """
        id text, merchant_id text, livemode flag, asset text, code text, balance text, day number
    """,
    "ledger_checkpoints": """
        id text, account_id text, day number, balance text
    """,
    "ledger_transfers": """
        id text, merchant_id text, livemode flag, created number, debit text, credit text,
        amount text, asset text, kind text, reference text, intent_id text?
    """,
    "merchants": """
        id text, created number, name text, email text?, status text, body text
    """,
    "metadata_entries": """
        table_name text, merchant_id text, livemode flag, key text, value text, object_id text
    """,
    "payment_intents": """
        id text, merchant_id text, livemode flag, created number, amount_sats number, fee_sats
        number, currency text, status text, customer text?, description text?, client_secret
        text, chain_id text?, deposit_address text?, memo text?, expires_at number?, closes_at
        number?, seen_sats number, latest_charge text?, checkout_session text?, transfer_group
        text?, body text
    """,
    "payment_links": """
        id text, merchant_id text, livemode flag, created number, active flag, body text
    """,
    "payment_methods": """
        id text, merchant_id text, livemode flag, created number, customer text?, body text
    """,
    "pictures": """
        id text, merchant_id text, created number, kind text, width number, height number,
        content text
    """,
    "plugin_state": """
        id text, value text
    """,
    "prices": """
        id text, merchant_id text, livemode flag, created number, product text, unit_amount_sats
        number, currency text, active flag, nickname text?, lookup_key text?, body text
    """,
    "products": """
        id text, merchant_id text, livemode flag, created number, name text, active flag,
        description text?, url text?, default_price text?, shippable flag?, deleted flag, body
        text
    """,
    "refunds": """
        id text, merchant_id text, livemode flag, created number, amount_sats number, status
        text, chain_id text, sender text, recipient text, memo text, charge text?,
        payment_intent text?, deposit text?, txid text?, block_height number?, expires_at
        number?, body text
    """,
    "settlement_addresses": """
        id text, address text, chain_id text, merchant_id text, livemode flag, created number,
        current flag
    """,
    "settlement_statements": """
        id text, merchant_id text, livemode flag, created number, period_start number,
        period_end number, body text
    """,
    "sponsorships": """
        id text, merchant_id text, livemode flag, created number, payment_intent text, payer
        text, fee_ustx number, asked text, transaction text, txid text, signed_at number,
        earlier_txids text, status text, ended_at number?
    """,
    "webhook_endpoints": """
        id text, merchant_id text, livemode flag, created number, url text, status text,
        failing_since number?, body text
    """,
    "withdrawals": """
        id text, merchant_id text, livemode flag, created number, chain_id text, txid text,
        event_index number, asset text, amount text, sender text?, recipient text?, block_height
        number, refund_id text?, reversed flag, block_hash text, burn_height number, kind text
    """,
}
"""Columns with their kind; ``?`` says that a value may be missing."""


def upgrade() -> None:
    """Make all tables and indexes."""
    for name, columns in TABLES.items():
        op.create_table(name, *_columns(name, columns), **_options(name))
    for name, table, columns, unique, where in INDEXES:
        partial = {} if where is None else _partial(where)
        op.create_index(name, table, columns.split(), unique=unique, **partial)


def downgrade() -> None:
    """Remove all tables with everything in them."""
    for name in TABLES:
        op.drop_table(name)


def _columns(table: str, listed: str) -> Iterator[sa.Column[Any]]:
    for entry in listed.split(","):
        name, kind = entry.split()
        is_key = name == "id" or table == "metadata_entries"
        yield sa.Column(
            name,
            KINDS[kind.rstrip("?")],
            primary_key=is_key,
            nullable=kind.endswith("?"),
            autoincrement=False,
        )


def _options(table: str) -> dict[str, Any]:
    return {"sqlite_with_rowid": False} if table == "metadata_entries" else {}


def _partial(where: str) -> dict[str, Any]:
    return {f"{op.get_bind().dialect.name}_where": sa.text(where)}
