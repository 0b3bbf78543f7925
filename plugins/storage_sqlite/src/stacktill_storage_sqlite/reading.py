"""Running a reading: a snapshot for as long as one function looks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from stacktill.plugin import StorageUnavailable
from stacktill.sql import Doomed, SqlDialect, open_session

__all__ = ["Reader"]

R = TypeVar("R")


class Reader:
    """One reading connection and its session."""

    def __init__(self, connection: sqlite3.Connection, dialect: SqlDialect) -> None:
        self._connection = connection
        self._session = open_session(connection.cursor(), dialect, is_reading=True)

    def run(
        self, function: Callable[..., R], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> R:
        """Run a function of a unit of work on one snapshot; it can change nothing.

        Raises ``StorageUnavailable`` when the database cannot serve.
        """
        connection, session = self._connection, self._session
        session.start()
        try:
            connection.execute("BEGIN")
            try:
                return session.run(function, *arguments, **named)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except (Doomed, sqlite3.Error) as error:
            raise StorageUnavailable(f"The database cannot be read: {error}.") from error

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
        self._connection.close()
