"""A pulse: tells whoever waits that there may be something new."""

from __future__ import annotations

import asyncio

__all__ = ["Pulse"]


class Pulse:
    """Wakes every waiter at each beat: what a chain's source uses to say "look now".

    A beat that came while nobody was waiting lets the next waiter pass at once, so that one watcher
    which reads between two waits misses nothing.
    """

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self._missed = False

    def beat(self) -> None:
        """Wake all who wait, or the next who comes."""
        self._missed = True
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, timeout_seconds: float) -> None:
        """Return at the next beat, at once when one was missed, or after the time."""
        if not self._missed:
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self._next.wait()
            except TimeoutError:
                return
        self._missed = False
