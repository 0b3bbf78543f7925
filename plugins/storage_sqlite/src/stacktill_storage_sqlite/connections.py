"""Connections to the file, with the settings that make a commit durable."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from stacktill_storage_sqlite.config import SqliteConfig

__all__ = ["connect", "pragmas"]

STATEMENTS_KEPT = 512
JOURNAL_SIZE_LIMIT_BYTES = 64 * 2**20


def pragmas(config: SqliteConfig, *, is_reader: bool) -> list[str]:
    """What every connection is told first.

    WAL lets readers go on beside the writer. ``synchronous=FULL`` makes every commit wait until the
    log is on disk. The log is carried into the file by a thread of its own, not inside a commit.
    """
    told = [
        f"PRAGMA busy_timeout={int(config.busy_timeout_seconds * 1000)}",
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA wal_autocheckpoint=0",
        f"PRAGMA journal_size_limit={JOURNAL_SIZE_LIMIT_BYTES}",
        f"PRAGMA cache_size=-{config.cache_mib * 1024}",
        "PRAGMA temp_store=MEMORY",
    ]
    if is_reader:
        told.append("PRAGMA query_only=ON")
    return told


def connect(path: Path, config: SqliteConfig, *, is_reader: bool = False) -> sqlite3.Connection:
    """Open a connection; transactions begin and end only where the code says so."""
    connection = sqlite3.connect(
        path,
        timeout=config.busy_timeout_seconds,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=STATEMENTS_KEPT,
    )
    try:
        for pragma in pragmas(config, is_reader=is_reader):
            connection.execute(pragma).fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
