"""The hub: hands freshly placed events to whoever watches them live on this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from stacktill.domain.events import Event

__all__ = ["Hub"]

QUEUE_LIMIT = 256
"""Events a slow listener may lag behind before it is told to read the log instead."""


class Hub:
    """Topics are object ids and ``account:<id>:<test|live>``; a listener that falls behind is cut off."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Queue[Event | None]]] = {}

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return sum(len(queues) for queues in self._listeners.values())

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[asyncio.Queue[Event | None]]:
        """A queue of a topic's events; None in it means that some were missed."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_LIMIT + 1)
        self._listeners.setdefault(topic, set()).add(queue)
        try:
            yield queue
        finally:
            queues = self._listeners[topic]
            queues.discard(queue)
            if not queues:
                del self._listeners[topic]

    def publish(self, events: Iterable[Event]) -> None:
        """Hand events to their listeners, in order."""
        if not self._listeners:
            return
        for event in events:
            mode = "live" if event.livemode else "test"
            for topic in (event.object_id, f"account:{event.merchant_id}:{mode}"):
                for queue in self._listeners.get(topic, ()):
                    _offer(queue, event)

    def publish_gap(self) -> None:
        """Tell every listener that events may have been missed."""
        for queues in self._listeners.values():
            for queue in queues:
                if queue.qsize() <= QUEUE_LIMIT:
                    queue.put_nowait(None)


def _offer(queue: asyncio.Queue[Event | None], event: Event) -> None:
    if queue.qsize() < QUEUE_LIMIT:
        queue.put_nowait(event)
    elif queue.qsize() == QUEUE_LIMIT:
        queue.put_nowait(None)
