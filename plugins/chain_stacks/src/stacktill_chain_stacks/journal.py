"""The blocks that a node told of, kept in a file: the node tells each of them once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from stacktill.plugin import Block, Transfer
from stacktill_chain_stacks.told import ToldBlock

__all__ = ["KEPT_BLOCKS", "Journal"]

KEPT_BLOCKS = 3_000
_TABLE = """
CREATE TABLE IF NOT EXISTS blocks (
    hash TEXT PRIMARY KEY,
    header_hash TEXT NOT NULL,
    height INTEGER NOT NULL,
    block BLOB NOT NULL,
    transfers BLOB NOT NULL
) WITHOUT ROWID, STRICT
"""
_HEIGHTS = "CREATE INDEX IF NOT EXISTS blocks_by_height ON blocks (height)"


class Journal:
    """A file of blocks of every fork; what it has taken in survives a loss of power."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(_TABLE)
        self._connection.execute(_HEIGHTS)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add(self, told: ToldBlock) -> None:
        """Take a block in; one that is there already stays as it is. Raise ``sqlite3.Error`` at a fault."""
        block = told.block
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(
                "INSERT OR IGNORE INTO blocks VALUES (?, ?, ?, ?, ?)",
                (
                    block.hash,
                    told.header_hash,
                    block.height,
                    msgspec.json.encode(block),
                    msgspec.json.encode(told.transfers),
                ),
            )
            self._connection.execute(
                "DELETE FROM blocks WHERE height <= ?", (block.height - KEPT_BLOCKS,)
            )

    def block(self, hash: str) -> Block | None:
        """The block of that index hash."""
        return self._one("SELECT block FROM blocks WHERE hash = ?", hash)

    def tip_named(self, header_hash: str, height: int) -> Block | None:
        """The block that a node calls its tip."""
        return self._one(
            "SELECT block FROM blocks WHERE height = ? AND header_hash = ?", height, header_hash
        )

    def highest(self) -> Block | None:
        """The highest block of any fork."""
        return self._one("SELECT block FROM blocks ORDER BY height DESC LIMIT 1")

    def lowest_height(self) -> int | None:
        """The height from which on there are blocks."""
        (height,) = self._connection.execute("SELECT min(height) FROM blocks").fetchone()
        return None if height is None else int(height)

    def transfers(self, hash: str) -> tuple[Transfer, ...] | None:
        """The transfers of the block of that index hash."""
        row = self._connection.execute(
            "SELECT transfers FROM blocks WHERE hash = ?", (hash,)
        ).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=tuple[Transfer, ...])

    def _one(self, query: str, *values: object) -> Block | None:
        row = self._connection.execute(query, values).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=Block)
