"""Tables of what the chain did: deposits, withdrawals, blocks, and the ledger of every movement."""

from __future__ import annotations

from sqlalchemy import Table

from stacktill.sql.tables.columns import (
    METADATA,
    big,
    body,
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
    "chain_blocks",
    "deposits",
    "ledger_accounts",
    "ledger_checkpoints",
    "ledger_transfers",
    "settlement_statements",
    "withdrawals",
]

deposits = Table(
    "deposits",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    fixed_words("chain_id"),
    fixed_words("txid"),
    number("event_index"),
    fixed_words("asset"),
    flag("is_sbtc"),
    big("amount"),
    words("sender", null=True),
    words("recipient"),
    words("memo", null=True),
    number("block_height"),
    words("block_hash"),
    number("burn_height"),
    number("block_time"),
    words("state", literals=("pending", "reversed")),
    words("final_layer"),
    number("final_height"),
    words("match"),
    words("intent_id", null=True),
    words("reason", null=True),
    words("refund_id", null=True),
    number("fee_sats"),
    number("fee_event_index", null=True),
    index(
        "ix_deposits_transfer",
        "chain_id",
        "txid",
        "event_index",
        unique=True,
        where="state <> 'reversed'",
    ),
    index("ix_deposits_reversed", "chain_id", "txid", "event_index", where="state = 'reversed'"),
    index("ix_deposits_height", "chain_id", "block_height", "id"),
    index(
        "ix_deposits_pending",
        "chain_id",
        "state",
        "final_layer",
        "final_height",
        "id",
        where="state = 'pending'",
    ),
    index("ix_deposits_intent", "intent_id", "id", where="intent_id IS NOT NULL"),
    index("ix_deposits_list", "merchant_id", "livemode", "id"),
    index("ix_deposits_match", "merchant_id", "livemode", "match", "id"),
)

withdrawals = Table(
    "withdrawals",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    fixed_words("chain_id"),
    fixed_words("txid"),
    fixed_number("event_index"),
    fixed_words("asset"),
    big("amount"),
    words("sender", null=True),
    words("recipient", null=True),
    number("block_height"),
    words("refund_id", null=True),
    flag("reversed"),
    words("block_hash"),
    number("burn_height"),
    fixed_words("kind"),
    index("ix_withdrawals_transfer", "chain_id", "txid", "event_index", unique=True),
    index("ix_withdrawals_height", "chain_id", "block_height", "id"),
    index("ix_withdrawals_list", "merchant_id", "livemode", "id"),
)

ledger_accounts = Table(
    "ledger_accounts",
    METADATA,
    identity(),
    *owner(),
    fixed_words("asset"),
    fixed_words("code"),
    big("balance"),
    number("day"),
    index("ix_ledger_accounts_owner", "merchant_id", "livemode", "id"),
)

ledger_checkpoints = Table(
    "ledger_checkpoints",
    METADATA,
    identity(),
    fixed_words("account_id"),
    fixed_number("day"),
    big("balance", fixed=True),
    index("ix_ledger_checkpoints_day", "account_id", "day", unique=True),
)

settlement_statements = Table(
    "settlement_statements",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    fixed_number("period_start"),
    fixed_number("period_end"),
    body(),
    index("ix_settlement_statements_list", "merchant_id", "livemode", "id"),
)

ledger_transfers = Table(
    "ledger_transfers",
    METADATA,
    identity(),
    *owner(),
    fixed_number("created"),
    fixed_words("debit"),
    fixed_words("credit"),
    big("amount", fixed=True),
    fixed_words("asset"),
    fixed_words("kind"),
    fixed_words("reference"),
    words("intent_id", null=True),
    index("ix_ledger_transfers_period", "merchant_id", "livemode", "created", "id"),
    index("ix_ledger_transfers_reference", "reference", "id"),
    index("ix_ledger_transfers_intent", "intent_id", "id", where="intent_id IS NOT NULL"),
)

chain_blocks = Table(
    "chain_blocks",
    METADATA,
    identity(),
    fixed_words("chain_id"),
    number("height"),
    words("hash"),
    words("parent_hash"),
    number("burn_height"),
    words("burn_hash"),
    number("time"),
    index("ix_chain_blocks_height", "chain_id", "height", unique=True),
)
