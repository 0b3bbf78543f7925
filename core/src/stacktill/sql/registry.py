"""Which entity lives in which table, and how."""

from __future__ import annotations

from typing import Any

from stacktill.domain.accounting import (
    ChainBlock,
    IdempotencyRecord,
    LedgerAccount,
    LedgerCheckpoint,
    PluginState,
    Withdrawal,
)
from stacktill.domain.addresses import AddressChange
from stacktill.domain.audit import AuditEntry
from stacktill.domain.charges import BalanceTransaction, Charge
from stacktill.domain.deposits import Deposit
from stacktill.domain.events import Event
from stacktill.domain.ledger import LedgerTransfer
from stacktill.domain.merchants import ApiKey, Merchant, SettlementAddress
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.pictures import Picture
from stacktill.domain.refunds import Refund
from stacktill.domain.resources import (
    CheckoutSession,
    Customer,
    PaymentLink,
    PaymentMethod,
    Price,
    Product,
)
from stacktill.domain.sponsorships import Sponsorship
from stacktill.domain.statements import SettlementStatement
from stacktill.domain.webhooks import AttemptRecord, Delivery, WebhookEndpoint
from stacktill.sql import tables
from stacktill.sql.mappers import DocumentMapper, Mapper, RowMapper

__all__ = ["MAPPERS"]

DECODED_KEPT = 1_024
"""Stores, keys and endpoints that are remembered decoded: each request and delivery reads some."""


def _address_id(address: SettlementAddress) -> str:
    return f"{address.chain_id}/{address.address}"


def _is_refunded(charge: Charge) -> int:
    return int(0 < charge.amount_sats <= charge.refunded_sats)


_ALL: tuple[Mapper[Any], ...] = (
    DocumentMapper(tables.merchants, Merchant, decoded_kept=DECODED_KEPT),
    DocumentMapper(tables.api_keys, ApiKey, decoded_kept=DECODED_KEPT),
    RowMapper(tables.settlement_addresses, SettlementAddress, derived={"id": _address_id}),
    DocumentMapper(tables.address_changes, AddressChange),
    RowMapper(tables.audit_entries, AuditEntry),
    DocumentMapper(tables.payment_intents, PaymentIntent),
    DocumentMapper(tables.charges, Charge, derived={"refunded": _is_refunded}),
    RowMapper(tables.balance_transactions, BalanceTransaction),
    DocumentMapper(tables.refunds, Refund),
    RowMapper(tables.deposits, Deposit),
    RowMapper(tables.withdrawals, Withdrawal),
    RowMapper(tables.ledger_accounts, LedgerAccount),
    RowMapper(tables.ledger_transfers, LedgerTransfer),
    RowMapper(tables.ledger_checkpoints, LedgerCheckpoint),
    DocumentMapper(tables.settlement_statements, SettlementStatement),
    RowMapper(tables.sponsorships, Sponsorship),
    RowMapper(tables.chain_blocks, ChainBlock),
    RowMapper(tables.events, Event),
    DocumentMapper(tables.webhook_endpoints, WebhookEndpoint, decoded_kept=DECODED_KEPT),
    RowMapper(tables.deliveries, Delivery),
    RowMapper(tables.attempts, AttemptRecord),
    RowMapper(tables.idempotency, IdempotencyRecord),
    DocumentMapper(tables.customers, Customer),
    DocumentMapper(tables.payment_methods, PaymentMethod),
    DocumentMapper(tables.products, Product),
    DocumentMapper(tables.prices, Price),
    DocumentMapper(tables.payment_links, PaymentLink),
    DocumentMapper(tables.checkout_sessions, CheckoutSession),
    RowMapper(tables.plugin_state, PluginState),
    RowMapper(tables.pictures, Picture),
)

MAPPERS: dict[str, Mapper[Any]] = {mapper.table.name: mapper for mapper in _ALL}
"""By the table's name, which is also the attribute of a unit of work."""
