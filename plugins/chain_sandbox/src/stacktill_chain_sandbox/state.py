"""What the sandbox remembers beside the chain: its seed, its counters and its switches."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from stacktill_chain_sandbox.hashes import digest

__all__ = ["Counter", "State", "StateRow"]

Counter = Literal["blocks_made", "bitcoin_blocks_made", "transactions_made"]


@dataclass(frozen=True, slots=True)
class State:
    """The switches: how far the clock was moved, whether blocks are made, how reading fails."""

    clock_offset_seconds: int
    stalled: bool
    fault: str | None
    frozen_height: int | None


class StateRow:
    """The one row of the table ``state``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def read(self) -> State:
        """The switches as they stand."""
        offset, stalled, fault, frozen = self._connection.execute(
            "SELECT clock_offset_seconds, stalled, fault, frozen_height FROM state"
        ).fetchone()
        return State(offset, bool(stalled), fault, frozen)

    def seed(self) -> str:
        """What every hash of this chain is derived from."""
        (seed,) = self._connection.execute("SELECT seed FROM state").fetchone()
        return str(seed)

    def count(self, counter: Counter) -> int:
        """Count one more and return the number; it is never given twice, whatever is orphaned."""
        # The counter is one of three literals, never anything from outside.
        (number,) = self._connection.execute(
            f"UPDATE state SET {counter} = {counter} + 1 RETURNING {counter}"  # noqa: S608
        ).fetchone()
        return int(number)

    def new_hash(self, counter: Counter, *parts: object) -> str:
        """A hash that no other thing of this chain has, and that a second equal run has again."""
        return digest(self.seed(), counter, self.count(counter), *parts)

    def set_clock_offset(self, seconds: int) -> None:
        """Keep how far the clock is ahead of the system's."""
        self._connection.execute("UPDATE state SET clock_offset_seconds = ?", (seconds,))

    def set_stalled(self, *, stalled: bool) -> None:
        """Keep whether the chain stands still."""
        self._connection.execute("UPDATE state SET stalled = ?", (int(stalled),))

    def set_fault(self, fault: str | None, *, frozen_height: int | None) -> None:
        """Keep how the reading side fails, and the height at which a stale one stopped."""
        self._connection.execute(
            "UPDATE state SET fault = ?, frozen_height = ?", (fault, frozen_height)
        )
