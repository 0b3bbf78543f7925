"""Loops that must not die: each is restarted with back-off, and says how it is."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from stacktill.plugin.health import Health

__all__ = ["Supervisor"]

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0
STEADY_SECONDS = 2.0


class Supervisor:
    """Runs named loops until it is stopped."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._faults: dict[str, str] = {}

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Run ``loop`` for ever; when it raises, wait a little longer each time and run it again."""
        self._tasks[name] = asyncio.create_task(self._keep(name, loop), name=name)

    async def stop(self) -> None:
        """Cancel all loops and wait for them to end."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    def health(self) -> Health:
        """Whether every loop runs, and what the failing ones last said."""
        if self._faults:
            detail = "; ".join(f"{name}: {fault}" for name, fault in sorted(self._faults.items()))
            return Health(ok=False, detail=detail)
        return Health(ok=True, detail=f"{len(self._tasks)} loops run")

    def working(self, name: str) -> None:
        """A loop says that it got through a round: its earlier fault is over."""
        self._faults.pop(name, None)

    async def _keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        delay = FIRST_DELAY_SECONDS
        running = asyncio.get_running_loop()
        while True:
            started = running.time()
            try:
                # A loop that holds for a while has recovered, whatever it failed of before.
                recovery = running.call_later(STEADY_SECONDS, self.working, name)
                try:
                    await loop()
                finally:
                    recovery.cancel()
                return
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - a loop must come back whatever happened
                self._faults[name] = f"{type(error).__name__}: {error}"
                self._log.exception("loop.failed", extra={"loop": name})
            if running.time() - started > LONGEST_DELAY_SECONDS:
                delay = FIRST_DELAY_SECONDS
            await asyncio.sleep(delay * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
            delay = min(delay * 2, LONGEST_DELAY_SECONDS)
