"""Rate limits by API key or by address: a sliding window in a few microseconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from stacktill.domain.errors import RateLimited
from stacktill.web.shell.addresses import address_bucket
from stacktill.web.shell.asgi import Exchange
from stacktill.web.shell.settings import RateLimitSettings

__all__ = ["RateLimiter", "RateLimits", "SlidingWindowLimiter"]


PUBLIC_PREFIX = "pk_"


class RateLimiter(Protocol):
    """Counts hits by key; another implementation may count for several processes."""

    async def hit(self, key: bytes) -> float | None:
        """Count one hit of ``key``; None if there is room, else the seconds until there is.

        A hit that is refused does not count.
        """
        ...


class SlidingWindowLimiter:
    """A sliding window from two counters: this window's hits and a share of the last one's.

    Exact under concurrency in one event loop, because nothing is awaited between the look and
    the count. Memory is bounded: the key that was not seen for longest is forgotten.
    """

    def __init__(
        self,
        limit: int,
        window_seconds: float,
        *,
        maximum_keys: int = 10_000,
        monotonic_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        if limit < 1 or window_seconds <= 0 or maximum_keys < 1:
            raise ValueError("A rate limit needs room for a request, a time and a key.")
        self._limit = limit
        self._window = window_seconds
        self._maximum_keys = maximum_keys
        self._now = monotonic_seconds
        # key -> [number of the window, hits in it, hits in the one before]
        self._windows: OrderedDict[bytes, list[float]] = OrderedDict()

    async def hit(self, key: bytes) -> float | None:
        """See ``RateLimiter.hit``."""
        number, offset = divmod(self._now(), self._window)
        entry = self._windows.get(key)
        if entry is None:
            self._windows[key] = entry = [number, 0.0, 0.0]
            if len(self._windows) > self._maximum_keys:
                self._windows.popitem(last=False)
        else:
            self._windows.move_to_end(key)
            if entry[0] != number:
                entry[2] = entry[1] if entry[0] == number - 1 else 0.0
                entry[0], entry[1] = number, 0.0
        _, hits, before = entry
        if hits + 1 + before * (1 - offset / self._window) > self._limit:
            return self._wait(hits, before, offset)
        entry[1] = hits + 1
        return None

    def _wait(self, hits: float, before: float, offset: float) -> float:
        """Seconds until enough of the older window has slid out for one more hit."""
        room = self._limit - 1 - hits
        if room >= 0 and before > 0:
            return max(0.001, self._window * (1 - room / before) - offset)
        # This window alone is full: it must become the older one and slide out a little.
        share = max(0.0, 1 - (self._limit - 1) / hits)
        return self._window * (1 + share) - offset


class RateLimits:
    """Decides whose limit a request counts for, and counts it.

    A key counts by itself once the authentication has accepted it (``accept_key``); before, and
    again after an answer 401, the address counts. So it does for publishable keys, which stand in
    pages for everybody to use: one visitor must not use them up for all others. Keys are known by
    their SHA-256 only.
    """

    def __init__(self, settings: RateLimitSettings, limiter: RateLimiter | None = None) -> None:
        self._exempt_paths = frozenset(settings.exempt_paths)
        self._maximum_keys = settings.maximum_keys
        self._known_keys: OrderedDict[bytes, None] = OrderedDict()
        self._limiter = limiter
        if limiter is None and settings.requests_per_second > 0:
            self._limiter = SlidingWindowLimiter(
                max(1, round(settings.requests_per_second * settings.window_seconds)),
                settings.window_seconds,
                maximum_keys=settings.maximum_keys,
            )

    async def check(self, exchange: Exchange) -> RateLimited | None:
        """Count the request; the refusal if there is no room for it."""
        if self._limiter is None or exchange.path in self._exempt_paths:
            return None
        wait_seconds = await self._limiter.hit(self._bucket(exchange))
        if wait_seconds is None:
            return None
        return RateLimited(
            "Too many requests in a short time. Wait a moment, then go on more slowly.",
            retry_after_seconds=wait_seconds,
        )

    def _bucket(self, exchange: Exchange) -> bytes:
        digest = exchange.key_digest
        if digest is not None and digest in self._known_keys:
            return b"k" + digest
        return b"a" + address_bucket(exchange.client_address)

    def learn(self, exchange: Exchange) -> None:
        """Remember after the answer whether the request's key is a real one."""
        digest = exchange.key_digest
        if digest is None or self._limiter is None:
            return
        if exchange.status == 401:
            self._known_keys.pop(digest, None)
        elif exchange.key_accepted and not (exchange.credential or "").startswith(PUBLIC_PREFIX):
            self._known_keys[digest] = None
            self._known_keys.move_to_end(digest)
            if len(self._known_keys) > self._maximum_keys:
                self._known_keys.popitem(last=False)
