"""The unit of work of every SQL storage: all tables within one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

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
from stacktill.domain.statements import DAY_SECONDS, SettlementStatement, day_of
from stacktill.domain.webhooks import AttemptRecord, Delivery, WebhookEndpoint
from stacktill.plugin.storage import Search, UnitOfWork, Where
from stacktill.sql.dialect import Cursor, SqlDialect
from stacktill.sql.metadata import MetadataEntries
from stacktill.sql.queries import Queries
from stacktill.sql.registry import MAPPERS
from stacktill.sql.repository import EventTable, SqlTable
from stacktill.sql.search import Searcher
from stacktill.sql.session import Session

__all__ = ["SqlUnitOfWork", "open_session"]

R = TypeVar("R")


class _Compiled(NamedTuple):
    """Everything that is compiled once for a dialect and shared by all sessions."""

    queries: dict[str, Queries[Any]]
    entries: MetadataEntries
    searcher: Searcher


@lru_cache(maxsize=4)
def _compiled(dialect: SqlDialect) -> _Compiled:
    queries = {name: Queries(mapper, dialect) for name, mapper in MAPPERS.items()}
    return _Compiled(queries, MetadataEntries(dialect), Searcher(dialect))


def open_session(cursor: Cursor, dialect: SqlDialect, *, is_reading: bool = False) -> Session:
    """The session of a connection, with its unit of work."""
    session = Session(cursor, dialect, is_reading=is_reading)
    session.unit = SqlUnitOfWork(session)
    return session


class SqlUnitOfWork:
    """All tables, within one transaction; made once per connection."""

    def __init__(self, session: Session) -> None:
        compiled = _compiled(session.dialect)
        self._session = session
        self._searcher = compiled.searcher
        self._tables: dict[str, SqlTable[Any]] = {}
        for name, queries in compiled.queries.items():
            entries = compiled.entries if queries.mapper.has_metadata else None
            kind: type[SqlTable[Any]] = EventTable if name == "events" else SqlTable
            self._tables[name] = kind(session, queries, entries)
        get = self._tables.__getitem__
        self.merchants: SqlTable[Merchant] = get("merchants")
        self.api_keys: SqlTable[ApiKey] = get("api_keys")
        self.settlement_addresses: SqlTable[SettlementAddress] = get("settlement_addresses")
        self.address_changes: SqlTable[AddressChange] = get("address_changes")
        self.audit_entries: SqlTable[AuditEntry] = get("audit_entries")
        self.payment_intents: SqlTable[PaymentIntent] = get("payment_intents")
        self.charges: SqlTable[Charge] = get("charges")
        self.balance_transactions: SqlTable[BalanceTransaction] = get("balance_transactions")
        self.refunds: SqlTable[Refund] = get("refunds")
        self.deposits: SqlTable[Deposit] = get("deposits")
        self.withdrawals: SqlTable[Withdrawal] = get("withdrawals")
        self.ledger_accounts: SqlTable[LedgerAccount] = get("ledger_accounts")
        self.ledger_transfers: SqlTable[LedgerTransfer] = get("ledger_transfers")
        self.ledger_checkpoints: SqlTable[LedgerCheckpoint] = get("ledger_checkpoints")
        self.settlement_statements: SqlTable[SettlementStatement] = get("settlement_statements")
        self.sponsorships: SqlTable[Sponsorship] = get("sponsorships")
        self.chain_blocks: SqlTable[ChainBlock] = get("chain_blocks")
        events = get("events")
        assert isinstance(events, EventTable)
        self.events: EventTable = events
        self.webhook_endpoints: SqlTable[WebhookEndpoint] = get("webhook_endpoints")
        self.deliveries: SqlTable[Delivery] = get("deliveries")
        self.attempts: SqlTable[AttemptRecord] = get("attempts")
        self.idempotency: SqlTable[IdempotencyRecord] = get("idempotency")
        self.customers: SqlTable[Customer] = get("customers")
        self.payment_methods: SqlTable[PaymentMethod] = get("payment_methods")
        self.products: SqlTable[Product] = get("products")
        self.prices: SqlTable[Price] = get("prices")
        self.payment_links: SqlTable[PaymentLink] = get("payment_links")
        self.checkout_sessions: SqlTable[CheckoutSession] = get("checkout_sessions")
        self.plugin_state: SqlTable[PluginState] = get("plugin_state")
        self.pictures: SqlTable[Picture] = get("pictures")

    def post(self, transfer: LedgerTransfer) -> None:
        """Keep a ledger transfer and move the running totals of its two accounts."""
        accounts = (self.ledger_accounts.get(key) for key in (transfer.debit, transfer.credit))
        closed = max((one.day for one in accounts if one is not None), default=0) * DAY_SECONDS
        if transfer.created < closed:
            transfer = replace(transfer, created=closed)
        self.ledger_transfers.add(transfer)
        self._move(transfer, transfer.debit, -transfer.amount)
        self._move(transfer, transfer.credit, transfer.amount)

    def stamp(self, event_id: str, position: int) -> None:
        """Give an event its place in the log."""
        self.events.stamp(event_id, position)

    def search(self, table: str, query: Search) -> list[str]:
        """The ids of the objects of ``table`` that a search finds, newest first."""
        self._session.flush(self._table(table))
        sql, values = self._searcher.statement(table, query)
        return [row[0] for row in self._session.execute(sql, values).fetchall()]

    def attempt(self, function: Callable[[UnitOfWork], R]) -> R:
        """Run a part whose changes are undone, and only they, when it raises."""
        return self._session.run(function)

    def prune(self, table: str, where: Where, *, limit: int) -> int:
        """Remove up to ``limit`` old rows that meet the conditions; return how many went."""
        return self._table(table).prune(where, limit)

    def _table(self, name: str) -> SqlTable[Any]:
        found = self._tables.get(name)
        if found is None:
            raise ValueError(f"there is no table {name!r}")
        return found

    def _move(self, transfer: LedgerTransfer, key: str, amount: int) -> None:
        # The total is added up here and not in SQL: amounts of foreign tokens have up to 128 bits.
        account, day = self.ledger_accounts.get(key), day_of(transfer.created)
        if account is not None:
            if day > account.day:
                self.ledger_checkpoints.add(LedgerCheckpoint.of(account, day))
            balance = account.balance + amount
            self.ledger_accounts.save(replace(account, balance=balance, day=day))
            return
        new = LedgerAccount(
            id=key,
            merchant_id=transfer.merchant_id,
            livemode=transfer.livemode,
            asset=transfer.asset,
            code=key.rpartition("/")[2],
            balance=amount,
            day=day,
        )
        self.ledger_accounts.add(new)
        self.ledger_checkpoints.add(LedgerCheckpoint.of(replace(new, balance=0), day))
