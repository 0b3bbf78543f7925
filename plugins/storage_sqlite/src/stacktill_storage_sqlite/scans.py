"""Long readings: a few connections of their own, each with its thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import aiosqlite

from stacktill.plugin import StorageUnavailable
from stacktill.sql import SqlDialect
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.connections import connect
from stacktill_storage_sqlite.reading import Reader

__all__ = ["Scans"]

R = TypeVar("R")

CHUNK_ROWS = 64


class _Place(NamedTuple):
    """One connection: aiosqlite's thread, and what runs in it."""

    connection: aiosqlite.Connection
    reader: Reader


class Scans:
    """A pool of reading connections, opened when first needed."""

    def __init__(self, path: Path, config: SqliteConfig, dialect: SqlDialect) -> None:
        self._path = path
        self._config = config
        self._dialect = dialect
        self._free: list[_Place] = []
        self._all: list[_Place] = []
        self._turns = asyncio.Semaphore(config.scan_connections)

    async def run(
        self, function: Callable[..., R], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> R:
        """Run a function of a unit of work on a snapshot, in the thread of a free connection."""
        async with self._turns:
            place = self._free.pop() if self._free else await self._open()
            try:
                # Whole, in aiosqlite's thread: a hop between threads for each statement would cost
                # more than the reading. This is its only way to run a function there.
                run: Any = place.connection._execute  # noqa: SLF001
                result: R = await run(place.reader.run, function, arguments, named)
                return result
            finally:
                self._free.append(place)

    async def close(self) -> None:
        """Close every connection, which ends its thread."""
        places, self._all, self._free = self._all, [], []
        for place in places:
            await place.connection.close()

    async def _open(self) -> _Place:
        made: list[sqlite3.Connection] = []

        def connector() -> sqlite3.Connection:
            made.append(connect(self._path, self._config, is_reader=True))
            return made[0]

        try:
            connection = await aiosqlite.Connection(partial(connector), CHUNK_ROWS)
        except sqlite3.Error as error:
            raise StorageUnavailable(f"The database cannot be opened: {error}.") from error
        place = _Place(connection, Reader(made[0], self._dialect))
        self._all.append(place)
        return place
