"""The clock of the sandbox: the system's, moved forward on command."""

from __future__ import annotations

from stacktill.plugin import Clock

__all__ = ["SandboxClock"]


class SandboxClock:
    """Tells the time of another clock plus an offset in seconds, which the script moves."""

    def __init__(self, base: Clock, *, offset_seconds: int) -> None:
        self._base = base
        self.offset_seconds = offset_seconds

    def now(self) -> int:
        """Unix time in whole seconds, UTC."""
        return self._base.now() + self.offset_seconds

    def now_ms(self) -> int:
        """Unix time in milliseconds, UTC."""
        return self._base.now_ms() + self.offset_seconds * 1000
