"""The canonical blocks, by height."""

from __future__ import annotations

import sqlite3

from stacktill.plugin import Block

__all__ = ["Blocks"]

_COLUMNS = "height, hash, parent_hash, burn_height, burn_hash, time"


class Blocks:
    """The table ``blocks``; every look-up is by its primary key."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def tip(self) -> Block | None:
        """The highest block, or None before genesis."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM blocks ORDER BY height DESC LIMIT 1"  # noqa: S608
        ).fetchone()
        return None if row is None else Block(*row)

    def at(self, height: int) -> Block | None:
        """The block at a height, or None where there is none."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM blocks WHERE height = ?",  # noqa: S608
            (height,),
        ).fetchone()
        return None if row is None else Block(*row)

    def burn_heights_above(self, height: int) -> list[int]:
        """The Bitcoin heights of all blocks above a height, lowest first."""
        rows = self._connection.execute(
            "SELECT burn_height FROM blocks WHERE height > ? ORDER BY height", (height,)
        )
        return [burn_height for (burn_height,) in rows]

    def add(self, block: Block) -> None:
        """Put a block on top."""
        self._connection.execute(
            f"INSERT INTO blocks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                block.height,
                block.hash,
                block.parent_hash,
                block.burn_height,
                block.burn_hash,
                block.time,
            ),
        )

    def remove_above(self, height: int) -> None:
        """Take away every block above a height."""
        self._connection.execute("DELETE FROM blocks WHERE height > ?", (height,))
