"""How much of what a host may be asked is left to payers' questions."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Allowance"]

SHARE = 1 / 3
"""The watcher has the rest: money is seen, however many ask."""


class Allowance:
    """Requests that may be made at once, refilled with time; never waited for. A pace of 0 has no limit."""

    def __init__(
        self, requests_per_minute: float, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = requests_per_minute * SHARE
        self._left = self._most
        self._now = now
        self._at = now()

    def takes(self, requests: int) -> bool:
        """Whether so many requests may be made now; they are counted when they may."""
        if not self._most:
            return True
        now = self._now()
        self._left = min(self._left + (now - self._at) * self._most / 60, self._most)
        self._at = now
        if self._left < requests:
            return False
        self._left -= requests
        return True
