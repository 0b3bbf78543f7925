"""The sliding window: how many it lets through, when there is room again, how much it remembers."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.web.shell import SlidingWindowLimiter, mask_key, presented_key
from stacktill.web.shell.addresses import address_bucket


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def test_exact_under_concurrency() -> None:
    limiter = SlidingWindowLimiter(20, 60.0)
    waits = await asyncio.gather(*(limiter.hit(b"key") for _ in range(100)))
    assert sum(wait is None for wait in waits) == 20
    assert all(wait is None or 0 < wait <= 120 for wait in waits)
    assert await limiter.hit(b"other") is None


@given(
    limit=st.integers(1, 30),
    pauses=st.lists(st.floats(0.0, 3.0, allow_nan=False), min_size=1, max_size=200),
)
def test_never_more_than_the_limit_in_a_window_and_waits_are_true(
    limit: int, pauses: list[float]
) -> None:
    clock = Hands()
    limiter = SlidingWindowLimiter(limit, 2.0, monotonic_seconds=clock)
    passed: list[float] = []

    async def go() -> None:
        for pause in pauses:
            clock.seconds += pause
            wait = await limiter.hit(b"key")
            if wait is None:
                passed.append(clock.seconds)
                continue
            assert 0 < wait <= 4.0
            clock.seconds += wait + 0.002
            assert await limiter.hit(b"key") is None
            passed.append(clock.seconds)

    asyncio.run(go())
    for window in {moment // 2.0 for moment in passed}:
        assert sum(moment // 2.0 == window for moment in passed) <= limit


async def test_memory_is_bounded() -> None:
    limiter = SlidingWindowLimiter(1, 60.0, maximum_keys=100)
    for number in range(1000):
        assert await limiter.hit(b"%d" % number) is None
    assert len(limiter._windows) == 100
    assert await limiter.hit(b"999") is not None


def test_a_limit_needs_room() -> None:
    with pytest.raises(ValueError, match="room"):
        SlidingWindowLimiter(0, 1.0)


def test_addresses_of_one_customer_count_together() -> None:
    assert address_bucket("2001:db8::1") == address_bucket("2001:db8::ffff:1")
    assert address_bucket("2001:db8::1") != address_bucket("2001:db8:0:1::1")
    assert address_bucket("192.0.2.1") != address_bucket("192.0.2.2")
    assert address_bucket("::ffff:192.0.2.1") == address_bucket("192.0.2.1")
    assert address_bucket("unknown") == b"unknown"


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (None, None),
        (b"Bearer sk_test_1", "sk_test_1"),
        (b"bearer  sk_test_1 ", "sk_test_1"),
        (b"Basic c2tfdGVzdF8xOg==", "sk_test_1"),
        (b"Basic c2tfdGVzdF8x", "sk_test_1"),
        (b"Basic ???", None),
        (b"Bearer", None),
        (b"Digest x", None),
        (b"Bearer \xff\xfe", "\xff\xfe"),
    ],
)
def test_presented_key(header: bytes | None, key: str | None) -> None:
    assert presented_key(header) == key


def test_masked_keys() -> None:
    assert mask_key("sk_live_" + "x" * 20 + "1234") == "sk_live_****1234"
    assert mask_key("sk_test_short") == "sk_test_****"
    assert mask_key("hunter2") == "****"
