"""Bytes taken one piece after the other, never more than there are."""

from __future__ import annotations

from stacktill_chain_stacks.wire.errors import WireError

__all__ = ["Reader"]


class Reader:
    """A place in some bytes; every method moves it, or raises ``WireError`` when they end too soon."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        end = self._at + count
        if end > len(self._data):
            raise WireError(f"the bytes end too soon: {count} more are needed at {self._at}")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def number(self, size: int) -> int:
        """An unsigned number of ``size`` bytes, highest first."""
        return int.from_bytes(self.take(size), "big")

    def sized(self, size: int, *, limit: int) -> bytes:
        """Bytes behind their own count, which is ``size`` bytes long and at most ``limit``."""
        count = self.number(size)
        if count > limit:
            raise WireError(f"{count} bytes are announced where {limit} are the most")
        return self.take(count)

    def left(self) -> int:
        """How many bytes there are still."""
        return len(self._data) - self._at

    def finish(self) -> None:
        """Refuse bytes that nobody asked for."""
        if self.left():
            raise WireError(f"{self.left()} bytes are left over")
