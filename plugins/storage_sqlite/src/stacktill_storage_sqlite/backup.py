"""A copy of the books while they are in use."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from stacktill_storage_sqlite.files import sync_folder

__all__ = ["backup_file"]

PAGES_PER_STEP = 2_048


def backup_file(source: Path, target: Path) -> None:
    """Write a consistent copy to ``target``; it gets that name only when it is whole and on disk.

    Raises ``sqlite3.Error`` or ``OSError``; nothing is left behind then.
    """
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _copy(source, unfinished)
        with unfinished.open("rb+") as written:
            os.fsync(written.fileno())
        unfinished.replace(target)
        sync_folder(target.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _copy(source: Path, target: Path) -> None:
    reading = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
    try:
        # One snapshot for the whole copy: else a commit in between would start it over.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        writing = sqlite3.connect(target)
        try:
            reading.backup(writing, pages=PAGES_PER_STEP)
            # The copy is one file: no log beside it that could be forgotten.
            writing.execute("PRAGMA journal_mode=DELETE").fetchone()
        finally:
            writing.close()
    finally:
        reading.close()
