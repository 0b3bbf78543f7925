"""One table within a transaction: what it knows, what it asks for, what it writes."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from stacktill.domain.events import Event
from stacktill.plugin.storage import NotUnique, Where
from stacktill.sql.changes import ADD, PASS, REMOVE, REPLACE, SAVE, STAMP, Change
from stacktill.sql.metadata import MetadataEntries
from stacktill.sql.queries import BLOCK_ROWS, Queries
from stacktill.sql.session import Session

__all__ = ["EventTable", "SqlTable"]

T = TypeVar("T")

_NOTHING: Any = object()


class SqlTable(Generic[T]):
    """The port's table. ``known`` is what this transaction has read or changed, by id."""

    __slots__ = (
        "_entries",
        "_identify",
        "_locks",
        "_queries",
        "_read",
        "_session",
        "known",
        "name",
    )

    def __init__(
        self, session: Session, queries: Queries[T], entries: MetadataEntries | None
    ) -> None:
        mapper = queries.mapper
        self.name = queries.name
        self.known: dict[str, T | None] = {}
        self._session = session
        self._queries = queries
        self._entries = entries
        self._locks = session.dialect.locks_rows and not session.is_reading
        self._identify = mapper.identify
        self._read = mapper.read

    def get(self, id: str) -> T | None:
        """The object of that id, or None."""
        found: T | None = self.known.get(id, _NOTHING)
        if found is not _NOTHING:
            return found
        sql = self._queries.get_locked if self._locks else self._queries.get
        row = self._session.execute(sql, (id,)).fetchone()
        found = None if row is None else self._read(row)
        self.known[id] = found
        self._session.touched.add(self)
        return found

    def add(self, item: T) -> None:
        """Keep a new object; the transaction fails when its id or another unique value is taken."""
        key = self._identify(item)
        if self.known.get(key) is not None:
            raise NotUnique(f"{self.name}: there is {key} already")
        before: dict[str, str] | None = {} if self._entries is not None else None
        self._session.change(self, key, Change(ADD, item, before), item)

    def save(self, item: T) -> None:
        """Replace the object of the same id; raise ``LookupError`` when there is none."""
        key = self._identify(item)
        before = None
        if self._entries is not None:
            # What the side table holds for it must be known, to be changed in step.
            earlier: Any = self.get(key)
            before = None if earlier is None else earlier.metadata
        if key in self.known and self.known[key] is None:
            raise LookupError(f"{self.name}: there is no {key} to save")
        self._session.change(self, key, Change(SAVE, item, before), item)

    def remove(self, id: str) -> None:
        """Forget the object; forgetting nothing is fine."""
        if self._entries is not None:
            earlier: Any = self.get(id)
            if earlier is None:
                return
            self._session.change(self, id, Change(REMOVE, earlier, earlier.metadata), None)
            return
        self._session.change(self, id, Change(REMOVE, None), None)

    def find(
        self, where: Where, *, order: str = "id", descending: bool = False, limit: int = 100
    ) -> list[T]:
        """The first ``limit`` objects that meet all conditions, in the order of one column."""
        asked = self._queries.find(where, order, descending=descending, single=limit == 1)
        if asked is None:
            return []
        self._session.flush(self)
        sql, values = asked
        rows = self._session.execute(sql, [*values, limit]).fetchall()
        read = self._read
        return [read(row) for row in rows]

    def prune(self, where: Where, limit: int) -> int:
        """Remove up to ``limit`` rows that meet the conditions; return how many went."""
        if self._entries is not None:
            old = self.find(where, limit=limit)
            for item in old:
                self.remove(self._identify(item))
            return len(old)
        asked = self._queries.prune(where)
        if asked is None:
            return 0
        session = self._session
        session.flush(self)
        session.write_through()
        sql, values = asked
        count = session.execute(sql, [*values, limit]).rowcount
        self.known.clear()
        return count

    def write(self, changes: dict[str, Change]) -> None:
        """Carry changes out: deletions first, so that what they free can be taken."""
        queries, mapper, session = self._queries, self._queries.mapper, self._session
        gone = [[key] for key, change in changes.items() if change.kind in {REMOVE, REPLACE}]
        new = [mapper.row(c.item) for c in changes.values() if c.kind in {ADD, PASS, REPLACE}]
        saved = [mapper.update(c.item) for c in changes.values() if c.kind == SAVE]
        if gone:
            session.execute_many(queries.delete, gone)
        if saved and queries.update:
            count = session.execute_many(queries.update, saved)
            if count != len(saved):
                raise LookupError(f"{self.name}: {len(saved) - count} to save are not there")
        self._insert(new)
        passed = [[key] for key, change in changes.items() if change.kind == PASS]
        if passed:
            session.execute_many(queries.delete, passed)
        if self._entries is not None:
            self._entries.write(session, self.name, changes)

    def _insert(self, rows: list[list[Any]]) -> None:
        session, queries = self._session, self._queries
        single = len(rows) % BLOCK_ROWS
        if single:
            session.execute_many(queries.insert, rows[:single])
        for start in range(single, len(rows), BLOCK_ROWS):
            block = rows[start : start + BLOCK_ROWS]
            session.execute(queries.insert_block, list(chain.from_iterable(block)))


class EventTable(SqlTable[Event]):
    """The table of events, whose place in the log is stamped without reading them."""

    __slots__ = ("_stamp",)

    def __init__(
        self, session: Session, queries: Queries[Event], entries: MetadataEntries | None
    ) -> None:
        super().__init__(session, queries, entries)
        table = queries.mapper.table
        by_id = table.c.id == sa.bindparam("key")
        statement = sa.update(table).where(by_id).values(position=sa.bindparam("position"))
        self._stamp = session.dialect.prepare(statement).sql

    def get(self, id: str) -> Event | None:
        """The object of that id, or None."""
        if id not in self.known:
            self._session.flush(self)
        return super().get(id)

    def stamp(self, key: str, position: int) -> None:
        """Give an event its place; raise ``LookupError`` when there is no such event."""
        if key in self.known:
            event = self.known[key]
            if event is None:
                raise LookupError(f"{self.name}: there is no {key} to stamp")
            self.save(replace(event, position=position))
        else:
            self._session.change(self, key, Change(STAMP, position), None)

    def write(self, changes: dict[str, Change]) -> None:
        """Carry changes out."""
        stamps = [[c.item, key] for key, c in changes.items() if c.kind == STAMP]
        super().write(changes)
        if stamps and self._session.execute_many(self._stamp, stamps) != len(stamps):
            raise LookupError(f"{self.name}: some to stamp are not there")
