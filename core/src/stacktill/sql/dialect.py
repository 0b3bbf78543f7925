"""A database's way of speaking: statements compiled once, and run on the bare driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

__all__ = ["Cursor", "Prepared", "SqlDialect", "sqlite_dialect"]


class Cursor(Protocol):
    """What is used of a driver's cursor (PEP 249)."""

    @property
    def rowcount(self) -> int:
        """How many rows the last statement changed."""
        ...

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """Run one statement."""
        ...

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        """Run one statement with each of many parameters."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """All further rows."""
        ...

    def close(self) -> Any:
        """Let go of the last statement."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it, and the names of its parameters in their order."""

    sql: str
    names: tuple[str, ...]


class SqlDialect:
    """Compiles statements for one kind of database.

    ``errors`` is the driver's root of exceptions, ``failures`` those of a database that cannot
    serve, ``conflicts`` the one for a unique value that is taken. ``locks_rows`` says that a read
    inside a write must ask for a lock on its rows (``FOR UPDATE``); SQLite has one writer, so what
    it reads cannot change under it.
    """

    def __init__(
        self,
        dialect: sa.Dialect,
        *,
        errors: type[Exception],
        failures: tuple[type[Exception], ...],
        conflicts: type[Exception],
        locks_rows: bool = False,
    ) -> None:
        self.name = dialect.name
        self.errors = errors
        self.conflicts = conflicts
        self._failures = failures
        self.locks_rows = locks_rows
        self._dialect = dialect

    def has_failed(self, error: Exception) -> bool:
        """Whether an error says that the database is in trouble, rather than a statement."""
        return type(error) in self._failures

    def prepare(self, statement: sa.ClauseElement) -> Prepared:
        """Compile a statement to text with positional parameters."""
        compiled: Any = statement.compile(dialect=self._dialect)
        return Prepared(compiled.string, tuple(compiled.positiontup or ()))

    def one_of(self, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
        """The condition that a column is one of a list; the list is one parameter of any length."""
        listed = sa.bindparam(name, type_=sa.Text)
        if self.name == "sqlite":
            items = sa.func.json_each(listed).table_valued("value")
            return column.in_(sa.select(items.c.value))
        items = sa.func.jsonb_array_elements_text(sa.cast(listed, sa.Text)).table_valued("value")
        return column.in_(sa.select(sa.cast(items.c.value, column.type)))

    def list_value(self, values: Sequence[str | int]) -> str:
        """The parameter for ``one_of``."""
        return msgspec.json.encode(values).decode()


def sqlite_dialect() -> SqlDialect:
    """SQLite through the standard library's driver."""
    import sqlite3

    from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

    return SqlDialect(
        SQLiteDialect_pysqlite(paramstyle="qmark"),
        errors=sqlite3.Error,
        failures=(sqlite3.OperationalError, sqlite3.DatabaseError, sqlite3.InternalError),
        conflicts=sqlite3.IntegrityError,
    )
