"""The SQLite storage: a thread that writes, reads in the loop, long readings in threads."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from stacktill.domain.errors import ConfigError
from stacktill.plugin import Health, NoConfig, PluginContext, StorageUnavailable, UnitOfWork
from stacktill.sql import sqlite_dialect
from stacktill_storage_sqlite.backup import backup_file
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.connections import connect
from stacktill_storage_sqlite.files import prepare
from stacktill_storage_sqlite.health import examine
from stacktill_storage_sqlite.migrating import migrate
from stacktill_storage_sqlite.reading import Reader
from stacktill_storage_sqlite.scans import Scans
from stacktill_storage_sqlite.writer import Writer

__all__ = ["FILE_NAME", "SqliteStorage", "open_storage"]

R = TypeVar("R")
P = ParamSpec("P")

FILE_NAME = "stacktill.sqlite3"


class SqliteStorage:
    """The port's ``Storage`` on one file; it belongs to the event loop that opened it."""

    def __init__(self, path: Path, config: SqliteConfig, writer: Writer, scans: Scans) -> None:
        self.path = path
        self._config = config
        self._writer = writer
        self._scans = scans
        self._reader = Reader(connect(path, config, is_reader=True), sqlite_dialect())

    async def write(
        self, function: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a use case in one transaction; return when it is durable."""
        result: R = await self._writer.submit(function, args, kwargs)
        return result

    async def read(
        self, function: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a short look-up on this turn's snapshot, at once and in this thread: it takes microseconds."""
        return self._reader.run_in_turn(function, args, kwargs)

    async def scan(
        self, function: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a longer reading on a snapshot, in a thread of its own."""
        return await self._scans.run(function, args, kwargs)

    async def migrate(self) -> list[str]:
        """Bring the tables up to date; return the names of the steps taken."""
        try:
            return await asyncio.to_thread(migrate, self.path, self._config)
        except sqlite3.Error as error:
            raise StorageUnavailable(
                f"The tables cannot be brought up to date: {error}."
            ) from error

    async def health(self) -> Health:
        """Whether the database answers, with its size and queue."""
        return examine(self._reader, self.path, self._writer.waiting)

    async def backup(self, target: Path) -> None:
        """Copy the books to a new file while they are in use."""
        await asyncio.to_thread(backup_file, self.path, target)

    async def close(self) -> None:
        """Finish what waits, and close every connection."""
        self._reader.close()
        await self._scans.close()
        await self._writer.close()


@asynccontextmanager
async def open_storage(context: PluginContext) -> AsyncIterator[SqliteStorage]:
    """Open the file of the appliance's data folder, and make it if there is none."""
    config = context.config
    if isinstance(config, NoConfig) or config is None:
        config = SqliteConfig()
    path = Path(config.path) if config.path else context.data_dir / FILE_NAME
    try:
        prepare(path)
        writer = Writer(path, config, sqlite_dialect(), context.log)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"[plugins.{context.name}]: {path} cannot be opened: {error}.") from error
    storage = SqliteStorage(path, config, writer, Scans(path, config, sqlite_dialect()))
    try:
        yield storage
    finally:
        await storage.close()
