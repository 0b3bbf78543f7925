"""The hub: hands freshly placed events to whoever watches them live on this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from stacktill.domain.events import Event

__all__ = ["QUEUE_LIMIT", "Hub", "Listener"]

QUEUE_LIMIT = 256
"""Events a slow listener may lag behind before it is told to read the log instead."""


class Listener:
    """What waits for one stream; only that stream reads it.

    Thousands of these wait at once, so it is much smaller than asyncio's queue.
    """

    __slots__ = ("_bell", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[Event | None] = []
        self._bell: asyncio.Future[None] | None = None

    def offer(self, event: Event | None) -> None:
        """Hand over an event, or None: some were missed. Nothing is taken behind the limit but one None."""
        if len(self._waiting) > QUEUE_LIMIT:
            return
        self._waiting.append(event if len(self._waiting) < QUEUE_LIMIT else None)
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)

    async def get(self) -> Event | None:
        """The oldest event that waits, or the next one; None when some were missed."""
        while not self._waiting:
            self._bell = asyncio.get_running_loop().create_future()
            try:
                await self._bell
            finally:
                self._bell = None
        return self._waiting.pop(0)

    def get_nowait(self) -> Event | None:
        """The oldest event that waits; raise ``IndexError`` when there is none."""
        return self._waiting.pop(0)

    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting


class Hub:
    """Topics are object ids and ``account:<id>:<test|live>``; a listener that falls behind is cut off."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        self.listeners = 0
        """How many streams are open."""

    @contextmanager
    def listen(self, topic: str) -> Iterator[Listener]:
        """A topic's events from now on."""
        listener = Listener()
        self._listeners.setdefault(topic, set()).add(listener)
        self.listeners += 1
        try:
            yield listener
        finally:
            self.listeners -= 1
            listeners = self._listeners[topic]
            listeners.discard(listener)
            if not listeners:
                del self._listeners[topic]

    def listening(self, topic: str) -> int:
        """How many streams follow a topic."""
        return len(self._listeners.get(topic, ()))

    def publish(self, events: Iterable[Event]) -> None:
        """Hand events to their listeners, in order."""
        if not self._listeners:
            return
        for event in events:
            mode = "live" if event.livemode else "test"
            for topic in (event.object_id, f"account:{event.merchant_id}:{mode}"):
                for listener in self._listeners.get(topic, ()):
                    listener.offer(event)

    def publish_gap(self) -> None:
        """Tell every listener that events may have been missed."""
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.offer(None)
