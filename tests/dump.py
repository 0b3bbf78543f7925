"""All that an appliance has written down, so that a test can tell whether anything changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["books"]

FILES = ("stacktill.sqlite3", "chain_sandbox.sqlite3")


def books(data_dir: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, by file and table."""
    return {
        f"{file}:{table}": rows
        for file in FILES
        for table, rows in _tables(data_dir / file).items()
    }


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
