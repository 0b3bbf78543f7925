"""The cache port: short-lived values that may be lost at any moment without harm."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stacktill.plugin.context import PluginContext
    from stacktill.plugin.health import Health

__all__ = ["Cache", "CacheBackend"]


class Cache(Protocol):
    """An opened cache. Nothing that must not be lost is ever kept only here."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None when it is absent or its time is over."""
        ...

    async def set(self, key: str, value: bytes, *, ttl_seconds: float) -> None:
        """Keep a value for at most that long."""
        ...

    async def delete(self, key: str) -> None:
        """Forget a value; forgetting nothing is fine."""
        ...

    async def hit(self, key: str, *, limit: int, window_seconds: float) -> float:
        """Count one hit in a sliding window.

        Return 0.0 when it was within the limit, else the seconds until there is room; a refused hit
        does not count.
        """
        ...

    async def health(self) -> Health:
        """Whether the cache answers."""
        ...


class CacheOpener(Protocol):
    """Opens the cache for as long as the context lasts."""

    def __call__(self, context: PluginContext) -> AbstractAsyncContextManager[Cache]:
        """Return an async context manager of the opened cache."""
        ...


@dataclass(frozen=True, slots=True)
class CacheBackend:
    """What a cache plugin offers."""

    open: CacheOpener
