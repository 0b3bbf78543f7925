"""Tables of the stores: merchants, their keys, the addresses they are paid at."""

from __future__ import annotations

from sqlalchemy import Table

from stacktill.sql.tables.columns import (
    METADATA,
    body,
    fixed_flag,
    fixed_number,
    fixed_words,
    flag,
    identity,
    index,
    number,
    owner,
    words,
)

__all__ = [
    "address_changes",
    "api_keys",
    "audit_entries",
    "merchants",
    "pictures",
    "settlement_addresses",
]

merchants = Table(
    "merchants",
    METADATA,
    identity(),
    fixed_number("created"),
    words("name"),
    words("email", null=True),
    words("status"),
    body(),
)

api_keys = Table(
    "api_keys",
    METADATA,
    identity(),
    fixed_words("hash"),
    *owner(),
    fixed_words("kind"),
    fixed_words("hint"),
    fixed_number("created"),
    words("name", null=True),
    number("expires_at", null=True),
    number("revoked_at", null=True),
    body(),
    index("ix_api_keys_hash", "hash", unique=True),
    index("ix_api_keys_list", "merchant_id", "livemode", "id"),
)

settlement_addresses = Table(
    "settlement_addresses",
    METADATA,
    identity(),
    fixed_words("address"),
    fixed_words("chain_id"),
    words("merchant_id"),
    fixed_flag("livemode"),
    fixed_number("created"),
    flag("current"),
    index("ix_settlement_addresses_address", "address"),
    index("ix_settlement_addresses_list", "merchant_id", "livemode", "id"),
)

address_changes = Table(
    "address_changes",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    fixed_words("chain_id"),
    fixed_words("address"),
    words("status", literals=("scheduled",)),
    number("effective_at", null=True),
    number("remind_at", null=True),
    body(),
    index("ix_address_changes_list", "merchant_id", "livemode", "id"),
    index(
        "ix_address_changes_due",
        "livemode",
        "effective_at",
        "id",
        where="status = 'scheduled'",
    ),
    index(
        "ix_address_changes_reminder",
        "livemode",
        "remind_at",
        "id",
        where="status = 'scheduled'",
    ),
)

audit_entries = Table(
    "audit_entries",
    METADATA,
    identity(),
    *owner(),
    fixed_number("number"),
    fixed_number("created"),
    fixed_words("actor"),
    fixed_words("action"),
    fixed_words("object_id"),
    fixed_words("details"),
    fixed_words("previous_hash"),
    fixed_words("hash"),
    index("ix_audit_entries_action", "merchant_id", "action", "id"),
    index("ix_audit_entries_list", "merchant_id", "livemode", "id"),
    index("ix_audit_entries_number", "merchant_id", "livemode", "number", unique=True),
)

pictures = Table(
    "pictures",
    METADATA,
    identity(),
    fixed_words("merchant_id"),
    fixed_number("created"),
    fixed_words("kind"),
    fixed_number("width"),
    fixed_number("height"),
    fixed_words("content"),
)
