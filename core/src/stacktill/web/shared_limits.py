"""Rate limits that several processes share, counted in a cache plugin."""

from __future__ import annotations

import logging

from stacktill.plugin.cache import Cache
from stacktill.web.shell import RateLimiter, SlidingWindowLimiter

__all__ = ["CacheLimiter"]

log = logging.getLogger(__name__)


class CacheLimiter:
    """A ``RateLimiter`` on a cache; while the cache fails, this process counts on its own."""

    def __init__(self, cache: Cache, *, limit: int, window_seconds: float) -> None:
        self._cache = cache
        self._limit = limit
        self._window_seconds = window_seconds
        self._fallback: RateLimiter = SlidingWindowLimiter(limit, window_seconds)

    async def hit(self, key: bytes) -> float | None:
        """Count a hit; the seconds to wait when there were too many, else None."""
        name = f"rate_limit:{key.hex()}"
        try:
            wait = await self._cache.hit(
                name, limit=self._limit, window_seconds=self._window_seconds
            )
        except Exception:
            log.exception("rate_limit.cache_failed")
            return await self._fallback.hit(key)
        return wait or None
