"""What guards a store's money (ours): settlement addresses and the audit log."""

from __future__ import annotations

from typing import get_args

from stacktill.domain.addresses import ADDRESS_CHANGE_STATUSES, AddressForm, ChangeAuthority
from stacktill.domain.audit import AUDIT_ACTIONS
from stacktill.domain.ledger import ACCOUNTS, TransferKind
from stacktill.domain.sponsorships import SPONSORSHIP_STATUSES
from stacktill.web.openapi.shapes import (
    BOOLEAN,
    INTEGER,
    LIVEMODE,
    MOMENT,
    SATS,
    STRING,
    Schema,
    constant,
    identifier,
    nullable,
    record,
    words,
)

__all__ = ["PLATFORM_FEE", "SCHEMAS"]

HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}

ADDRESS = record(
    {
        "id": identifier("sa"),
        "object": constant("settlement_address"),
        "activated_at": nullable(MOMENT, "Since when you are, or were, paid there."),
        "address": STRING,
        "authority": nullable(
            words(*get_args(ChangeAuthority)),
            "By whose word it is in force: the sandbox gave it, there was none before, the wallet in "
            "force signed, or nobody canceled it while it was announced.",
        ),
        "chain": {"type": "string", "description": "Of which chain it is, such as stacks:1."},
        "created": MOMENT,
        "effective_at": nullable(MOMENT, "When it is, or is to be, in force."),
        "ended_at": nullable(MOMENT, "When it was replaced or canceled."),
        "form": words(
            *get_args(AddressForm), about="Only a wallet, which has a single key, can sign."
        ),
        "livemode": LIVEMODE,
        "message": {"type": "string", "description": "What the wallets sign, to the letter."},
        "proven": {**BOOLEAN, "description": "Whether its wallet signed the message."},
        "replaces": nullable(STRING, "The address that was in force when this was asked for."),
        "sign_before": MOMENT,
        "status": words(*ADDRESS_CHANGE_STATUSES),
    },
    about="An address that you are, were or asked to be paid at.",
)

AUDIT_ENTRY = record(
    {
        "id": identifier("aud"),
        "object": constant("audit_entry"),
        "account": STRING,
        "action": words(*AUDIT_ACTIONS),
        "actor": {
            "type": "string",
            "description": "The id of the API key that acted; operator for commands of this machine, "
            "box for what happens by itself.",
        },
        "created": MOMENT,
        "details": {"type": "object", "additionalProperties": True},
        "hash": {**HASH, "description": "SHA-256 of all else in this entry."},
        "livemode": LIVEMODE,
        "number": {"type": "integer", "minimum": 1, "description": "Without a gap."},
        "previous_hash": {
            **HASH,
            "description": "The hash of the entry before; zeros in the first.",
        },
        "related_object": {"type": "string", "description": "The id of what was acted on."},
    },
    about="One act that decides where money goes, or who is told of it.",
)

PLATFORM_FEE = record(
    {
        "amount": {**SATS, "description": "What the platform asks for, in sats."},
        "amount_collected": {
            **SATS,
            "description": "What it got in the same transaction; a plain transfer brings it nothing.",
        },
        "basis_points": nullable(INTEGER),
        "recipient": STRING,
        "tier": nullable(STRING),
    },
    about="The fee of whoever runs this appliance.",
)

BALANCES = record({str(code): INTEGER for code in ACCOUNTS})

STATEMENT = record(
    {
        "id": identifier("stmt"),
        "object": constant("settlement_statement"),
        "asset": STRING,
        "chain": STRING,
        "closing": {**BALANCES, "description": "The ledger at the end, in sats by account."},
        "created": MOMENT,
        "csv_url": STRING,
        "currency": constant("btc"),
        "line_count": {"type": "integer", "minimum": 0},
        "lines_url": STRING,
        "livemode": LIVEMODE,
        "opening": {**BALANCES, "description": "The ledger at the beginning, in sats by account."},
        "period_end": MOMENT,
        "period_start": MOMENT,
        "totals": {
            "type": "object",
            "additionalProperties": SATS,
            "description": "Sats by kind of movement.",
        },
    },
    about="What moved in a period, with the balances before and after.",
)

PROOF = record(
    {
        "block_hash": STRING,
        "block_height": INTEGER,
        "burn_block_height": {**INTEGER, "description": "Of the Bitcoin block it is anchored to."},
        "canonical": {**BOOLEAN, "description": "Whether the chain holds it now."},
        "chain": STRING,
        "event_index": nullable(INTEGER),
        "transaction_hash": STRING,
    },
    about="Where on the chain anybody can see it.",
)

LINE = record(
    {
        "id": identifier("lt"),
        "object": constant("settlement_statement.line"),
        "amount": {**SATS, "minimum": 1},
        "created": MOMENT,
        "credit": words(*ACCOUNTS, about="The account that got it."),
        "debit": words(*ACCOUNTS, about="The account that it left."),
        "kind": words(*get_args(TransferKind)),
        "payment_intent": nullable(STRING),
        "proof": nullable(PROOF),
        "source": {"type": "string", "description": "The deposit, refund or withdrawal."},
    },
    about="One movement of the ledger.",
)

SPONSORSHIP = record(
    {
        "id": identifier("sp"),
        "object": constant("sponsorship"),
        "created": MOMENT,
        "ended_at": nullable(MOMENT, "When it was mined or released."),
        "fee_ustx": {
            **INTEGER,
            "description": "The network's fee, in micro-STX; it grows when the network wants more.",
        },
        "livemode": LIVEMODE,
        "payer": STRING,
        "payment_intent": STRING,
        "status": words(*SPONSORSHIP_STATUSES),
        "transaction_hash": {
            **HASH,
            "description": "Its id on the network; a new one when it is signed anew.",
        },
    },
    about="A payment whose network fee the appliance pays.",
)

SCHEMAS: dict[str, Schema] = {
    "sponsorship": SPONSORSHIP,
    "sponsorship.payer": SPONSORSHIP,
    "settlement_address": ADDRESS,
    "settlement_statement": STATEMENT,
    "settlement_statement.line": LINE,
    "audit_entry": AUDIT_ENTRY,
}
