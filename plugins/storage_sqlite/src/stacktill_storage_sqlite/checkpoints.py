"""Carrying the log into the file, beside the commits and not inside them."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.connections import connect

__all__ = ["Checkpointer"]

INTERVAL_SECONDS = 1.0
BEHIND_FRAMES = 8_192
"""A log of so many pages (32 MiB) is finished by the writer, between two commits."""


class Checkpointer:
    """A thread that checkpoints once a second while there are commits.

    A checkpoint that runs beside commits never reaches the end of the log, so the log would grow
    for ever under unbroken load. Past a limit the writer therefore does the last part itself.
    """

    def __init__(self, path: Path, config: SqliteConfig, log: logging.Logger) -> None:
        self._path = path
        self._config = config
        self._log = log
        self._news = threading.Event()
        self._ended = threading.Event()
        self.is_behind = False
        self._thread = threading.Thread(target=self._work, name="sqlite-checkpoint", daemon=True)
        self._thread.start()

    def note(self) -> None:
        """There was a commit."""
        if not self._news.is_set():
            self._news.set()

    def catch_up(self, connection: sqlite3.Connection) -> None:
        """Finish the checkpoint between two commits, so that the log starts again."""
        self.is_behind = False
        self._checkpoint(connection)

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._news.set()
        self._thread.join()

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            self._news.wait()
            if self._ended.wait(INTERVAL_SECONDS):
                break
            self._news.clear()
            try:
                if connection is None:
                    connection = connect(self._path, self._config)
                self.is_behind = self._checkpoint(connection) > BEHIND_FRAMES
            except sqlite3.Error as error:
                self._log.warning("storage.checkpoint_failed", extra={"error": str(error)})
        if connection is not None:
            connection.close()

    def _checkpoint(self, connection: sqlite3.Connection) -> int:
        """Carry over what no reader needs; return how many pages the log holds."""
        try:
            row = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            # A full disk, for instance. The log keeps everything, and the next round tries again.
            self._log.warning("storage.checkpoint_failed", extra={"error": str(error)})
            return 0
        return int(row[1])
