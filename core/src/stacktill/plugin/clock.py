"""Time and names as the core asks for them: a clock and a source of ids."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Clock", "Ids"]


class Clock(Protocol):
    """Tells the time; each mode (test, live) has its own, so that a sandbox can travel in time."""

    def now(self) -> int:
        """Unix time in whole seconds, UTC."""
        ...

    def now_ms(self) -> int:
        """Unix time in milliseconds, UTC."""
        ...


class Ids(Protocol):
    """Makes names that never repeat."""

    def new(self, prefix: str) -> str:
        """An id such as ``pi_0G5v…``: the prefix, ``_``, 24 base62 characters in order of time."""
        ...

    def secret(self, prefix: str) -> str:
        """An unguessable token of at least 160 bits with the given prefix."""
        ...
