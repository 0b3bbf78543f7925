"""The storage port: tables of domain objects, and units of work over them.

A write is a plain synchronous function of a ``UnitOfWork``. The storage runs it in one transaction and
answers when that transaction is durable. The function may be run again from the start when the storage
has to retry, so it must have no effect but on its unit of work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
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
    from stacktill.plugin.context import PluginContext
    from stacktill.plugin.health import Health

__all__ = [
    "Clause",
    "NotUnique",
    "Search",
    "Storage",
    "StorageBackend",
    "StorageUnavailable",
    "Table",
    "UnitOfWork",
    "Value",
    "Where",
]

Value = str | int | Iterable[str] | None
Where = Mapping[str, "str | int | bool | Iterable[str] | None"]
"""Conditions joined by AND: ``{"status": "pending"}`` equals (None: is null; a list: one of), and with an
operator behind the name, ``{"created >=": 5}`` (``<``, ``<=``, ``>``, ``>=``, ``!=``)."""

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")


class StorageUnavailable(Exception):
    """The database did not take the work; nothing of it was kept, and it may be tried again."""


class NotUnique(Exception):
    """An id, or another value that must be unique, is taken; nothing of the work was kept."""


class Table(Protocol[T]):
    """One kind of object. Reading inside a write locks what it reads until the end of the transaction."""

    def get(self, id: str) -> T | None:
        """The object of that id, or None."""
        ...

    def add(self, item: T) -> None:
        """Keep a new object; the transaction fails when its id or another unique value is taken."""
        ...

    def save(self, item: T) -> None:
        """Replace the object of the same id; fails with ``LookupError`` when there is none.

        Whose it is, its mode and its time of creation stay as they were added.
        """
        ...

    def remove(self, id: str) -> None:
        """Forget the object; forgetting nothing is fine."""
        ...

    def find(
        self, where: Where, *, order: str = "id", descending: bool = False, limit: int = 100
    ) -> list[T]:
        """The first ``limit`` objects that meet all conditions, in the order of one column.

        Objects that are equal in it come in the order of their ids. An unknown column or operator
        raises ``ValueError``.
        """
        ...


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on ``field`` (or ``metadata.KEY``), by ``=``, ``~``, ``>``, ``>=``, ``<`` or ``<=``."""

    field: str
    operator: str
    value: str | int | None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A search over one merchant's objects of a mode, newest first; ``before_id`` continues a page."""

    merchant_id: str
    livemode: bool
    clauses: tuple[Clause, ...]
    any_clause: bool
    limit: int
    before_id: str | None = None


class UnitOfWork(Protocol):
    """All tables, within one transaction."""

    @property
    def merchants(self) -> Table[Merchant]:
        """Stores."""
        ...

    @property
    def api_keys(self) -> Table[ApiKey]:
        """API keys, by their hashes."""
        ...

    @property
    def settlement_addresses(self) -> Table[SettlementAddress]:
        """Where stores are, or were, paid."""
        ...

    @property
    def address_changes(self) -> Table[AddressChange]:
        """Which addresses stores asked to be paid at, and by whose word."""
        ...

    @property
    def audit_entries(self) -> Table[AuditEntry]:
        """The audit log; entries are only ever added."""
        ...

    @property
    def payment_intents(self) -> Table[PaymentIntent]:
        """Payment intents."""
        ...

    @property
    def charges(self) -> Table[Charge]:
        """Charges."""
        ...

    @property
    def balance_transactions(self) -> Table[BalanceTransaction]:
        """The lines of balances."""
        ...

    @property
    def refunds(self) -> Table[Refund]:
        """Refunds."""
        ...

    @property
    def deposits(self) -> Table[Deposit]:
        """Transfers to stores' addresses."""
        ...

    @property
    def withdrawals(self) -> Table[Withdrawal]:
        """Transfers from stores' addresses."""
        ...

    @property
    def ledger_accounts(self) -> Table[LedgerAccount]:
        """Accounts with their running totals; ``post`` moves them."""
        ...

    @property
    def ledger_transfers(self) -> Table[LedgerTransfer]:
        """Movements between accounts; ``post`` adds them."""
        ...

    @property
    def ledger_checkpoints(self) -> Table[LedgerCheckpoint]:
        """What accounts held when days began; ``post`` adds them."""
        ...

    @property
    def settlement_statements(self) -> Table[SettlementStatement]:
        """Statements that were made."""
        ...

    @property
    def sponsorships(self) -> Table[Sponsorship]:
        """Payments whose network fee the box pays."""
        ...

    @property
    def chain_blocks(self) -> Table[ChainBlock]:
        """The blocks that were applied, the latest few thousand."""
        ...

    @property
    def events(self) -> Table[Event]:
        """The event log; those without a position are the outbox."""
        ...

    @property
    def webhook_endpoints(self) -> Table[WebhookEndpoint]:
        """Webhook endpoints."""
        ...

    @property
    def deliveries(self) -> Table[Delivery]:
        """Events on their way to subscribers."""
        ...

    @property
    def attempts(self) -> Table[AttemptRecord]:
        """The delivery log."""
        ...

    @property
    def idempotency(self) -> Table[IdempotencyRecord]:
        """Answers to be repeated."""
        ...

    @property
    def customers(self) -> Table[Customer]:
        """Customers."""
        ...

    @property
    def payment_methods(self) -> Table[PaymentMethod]:
        """Payment methods."""
        ...

    @property
    def products(self) -> Table[Product]:
        """Products."""
        ...

    @property
    def prices(self) -> Table[Price]:
        """Prices."""
        ...

    @property
    def payment_links(self) -> Table[PaymentLink]:
        """Payment links."""
        ...

    @property
    def checkout_sessions(self) -> Table[CheckoutSession]:
        """Checkout sessions."""
        ...

    @property
    def plugin_state(self) -> Table[PluginState]:
        """Small values that plugins and the core keep."""
        ...

    @property
    def pictures(self) -> Table[Picture]:
        """Stores' logos."""
        ...

    def post(self, transfer: LedgerTransfer) -> None:
        """Keep a ledger transfer and move the running totals of its two accounts.

        The first one of a UTC day also keeps what the account held when that day began. If one of the
        accounts is closed until a later day, the transfer is booked at the beginning of that.
        """
        ...

    def stamp(self, event_id: str, position: int) -> None:
        """Give an event its place in the log."""
        ...

    def search(self, table: str, query: Search) -> list[str]:
        """The ids of the objects of ``table`` that a search finds, newest first."""
        ...

    def attempt(self, function: Callable[[UnitOfWork], R]) -> R:
        """Run a part whose changes are undone, and only they, when it raises."""
        ...

    def prune(self, table: str, where: Where, *, limit: int) -> int:
        """Remove up to ``limit`` old rows that meet the conditions; return how many went."""
        ...


class Storage(Protocol):
    """An opened storage. All methods raise ``StorageUnavailable`` when the database cannot serve."""

    async def write(
        self, function: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a use case in one transaction; return when it is durable."""
        ...

    async def read(
        self, function: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a short look-up (a few rows by key) on a consistent snapshot."""
        ...

    async def scan(
        self, function: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a longer reading (lists, searches, reports) on a snapshot, out of everybody's way."""
        ...

    async def migrate(self) -> list[str]:
        """Bring the tables up to date; return the names of the steps taken."""
        ...

    async def health(self) -> Health:
        """Whether the database answers, with its size and queue."""
        ...


class StorageOpener(Protocol):
    """Opens the storage for as long as the context lasts."""

    def __call__(self, context: PluginContext) -> AbstractAsyncContextManager[Storage]:
        """Return an async context manager of the opened storage."""
        ...


@dataclass(frozen=True, slots=True)
class StorageBackend:
    """What a storage plugin offers."""

    open: StorageOpener
