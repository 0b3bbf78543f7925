"""The dispatcher: carries due deliveries to their subscribers, each at its own pace.

Every subscriber with something pending has a lane of its own, so one that hangs delays nobody else. Lanes
live in memory and are rebuilt from the storage at start; what is pending is only ever in the storage.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

from stacktill.application.delivery_queue import pending_subscribers
from stacktill.application.services import Services
from stacktill.domain.webhooks import Delivery
from stacktill.plugin.storage import Storage, StorageUnavailable
from stacktill.runtime.carriers import Carrier, Carriers
from stacktill.runtime.lane import Lane

__all__ = ["Dispatcher"]

LANE_IDLE_SECONDS = 30.0
LOOK_SECONDS = 30.0
"""How often the storage is searched for deliveries that nobody spoke of, such as another process's."""
RETRY_SECONDS = 1.0


class Dispatcher:
    """Owns the lanes. ``plugins`` are the subscribers by plugin name with their event types."""

    def __init__(
        self, storage: Storage, services: Services, carriers: Carriers, log: logging.Logger
    ) -> None:
        self._storage = storage
        self._services = services
        self._carriers = carriers
        self._log = log
        self._lanes: dict[str, Lane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._open = False
        self._doubt = asyncio.Event()

    @property
    def plugins(self) -> dict[str, frozenset[str]]:
        """Plugins that subscribe to events, with the types they take."""
        return self._carriers.plugins

    @property
    def receipts(self) -> str | None:
        """The subscriber of receipts, when a plugin sends them."""
        return self._carriers.receipts

    @property
    def notices(self) -> str | None:
        """The subscriber of notices, when a plugin sends them."""
        return self._carriers.notices

    @property
    def in_flight(self) -> int:
        """Attempts that run now."""
        return sum(lane.in_flight for lane in self._lanes.values())

    async def run(self) -> None:
        """Open a lane for everybody with something pending, and look again for them now and then."""
        self._open = True
        try:
            while True:
                self._doubt.clear()
                wait = await self._wake_all()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._doubt.wait()
        finally:
            self._open = False
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _wake_all(self) -> float:
        """Wake everybody with something pending; how long to wait before looking again."""
        try:
            for subscriber in await self._storage.scan(pending_subscribers):
                self.wake(subscriber)
        except StorageUnavailable as error:
            self._log.warning("deliveries.storage_unavailable", extra={"reason": str(error)})
            return RETRY_SECONDS
        return LOOK_SECONDS

    def look_again(self) -> None:
        """Deliveries may have been queued that nobody was told of: search the storage for them."""
        self._doubt.set()

    def expect(self, deliveries: Iterable[Delivery]) -> None:
        """Deliveries were queued: their lanes look at once."""
        for subscriber in sorted({delivery.subscriber for delivery in deliveries}):
            self.wake(subscriber)

    def wake(self, subscriber: str) -> None:
        """Make a subscriber's lane look at what is due."""
        lane = self._lanes.get(subscriber)
        if lane is not None:
            lane.wake()
        elif self._open:
            self._start(subscriber)

    def _start(self, subscriber: str) -> None:
        carrier: Carrier = self._carriers.for_subscriber(subscriber)
        lane = Lane(subscriber, self._storage, self._services, carrier, self._log)
        self._lanes[subscriber] = lane
        task = asyncio.create_task(self._drive(lane), name=f"lane:{subscriber}")
        self._tasks[subscriber] = task
        lane.wake()

    async def _drive(self, lane: Lane) -> None:
        """Run a lane until it has nothing left for a while; a failing lane is opened again."""
        again = False
        try:
            await lane.run(idle_seconds=LANE_IDLE_SECONDS)
            again = lane.woken
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 - a lane must come back whatever happened
            self._log.exception("lane.failed", extra={"subscriber": lane.subscriber})
            await asyncio.sleep(1.0)
            again = True
        finally:
            self._lanes.pop(lane.subscriber, None)
            self._tasks.pop(lane.subscriber, None)
        if again and self._open:
            self._start(lane.subscriber)
