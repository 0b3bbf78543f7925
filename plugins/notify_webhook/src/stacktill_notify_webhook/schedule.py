"""When to try again: growing pauses, spread so that receivers are not hit all at once."""

from __future__ import annotations

import random
from collections.abc import Sequence

from stacktill.plugin import Attempt

__all__ = ["JITTER", "RETRY_AFTER_MAX_SECONDS", "RetrySchedule", "default_delays_seconds"]

JITTER = 0.2
"""Each pause is up to this part shorter or longer than the schedule says."""
RETRY_AFTER_MAX_SECONDS = 86_400.0

_LONG_TAIL = (18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
_LIVE = (5.0, 300.0, 1_800.0, 7_200.0, *_LONG_TAIL)
_SANDBOX = (2.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0, *_LONG_TAIL)


def default_delays_seconds(*, live: bool) -> tuple[float, ...]:
    """The pauses without a setting, about 75 hours in all.

    Live they are those of the Standard Webhooks specification; on a sandbox the first retries come
    sooner, since a developer is watching.
    """
    return _LIVE if live else _SANDBOX


class RetrySchedule:
    """The pauses after the first, second, … failed attempt."""

    def __init__(
        self, delays_seconds: Sequence[float], *, chance: random.Random | None = None
    ) -> None:
        self._delays_seconds = tuple(delays_seconds)
        self._chance = chance if chance is not None else random.SystemRandom()

    def delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """The pause after that many failed attempts, or None to give up.

        A receiver's Retry-After lengthens the pause, up to a day, and never shortens it.
        """
        if last.outcome in {"delivered", "gone"} or attempts_made > len(self._delays_seconds):
            return None
        planned = self._delays_seconds[max(attempts_made, 1) - 1]
        spread = planned * self._chance.uniform(1 - JITTER, 1 + JITTER)
        wished = min(last.retry_after_seconds or 0.0, RETRY_AFTER_MAX_SECONDS)
        return max(spread, wished)
