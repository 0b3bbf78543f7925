"""All that an appliance has written down, so that a test can tell whether anything changed."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from tests.served import until

__all__ = ["books", "settled"]

FILES = ("stacktill.sqlite3", "chain_sandbox.sqlite3")


def books(data_dir: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, by file and table."""
    return {
        f"{file}:{table}": rows
        for file in FILES
        for table, rows in _tables(data_dir / file).items()
    }


def settled(data_dir: Path) -> None:
    """Wait until what was asked for earlier is done: events placed, deliveries tried."""

    def is_still() -> bool:
        before = books(data_dir)
        time.sleep(0.5)
        return books(data_dir) == before

    until(is_still, seconds=30)


def _tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        connection.execute("BEGIN")
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for (name,) in names
        }
    finally:
        connection.close()
