"""An event loop whose time is a number: it never sleeps, it goes to the next thing that is due."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["EPOCH", "Stuck", "VirtualClock", "VirtualLoop", "run_virtually"]

T = TypeVar("T")

EPOCH = 1_800_000_000
"""Unix second at which every run begins."""


class Stuck(Exception):
    """Nothing is due and nothing will ever be: somebody waits for what nobody does."""


class _Selector(selectors.SelectSelector):
    """Hears nothing from outside; a wait makes the time go by."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck("every task waits, and no timer runs")
        if timeout > 0:
            self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs real coroutines in virtual time, in an order that depends on nothing outside."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds since the run began."""
        return self._virtual.now


class VirtualClock:
    """A ``Clock`` by the loop's time, that can be moved forward like a sandbox's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.offset_seconds = 0

    def now(self) -> int:
        """Unix time in whole seconds."""
        return self.now_ms() // 1000

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return (EPOCH + self.offset_seconds) * 1000 + int(self._loop.time() * 1000)


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a loop of its own."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        tasks = [task for task in asyncio.all_tasks(loop) if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.close()
