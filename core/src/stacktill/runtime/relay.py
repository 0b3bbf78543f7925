"""The relay: gives committed events their places, and hands their deliveries to the dispatcher."""

from __future__ import annotations

import asyncio
import logging

from stacktill.application.relay import relay_events
from stacktill.application.services import Services
from stacktill.plugin.crash_points import reach
from stacktill.plugin.storage import Storage, StorageUnavailable
from stacktill.runtime.dispatcher import Dispatcher
from stacktill.runtime.hub import Hub

__all__ = ["Relay"]

EVENTS_PER_ROUND = 500
GATHER_SECONDS = 0.01
"""A short wait after the nudge, so that a busy box places many events with one commit."""
IDLE_SECONDS = 1.0


class Relay:
    """One runs per appliance; ``nudge`` says that there may be something new."""

    def __init__(
        self,
        storage: Storage,
        services: Services,
        dispatcher: Dispatcher,
        hub: Hub,
        log: logging.Logger,
    ) -> None:
        self._storage = storage
        self._services = services
        self._dispatcher = dispatcher
        self._hub = hub
        self._log = log
        self._news = asyncio.Event()

    def nudge(self) -> None:
        """Look soon: something may have been committed."""
        self._news.set()

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._news.wait()
                await asyncio.sleep(GATHER_SECONDS)
            except TimeoutError:
                pass
            self._news.clear()
            try:
                await self.drain()
            except StorageUnavailable as error:
                self._log.warning("relay.storage_unavailable", extra={"reason": str(error)})
                # The commit may have happened without our hearing of it.
                self._hub.publish_gap()
                self._dispatcher.look_again()
                await asyncio.sleep(IDLE_SECONDS)

    async def drain(self) -> None:
        """Relay until nothing is left."""
        while True:
            reach("relay.before_write")
            relayed = await self._storage.write(
                relay_events,
                self._services,
                self._dispatcher.plugins,
                EVENTS_PER_ROUND,
                self._dispatcher.receipts,
                notices=self._dispatcher.notices,
            )
            reach("relay.after_write")
            self._hub.publish(relayed.events)
            self._dispatcher.expect(relayed.deliveries)
            if len(relayed.events) < EVENTS_PER_ROUND:
                return
