"""The contract of caches: subclass ``CacheContract`` and override its fixture ``cache``."""

from __future__ import annotations

import asyncio

import pytest

from stacktill.plugin import Cache

__all__ = ["CacheContract"]


class CacheContract:
    """What every cache must do."""

    @pytest.fixture
    async def cache(self) -> Cache:
        """The opened, empty cache under test."""
        raise NotImplementedError("override the fixture `cache`")

    async def test_gives_back_what_was_set(self, cache: Cache) -> None:
        """Any bytes come back as they were."""
        value = bytes(range(256))
        await cache.set("a", value, ttl_seconds=60)
        assert await cache.get("a") == value
        assert await cache.get("b") is None

    async def test_the_last_value_counts(self, cache: Cache) -> None:
        """Setting again replaces the value and its time."""
        await cache.set("a", b"1", ttl_seconds=0.05)
        await cache.set("a", b"2", ttl_seconds=60)
        await asyncio.sleep(0.1)
        assert await cache.get("a") == b"2"

    async def test_forgets_in_time(self, cache: Cache) -> None:
        """A value is gone when its time is over."""
        await cache.set("a", b"1", ttl_seconds=0.05)
        await asyncio.sleep(0.1)
        assert await cache.get("a") is None

    async def test_forgets_by_wish(self, cache: Cache) -> None:
        """Deleting is idempotent."""
        await cache.set("a", b"1", ttl_seconds=60)
        await cache.delete("a")
        await cache.delete("a")
        assert await cache.get("a") is None

    async def test_counts_hits_exactly_under_concurrency(self, cache: Cache) -> None:
        """Of many hits at once exactly ``limit`` are let through, and the others are told to wait."""
        waits = await asyncio.gather(
            *(cache.hit("k", limit=20, window_seconds=30) for _ in range(100))
        )
        assert sum(wait == 0.0 for wait in waits) == 20
        assert all(0 < wait <= 30 for wait in waits if wait)

    async def test_a_refused_hit_does_not_count(self, cache: Cache) -> None:
        """Knocking does not keep the door shut: the window slides on."""
        assert await cache.hit("k", limit=1, window_seconds=0.2) == 0.0
        while wait := await cache.hit("k", limit=1, window_seconds=0.2):
            assert wait <= 0.2
            await asyncio.sleep(0.02)

    async def test_windows_of_different_keys_are_apart(self, cache: Cache) -> None:
        """One caller's hits are not another's."""
        assert await cache.hit("a", limit=1, window_seconds=30) == 0.0
        assert await cache.hit("b", limit=1, window_seconds=30) == 0.0

    async def test_says_how_it_is(self, cache: Cache) -> None:
        """An opened cache is well."""
        assert (await cache.health()).ok
