"""The core's own cache keeps the contract of caches, within its bounds."""

from __future__ import annotations

import pytest

from stacktill.plugin import Cache
from stacktill.runtime.memory_cache import MemoryCache
from stacktill.testing.cache import CacheContract


class TestMemoryCache(CacheContract):
    """The shipped contract, on the in-process cache."""

    @pytest.fixture
    async def cache(self) -> Cache:
        """A new, empty one."""
        return MemoryCache()


async def test_the_longest_unused_entry_goes_first() -> None:
    """A full cache stays within its bounds."""
    cache = MemoryCache(max_entries=2)
    await cache.set("a", b"1", ttl_seconds=60)
    await cache.set("b", b"2", ttl_seconds=60)
    assert await cache.get("a") == b"1"
    await cache.set("c", b"3", ttl_seconds=60)
    assert await cache.get("b") is None
    assert await cache.get("a") == b"1"
