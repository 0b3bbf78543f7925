"""A clock that stands still until a test moves it."""

from __future__ import annotations

__all__ = ["FakeClock"]


class FakeClock:
    """A ``Clock`` for tests; starts at ``now_seconds`` of Unix time."""

    def __init__(self, now_seconds: float = 1_700_000_000) -> None:
        self._now_ms = round(now_seconds * 1000)

    def now(self) -> int:
        """Unix time in whole seconds, UTC."""
        return self._now_ms // 1000

    def now_ms(self) -> int:
        """Unix time in milliseconds, UTC."""
        return self._now_ms

    def advance(self, seconds: float) -> int:
        """Move the time, backwards if negative, and return the new Unix second."""
        self._now_ms += round(seconds * 1000)
        return self.now()
