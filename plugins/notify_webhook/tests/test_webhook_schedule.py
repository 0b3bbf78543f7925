"""The pauses between attempts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.plugin import Attempt
from stacktill_notify_webhook.schedule import RetrySchedule, default_delays_seconds

FAILED = Attempt("failed", 1, status=500)


@pytest.mark.parametrize("live", [True, False])
def test_the_defaults_last_about_75_hours(live: bool) -> None:
    delays = default_delays_seconds(live=live)
    assert 74 <= sum(delays) / 3600 <= 77
    assert list(delays) == sorted(delays)


def test_live_follows_the_standard_and_a_sandbox_is_quicker() -> None:
    live = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert list(default_delays_seconds(live=True)) == live
    assert default_delays_seconds(live=False)[:4] == (2, 5, 15, 60)


@given(st.integers(), st.lists(st.floats(0, 604_800), min_size=1, max_size=12))
def test_each_pause_is_spread_by_a_fifth(seed: int, delays: list[float]) -> None:
    schedule = RetrySchedule(delays, chance=random.Random(seed))
    for made, planned in enumerate(delays, start=1):
        delay = schedule.delay_seconds(made, FAILED)
        assert delay is not None
        assert 0.8 * planned <= delay <= 1.2 * planned
    assert schedule.delay_seconds(len(delays) + 1, FAILED) is None


def test_the_spread_is_used() -> None:
    schedule = RetrySchedule([100.0])
    seen = [schedule.delay_seconds(1, FAILED) or 0.0 for _ in range(200)]
    assert min(seen) < 90
    assert max(seen) > 110


@given(st.floats(0, 1e12))
def test_retry_after_only_lengthens(asked: float) -> None:
    schedule = RetrySchedule([100.0])
    delay = schedule.delay_seconds(1, Attempt("throttled", 1, retry_after_seconds=asked))
    assert delay is not None
    assert delay >= max(80.0, min(asked, 86_400.0))
    assert delay <= max(120.0, min(asked, 86_400.0))


def test_nothing_follows_success_or_gone() -> None:
    schedule = RetrySchedule([1.0, 1.0])
    assert schedule.delay_seconds(1, Attempt("delivered", 1, status=200)) is None
    assert schedule.delay_seconds(1, Attempt("gone", 1, status=410)) is None
    assert schedule.delay_seconds(1, Attempt("refused", 1)) is not None
