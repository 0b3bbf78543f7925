"""The one thread that writes: many use cases in one transaction, committed at once."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from stacktill.plugin import StorageUnavailable
from stacktill.plugin.crash_points import reach
from stacktill.sql import Doomed, Session, SqlDialect, open_session
from stacktill_storage_sqlite.checkpoints import Checkpointer
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.connections import connect
from stacktill_storage_sqlite.jobs import Job, answer

__all__ = ["Writer"]

TOO_MANY = "Too many writes are waiting for the database; try again."
CLOSED = "The database is closed."


class Writer:
    """Owns the writing connection. A caller is answered only after the commit is on disk."""

    def __init__(
        self, path: Path, config: SqliteConfig, dialect: SqlDialect, log: logging.Logger
    ) -> None:
        self._path = path
        self._config = config
        self._dialect = dialect
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._closed = False
        self._connection: sqlite3.Connection | None = None
        self._session: Session | None = None
        self._open()
        self.checkpointer = Checkpointer(path, config, log)
        self._thread = threading.Thread(target=self._work, name="sqlite-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many writes wait."""
        return self._queue.qsize()

    def submit(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> asyncio.Future[Any]:
        """Queue a use case; the future is done when its work is durable or undone."""
        if self._closed:
            raise StorageUnavailable(CLOSED)
        if self._queue.qsize() >= self._config.queue_limit:
            raise StorageUnavailable(TOO_MANY)
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(Job(function, arguments, named, future))
        return future

    async def close(self) -> None:
        """Finish what waits, carry the log into the file and close."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    # ------------------------------------------------------------------ in the thread

    def _work(self) -> None:
        while True:
            batch, is_last = self._gather()
            if batch:
                self._serve(batch)
                self._loop.call_soon_threadsafe(answer, batch)
            if is_last:
                break
            if self.checkpointer.is_behind and self._connection is not None:
                self.checkpointer.catch_up(self._connection)
        self.checkpointer.close()
        self._drop(last=True)

    def _gather(self) -> tuple[list[Job], bool]:
        """Wait for one job, and take what else is there."""
        first = self._queue.get()
        batch: list[Job] = []
        if first is None:
            return batch, True
        batch.append(first)
        for _ in range(min(self._queue.qsize(), self._config.batch_limit - 1)):
            job = self._queue.get_nowait()
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False

    def _serve(self, batch: list[Job]) -> None:
        try:
            try:
                self._commit(batch, careful=False)
            except Doomed as doomed:
                if not doomed.try_apart:
                    raise
                self._commit(batch, careful=True)
        except Doomed as doomed:
            self._refuse(batch, doomed.cause)
        except Exception as error:  # noqa: BLE001 - the thread must live on, whatever it was
            self._refuse(batch, error)

    def _commit(self, batch: list[Job], *, careful: bool) -> None:
        connection, session = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            session.start(careful=careful)
            for job in batch:
                _run(session, job)
            session.finish()
            reach("write.before_commit")
            connection.execute("COMMIT")
            reach("write.after_commit")
        except BaseException:
            session.start()
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        session.start()
        self.checkpointer.note()

    def _refuse(self, batch: list[Job], error: Exception) -> None:
        """Nothing of the batch was kept: tell all of it, and begin again with a new connection."""
        self._log.error("storage.write_failed", extra={"error": str(error), "writes": len(batch)})
        for job in batch:
            job.result = None
            job.error = StorageUnavailable(f"The database did not take the write: {error}.")
            job.error.__cause__ = error
        self._drop()

    def _open(self) -> tuple[sqlite3.Connection, Session]:
        if self._connection is None or self._session is None:
            self._connection = connect(self._path, self._config)
            self._session = open_session(self._connection.cursor(), self._dialect)
        return self._connection, self._session

    def _drop(self, *, last: bool = False) -> None:
        connection, session = self._connection, self._session
        self._connection = self._session = None
        if connection is None or session is None:
            return
        session.close()
        try:
            if last:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            self._log.warning("storage.checkpoint_failed", extra={"error": str(error)})
        finally:
            connection.close()


def _run(session: Session, job: Job) -> None:
    job.error = None
    try:
        job.result = session.run(job.function, *job.arguments, **job.named)
    except Doomed:
        raise
    except BaseException as error:  # noqa: BLE001 - it is the caller's, and goes to the caller
        job.error = error
