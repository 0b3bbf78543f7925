"""The core's own cache: in this process's memory, bounded, for boxes without a cache plugin."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from stacktill.plugin.health import Health

__all__ = ["MemoryCache"]

MAX_ENTRIES = 10_000


class MemoryCache:
    """A ``Cache`` that forgets the longest unused entry when it is full.

    ``now`` tells monotonic seconds.
    """

    def __init__(
        self, *, max_entries: int = MAX_ENTRIES, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_entries = max_entries
        self._now = now
        self._values: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._hits: OrderedDict[str, deque[float]] = OrderedDict()

    async def get(self, key: str) -> bytes | None:
        """The value, or None when it is absent or its time is over."""
        entry = self._values.get(key)
        if entry is None:
            return None
        ends_at, value = entry
        if self._now() >= ends_at:
            del self._values[key]
            return None
        self._values.move_to_end(key)
        return value

    async def set(self, key: str, value: bytes, *, ttl_seconds: float) -> None:
        """Keep a value for at most that long."""
        self._values[key] = (self._now() + ttl_seconds, value)
        self._values.move_to_end(key)
        if len(self._values) > self._max_entries:
            self._values.popitem(last=False)

    async def delete(self, key: str) -> None:
        """Forget a value."""
        self._values.pop(key, None)

    async def hit(self, key: str, *, limit: int, window_seconds: float) -> float:
        """Count one hit in a sliding window; seconds to wait when there is no room, else 0.0."""
        now = self._now()
        hits = self._hits.setdefault(key, deque())
        self._hits.move_to_end(key)
        if len(self._hits) > self._max_entries:
            self._hits.popitem(last=False)
        while hits and hits[0] <= now - window_seconds:
            hits.popleft()
        if len(hits) >= limit:
            return hits[len(hits) - limit] + window_seconds - now
        hits.append(now)
        return 0.0

    async def health(self) -> Health:
        """How full it is."""
        return Health(ok=True, figures={"entries": float(len(self._values))})
