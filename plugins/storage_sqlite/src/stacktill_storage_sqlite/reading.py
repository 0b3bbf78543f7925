"""Running readings: a snapshot for as long as one function looks, or for a turn of the event loop."""

from __future__ import annotations

import asyncio
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
        self._is_open = False

    def run(
        self, function: Callable[..., R], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> R:
        """Run a function of a unit of work on a snapshot of its own; it can change nothing.

        Raises ``StorageUnavailable`` when the database cannot serve.
        """
        self._end()
        try:
            return self._look(function, arguments, named)
        finally:
            self._end()

    def run_in_turn(
        self, function: Callable[..., R], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> R:
        """The same on the snapshot that all readings of this turn of the event loop share.

        To open and close one costs as much as a look-up. Whatever was committed meanwhile is told to the
        loop behind the end of the snapshot, so nobody who knows of a commit reads without it.
        """
        if not self._is_open:
            asyncio.get_running_loop().call_soon(self._end)
        return self._look(function, arguments, named)

    def _look(
        self, function: Callable[..., R], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> R:
        try:
            if not self._is_open:
                self._session.start()
                self._connection.execute("BEGIN")
                self._is_open = True
            result = self._session.run(function, *arguments, **named)
            if self._session.has_changes:
                self._session.start()  # Whoever reads next must not see what was only imagined.
            return result
        except (Doomed, sqlite3.Error) as error:
            self._end()
            raise StorageUnavailable(f"The database cannot be read: {error}.") from error

    def _end(self) -> None:
        """Let go of the snapshot, if there is one."""
        if self._is_open:
            self._is_open = False
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._end()
        self._session.close()
        self._connection.close()
