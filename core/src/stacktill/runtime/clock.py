"""The system's clock."""

from __future__ import annotations

import time

__all__ = ["SystemClock"]


class SystemClock:
    """Real time, UTC."""

    def now(self) -> int:
        """Unix time in whole seconds."""
        return int(time.time())

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000
