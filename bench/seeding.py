"""A box with a long history, made fast: one real intent, and its rows again and again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import dataclass, replace
from typing import Any

from bench.processes import Box
from rich.progress import Progress

from stacktill.application.intent_terms import Verdict
from stacktill.application.memo import intent_memo
from stacktill.application.merchants import create_merchant
from stacktill.application.payment_intents import create_payment_intent, draft_payment_intent
from stacktill.application.relay import relay_events
from stacktill.application.services import Caller, Services
from stacktill.domain.merchants import Merchant
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.appliance import open_appliance
from stacktill.runtime.config import load_settings

Row = tuple[Any, ...]

__all__ = ["Seeded", "intent_id", "order_word", "seed"]

ROWS_AT_ONCE = 5_000
OPEN_SECONDS = 10 * 365 * 24 * 3600
AMOUNT_SATS = 20_000
LONG_AGO = 1_000_000_000
WORD = "order-of-the-first"
SOURCES = {
    "payment_intents": "id",
    "payment_methods": "id",
    "events": "object_id",
    "metadata_entries": "object_id",
}
"""The tables that an intent leaves rows in, and the column that names it (or its method)."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made."""

    box: Box
    key: str
    intents: int
    overdue: int


def intent_id(number: int) -> str:
    """The id of a copy; made of digits only, it is older than any real one."""
    return f"pi_{number:024d}"


def order_word(number: int) -> str:
    """The value of the copy's metadata, by which a search finds it alone."""
    return f"order-{number:012d}"


def seed(box: Box, intents: int, *, overdue: int) -> Seeded:
    """Make ``intents`` that are open for years, and ``overdue`` that ended long ago."""
    logging.getLogger("stacktill").setLevel(logging.ERROR)
    key, first = asyncio.run(_first(box))
    path = box.data_dir / "stacktill.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Whoever makes books up need not keep them from a power cut.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-262144"):
            connection.execute(f"PRAGMA {pragma}")
        _multiply(connection, first, intents, overdue)
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
    box.use_key(key)
    return Seeded(box, key, intents, overdue)


async def _first(box: Box) -> tuple[str, PaymentIntent]:
    """Register a store and make the intent that all others are copies of."""
    settings = load_settings(None, environ=box.environment)
    async with open_appliance(settings, loops=False) as appliance:
        services, storage = appliance.services, appliance.storage
        shop = await storage.write(create_merchant, services, "Bench", None)
        await storage.write(_open_long, shop.merchant)
        intent = await storage.write(_first_intent, services, shop.merchant.id)
        await storage.write(relay_events, services, {})
        return shop.secret.text, intent


def _open_long(uow: UnitOfWork, merchant: Merchant) -> None:
    policy = replace(merchant.policy, expires_after_seconds=OPEN_SECONDS)
    uow.merchants.save(replace(merchant, policy=policy))


def _first_intent(uow: UnitOfWork, services: Services, merchant_id: str) -> PaymentIntent:
    caller = Caller(merchant_id, livemode=False)
    params = {
        "amount": AMOUNT_SATS,
        "currency": "btc",
        "metadata": {"order": WORD},
        "confirm": True,
    }
    draft = draft_payment_intent(services, caller, params)
    return create_payment_intent(uow, services, caller, draft, params, verdict=Verdict())


def _multiply(
    connection: sqlite3.Connection, first: PaymentIntent, intents: int, overdue: int
) -> None:
    copiers = [copier for table in SOURCES for copier in _copiers(connection, table, first)]
    end = intents + overdue + 1
    with Progress(transient=True) as progress:
        task = progress.add_task(f"{intents:,} intents", total=end)
        for start in range(1, end, ROWS_AT_ONCE):
            part = range(start, min(start + ROWS_AT_ONCE, end))
            connection.execute("BEGIN")
            for copier in copiers:
                made = (copier.copy(number, is_overdue=number > intents) for number in part)
                connection.executemany(copier.insert, made)
            connection.execute("COMMIT")
            progress.advance(task, len(part))


def _copiers(connection: sqlite3.Connection, table: str, first: PaymentIntent) -> list[Copier]:
    id = first.payment_method if table == "payment_methods" else first.id
    cursor = connection.execute(f"SELECT * FROM {table} WHERE {SOURCES[table]} = ?", (id,))
    columns = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    return [Copier(table, columns, row, first, events=len(rows)) for row in rows]


class Copier:
    """Makes copies of one row, with other ids, memos and words in every column."""

    def __init__(
        self, table: str, columns: list[str], row: Row, first: PaymentIntent, *, events: int
    ) -> None:
        self._row = row
        self._names = [str(name) for name in (first.id, first.payment_method, first.memo, WORD)]
        self._ends = [str(end) for end in {first.expires_at, first.closes_at}]
        self._ends_here = table == "payment_intents"
        self._position = columns.index("position") if table == "events" else None
        self._events = events
        self.insert = f"INSERT INTO {table} VALUES ({','.join('?' * len(columns))})"

    def copy(self, number: int, *, is_overdue: bool) -> list[Any]:
        """The row of one copy."""
        id = intent_id(number)
        texts = (id, f"pm_{number:024d}", intent_memo(id), order_word(number))
        values = [self._renamed(value, texts) for value in self._row]
        if self._position is not None:
            # Behind the events of the copy before, as gapless as the real ones.
            values[self._position] += number * self._events
            values[0] = f"evt_{values[self._position]:024d}"
        return [self._ended(value) for value in values] if is_overdue else values

    def _renamed(self, value: Any, texts: tuple[str, ...]) -> Any:
        if isinstance(value, str):
            for old, new in zip(self._names, texts, strict=True):
                value = value.replace(old, new)
        return value

    def _ended(self, value: Any) -> Any:
        if not self._ends_here:
            return value
        if isinstance(value, str):
            for end in self._ends:
                value = value.replace(end, str(LONG_AGO))
        return LONG_AGO if str(value) in self._ends else value
