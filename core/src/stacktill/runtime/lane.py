"""A lane: the deliveries of one subscriber, in order of when they are due, a few at a time."""

from __future__ import annotations

import asyncio
import logging

from stacktill.application.delivery_queue import next_due_ms
from stacktill.application.relay import due_deliveries, settle_delivery
from stacktill.application.services import Services
from stacktill.domain.events import Event
from stacktill.domain.webhooks import Delivery
from stacktill.plugin.crash_points import reach
from stacktill.plugin.storage import Storage
from stacktill.runtime.carriers import Carrier

__all__ = ["Lane"]

PAGE = 64
THROTTLED_SECONDS = 5.0
LONGEST_SLEEP_SECONDS = 600.0
"""The wall clock may be set while we sleep, so a lane looks at it now and then."""


class Lane:
    """Carries for one subscriber, with at most ``carrier.max_in_flight`` attempts at once."""

    def __init__(
        self,
        subscriber: str,
        storage: Storage,
        services: Services,
        carrier: Carrier,
        log: logging.Logger,
    ) -> None:
        self.subscriber = subscriber
        self._storage = storage
        self._services = services
        self._carrier = carrier
        self._log = log
        self._news = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._next_start = 0.0

    @property
    def in_flight(self) -> int:
        """Attempts that run now."""
        return len(self._running)

    @property
    def woken(self) -> bool:
        """Whether somebody asked it to look since it last did."""
        return self._news.is_set()

    def wake(self) -> None:
        """Look at what is due, now."""
        self._news.set()

    async def run(self, *, idle_seconds: float) -> None:
        """Carry until nothing is pending and nobody asked for ``idle_seconds``."""
        try:
            while True:
                self._news.clear()
                await self._start_due()
                wait = await self._wait_seconds()
                try:
                    async with asyncio.timeout(idle_seconds if wait is None else wait):
                        await self._news.wait()
                except TimeoutError:
                    if wait is None:
                        return
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _wait_seconds(self) -> float | None:
        """How long to sleep: to the next due time, or until an attempt ends; None: nothing is left."""
        if len(self._running) >= self._carrier.max_in_flight:
            return LONGEST_SLEEP_SECONDS
        due_ms = await self._storage.read(next_due_ms, self.subscriber, tuple(self._running))
        if due_ms is None:
            return LONGEST_SLEEP_SECONDS if self._running else None
        wait = (due_ms - self._services.clock.now_ms()) / 1000
        return min(max(wait, 0.001), LONGEST_SLEEP_SECONDS)

    async def _start_due(self) -> None:
        room = self._carrier.max_in_flight - len(self._running)
        if room <= 0:
            return
        now_ms = self._services.clock.now_ms()
        # What ran while the list was read may have ended since, and must not be carried again.
        taken = set(self._running)
        found = await self._storage.read(
            due_deliveries, self.subscriber, now_ms, min(PAGE, room + len(taken))
        )
        for delivery, event in found:
            if delivery.id in taken or len(self._running) >= self._carrier.max_in_flight:
                continue
            await self._pace()
            task = asyncio.create_task(self._carry(delivery, event))
            self._running[delivery.id] = task

    async def _pace(self) -> None:
        """Keep to the subscriber's own limit of attempts per second."""
        limit = self._carrier.max_per_second
        if limit is None:
            return
        loop = asyncio.get_running_loop()
        wait = self._next_start - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        self._next_start = max(self._next_start, loop.time()) + 1 / limit

    async def _carry(self, delivery: Delivery, event: Event) -> None:
        try:
            reach("deliver.before_attempt")
            attempt = await self._carrier.attempt(delivery, event)
            reach("deliver.after_attempt")
            if attempt is None:
                return
            delay = self._carrier.retry_delay_seconds(delivery.attempts + 1, attempt)
            await self._storage.write(settle_delivery, self._services, delivery, attempt, delay)
            reach("deliver.after_write")
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 - tried again; the delivery is still pending
            self._log.exception("delivery.failed", extra={"delivery": delivery.id})
            await asyncio.sleep(THROTTLED_SECONDS)
        finally:
            self._running.pop(delivery.id, None)
            self._news.set()
