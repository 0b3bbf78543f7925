"""A storage in memory that is the real SQLite code in one thread, and fails on command."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from tests.simulation.fate import Fate

from stacktill.plugin import Health, StorageUnavailable
from stacktill.sql import open_session, sqlite_dialect
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.connections import connect
from stacktill_storage_sqlite.jobs import Job, answer
from stacktill_storage_sqlite.migrating import migrate
from stacktill_storage_sqlite.reading import Reader
from stacktill_storage_sqlite.writer import Writer

__all__ = ["BookFaults", "Books", "LifeStorage", "new_books"]

R = TypeVar("R")

QUIET = logging.getLogger("simulation.storage")
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False


class _Idle:
    """In the place of the thread that carries the log into the file."""

    is_behind = False

    def note(self) -> None:
        """Nothing to do: there is no log."""


class Books(Writer):
    """The committed state, which outlives every crash, and the real code that commits batches."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        dialect = sqlite_dialect()
        self._log = QUIET
        self._config = SqliteConfig()
        self._dialect = dialect
        self.checkpointer = _Idle()  # type: ignore[assignment]
        self._connection = connection
        self._session = open_session(connection.cursor(), dialect)
        self.reader = Reader(connection, dialect)

    def commit(self, batch: list[Job], *, break_after: int = 0) -> None:
        """Run a batch in one transaction; each job then holds its result or its error.

        With ``break_after`` the database fails after so many of its own steps, wherever that is.
        """
        assert self._connection is not None
        if break_after:
            self._connection.set_progress_handler(lambda: 1, break_after)
        try:
            self._serve(batch)
        finally:
            self._connection.set_progress_handler(None, 0)

    @property
    def changes(self) -> int:
        """How many rows were ever changed: two moments with one number have the same books."""
        assert self._connection is not None
        return self._connection.total_changes

    def look(self, function: Callable[..., R], *arguments: Any) -> R:
        """Read on a snapshot, past every fault."""
        return self.reader.run(function, arguments, {})

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask in SQL, past every fault."""
        assert self._connection is not None
        return self._connection.execute(sql, parameters).fetchall()

    def end(self) -> None:
        """Close for good."""
        assert self._connection is not None
        self._connection.close()

    def _drop(self, *, last: bool = False) -> None:
        """A new session instead of a new connection: the database is the connection."""
        connection = self._connection
        assert connection is not None
        connection.set_progress_handler(None, 0)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        self._session = open_session(connection.cursor(), self._dialect)


class BookFaults:
    """How the database misbehaves: odds per batch or reading, and a time when it is gone."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.is_down = False
        self.refuse = 0.0
        self.lose_answer = 0.0
        self.fail_read = 0.0
        self.break_inside = 0.0
        self.counts = dict.fromkeys(
            ("down", "refused", "answer_lost", "read_failed", "batched", "broken_inside"), 0
        )

    def heal(self) -> None:
        """Work from now on."""
        self.is_down = False
        self.refuse = self.lose_answer = self.fail_read = self.break_inside = 0.0

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        odds = (self.refuse, self.lose_answer, self.fail_read, self.break_inside)
        return not (self.is_down or any(odds))

    def breaks_after(self) -> int:
        """After how many steps the database fails inside the next transaction; 0: it does not."""
        hit = self._hits("broken_inside", self.random.random() < self.break_inside)
        return self.random.randrange(1, 3_000) if hit else 0

    def refuses(self) -> bool:
        """Whether the next batch is not taken."""
        return self._hits("down", self.is_down) or self._hits(
            "refused", self.random.random() < self.refuse
        )

    def loses_answer(self) -> bool:
        """Whether the next commit is done and nobody hears of it."""
        return self._hits("answer_lost", self.random.random() < self.lose_answer)

    def fails_read(self) -> bool:
        """Whether the next reading fails."""
        return self._hits("read_failed", self.is_down or self.random.random() < self.fail_read)

    def _hits(self, name: str, hit: bool) -> bool:
        self.counts[name] += hit
        return hit


class LifeStorage:
    """The ``Storage`` port of one life of the process; what it queued dies with it."""

    def __init__(self, books: Books, faults: BookFaults, fate: Fate) -> None:
        self._books = books
        self._faults = faults
        self._fate = fate
        self._queue: list[Job] = []
        self._is_due = False

    async def write(self, function: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """Queue a use case for the next batch; return when it is committed."""
        name = getattr(function, "__name__", "write")
        await self._fate.moment(f"write.before {name}")
        loop = asyncio.get_running_loop()
        job = Job(function, args, kwargs, loop.create_future())
        self._queue.append(job)
        if not self._is_due:
            self._is_due = True
            loop.call_later(0.001 + self._faults.random.random() * 0.02, self._commit)
        result: R = await job.future
        await self._fate.moment(f"write.after {name}")
        return result

    async def read(self, function: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """Look at a snapshot."""
        name = getattr(function, "__name__", "read")
        await self._fate.moment(f"read {name}")
        if self._faults.fails_read():
            raise StorageUnavailable("the simulated database cannot be read")
        return self._books.reader.run(function, args, kwargs)

    async def scan(self, function: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """Look at a snapshot for longer."""
        await asyncio.sleep(0.001)
        return await self.read(function, *args, **kwargs)

    async def migrate(self) -> list[str]:
        """Nothing to do: the tables were there before the run."""
        return []

    async def health(self) -> Health:
        """Whether the database is there."""
        return Health(ok=not self._faults.is_down)

    def _commit(self) -> None:
        batch, self._queue, self._is_due = self._queue, [], False
        if self._fate.died.is_set():
            return
        faults = self._faults
        faults.counts["batched"] += len(batch) > 1
        if faults.refuses():
            _refuse(batch)
        else:
            self._books.commit(batch, break_after=faults.breaks_after())
            if faults.loses_answer():
                _refuse(batch)
        answer(batch)


def _refuse(batch: list[Job]) -> None:
    for job in batch:
        job.error = StorageUnavailable("the simulated database did not answer")


def _migrate_into(target: sqlite3.Connection) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.sqlite3"
        config = SqliteConfig()
        migrate(path, config)
        made = connect(path, config)
        made.backup(target)
        made.close()


_made: list[sqlite3.Connection] = []


def new_books() -> Books:
    """Empty books."""
    if not _made:
        target = sqlite3.connect(":memory:")
        _migrate_into(target)
        _made.append(target)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _made[0].backup(connection)
    return Books(connection)
