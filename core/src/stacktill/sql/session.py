"""One connection's transaction: what it has changed, and how that is written or undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from stacktill.plugin.storage import NotUnique, UnitOfWork
from stacktill.sql.changes import STAMP, Change, Frame, Written, joined
from stacktill.sql.dialect import Cursor, SqlDialect

__all__ = ["MISSING", "Doomed", "Session"]

R = TypeVar("R")

MISSING: Any = object()
"""Put in a journal for a row of which nothing was known."""


class Doomed(BaseException):
    """The whole transaction must go. No use case may swallow it, so it is no ``Exception``.

    ``try_apart``: something in the work of one use case is wrong, such as a unique value that is
    taken, and each should be tried by itself; else the database has failed.
    """

    def __init__(self, cause: Exception, *, try_apart: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.try_apart = try_apart


class Session:
    """The transaction of one or many use cases on one connection, none of which sees its SQL.

    Changes are kept in frames: the lowest holds those of use cases that have returned, above it lie
    the running use case and its attempts. With ``careful`` each use case is written under a
    savepoint of its own before the next one runs, so that a unique value that is taken fails its
    owner only.
    """

    unit: UnitOfWork
    """What use cases are given; ``open_session`` puts it here."""

    def __init__(self, cursor: Cursor, dialect: SqlDialect, *, is_reading: bool = False) -> None:
        self.cursor = cursor
        self.dialect = dialect
        self.is_reading = is_reading
        self.careful = False
        self.frames = [Frame()]
        self.touched: set[Written] = set()

    def start(self, *, careful: bool = False) -> None:
        """Forget everything: a new transaction has begun."""
        for table in self.touched:
            table.known.clear()
        self.touched.clear()
        self.frames = [Frame()]
        self.careful = careful

    def close(self) -> None:
        """Let go of the connection, so that closing it closes the file."""
        self.cursor.close()

    def run(self, function: Callable[..., R], *arguments: Any, **named: Any) -> R:
        """Run a use case, or a part of one; undo its changes, and only they, when it raises."""
        frame = Frame()
        self.frames.append(frame)
        try:
            result = function(self.unit, *arguments, **named)
            if self.careful and len(self.frames) == 2:
                self.flush_all()
        except Doomed:
            raise
        except BaseException as error:
            if isinstance(error, self.dialect.errors) and self.dialect.has_failed(error):
                # Some rows are only looked for while they are fetched: the database failed there.
                raise Doomed(error, try_apart=False) from error
            self._undo(frame)
            raise
        self._keep(frame)
        return result

    @property
    def has_changes(self) -> bool:
        """Whether a use case that has returned has changed something that is not written."""
        return bool(self.frames[0].changes)

    def finish(self) -> None:
        """Write everything that waits; the transaction may be committed then."""
        self.flush_all()

    def execute(self, sql: str, parameters: Any) -> Cursor:
        """Run one statement."""
        try:
            self.cursor.execute(sql, parameters)
        except self.dialect.errors as error:
            self._fail(error)
        return self.cursor

    def execute_many(self, sql: str, parameters: list[list[Any]]) -> int:
        """Run one statement with each of many parameters; return how many rows it changed."""
        try:
            if len(parameters) == 1:
                self.cursor.execute(sql, parameters[0])
            else:
                self.cursor.executemany(sql, parameters)
        except self.dialect.errors as error:
            self._fail(error)
        return self.cursor.rowcount

    def change(self, table: Written, key: str, change: Change, item: Any) -> None:
        """Note a change of a row, and what is known of it from now on."""
        frame = self.frames[-1]
        waiting = frame.changes.get(table)
        if waiting is None:
            waiting = frame.changes[table] = {}
        _merge(waiting, key, change)
        known = table.known
        if change.kind == STAMP:
            return
        frame.journal.append((known, key, known.get(key, MISSING)))
        known[key] = item
        self.touched.add(table)

    def flush(self, table: Written) -> None:
        """Write what waits for a table, so that a query can see it."""
        frames = self.frames
        if not any(table in frame.changes for frame in frames):
            return
        if len(frames) == 1 or not any(table in frame.changes for frame in frames[1:]):
            self._write(frames[0], table)
            return
        self.write_through()
        self._write(frames[-1], table)

    def flush_all(self) -> None:
        """Write everything that waits."""
        if len(self.frames) > 1 and self.frames[-1].changes:
            self.write_through()
        frame = self.frames[-1]
        for table in list(frame.changes):
            self._write(frame, table)

    def write_through(self) -> None:
        """Write all that lies below the running part, and give it a savepoint to return to."""
        for depth, frame in enumerate(self.frames):
            if depth and not frame.in_savepoint:
                self.execute(f"SAVEPOINT part_{depth}", ())
                frame.in_savepoint = True
            if frame is not self.frames[-1]:
                for table in list(frame.changes):
                    self._write(frame, table)

    def _write(self, frame: Frame, table: Written) -> None:
        waiting = frame.changes.pop(table, None)
        if not waiting:
            return
        try:
            table.write(waiting)
        except Exception as error:
            if self.careful:
                raise
            raise Doomed(error, try_apart=True) from error

    def _keep(self, frame: Frame) -> None:
        self.frames.pop()
        if frame.in_savepoint:
            self.execute(f"RELEASE SAVEPOINT part_{len(self.frames)}", ())
        below = self.frames[-1]
        if len(self.frames) > 1:
            below.journal += frame.journal
        for table, waiting in frame.changes.items():
            under = below.changes.get(table)
            if under is None:
                below.changes[table] = waiting
            else:
                for key, change in waiting.items():
                    _merge(under, key, change)

    def _undo(self, frame: Frame) -> None:
        self.frames.pop()
        if frame.in_savepoint:
            # What lay below had been written before, so the database knows everything again.
            self.execute(f"ROLLBACK TO SAVEPOINT part_{len(self.frames)}", ())
            self.execute(f"RELEASE SAVEPOINT part_{len(self.frames)}", ())
            for table in self.touched:
                table.known.clear()
            return
        for known, key, value in reversed(frame.journal):
            if value is MISSING:
                known.pop(key, None)
            else:
                known[key] = value

    def _fail(self, error: Exception) -> None:
        if self.dialect.has_failed(error):
            raise Doomed(error, try_apart=False) from error
        if not self.careful:
            raise Doomed(error, try_apart=True) from error
        if isinstance(error, self.dialect.conflicts):
            raise NotUnique(str(error)) from error
        raise error


def _merge(waiting: dict[str, Change], key: str, change: Change) -> None:
    earlier = waiting.get(key)
    waiting[key] = change if earlier is None else joined(earlier, change)
