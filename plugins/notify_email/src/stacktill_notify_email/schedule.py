"""When to try again: growing pauses, spread so that a mail server is not met by all at once."""

from __future__ import annotations

import random
from collections.abc import Sequence

from stacktill.plugin import Attempt

__all__ = ["JITTER", "RetrySchedule", "default_delays_seconds"]

JITTER = 0.2
"""Each pause is up to this part shorter or longer than the schedule says."""

_LONG_TAIL = (600.0, 1_800.0, 3_600.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0)
_LIVE = (30.0, 120.0, *_LONG_TAIL)
_SANDBOX = (2.0, 10.0, 30.0, 120.0, *_LONG_TAIL)


def default_delays_seconds(*, live: bool) -> tuple[float, ...]:
    """The pauses without a setting, about two days in all; a sandbox begins sooner."""
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

        A refusal is final: the mail server, or this box, has said that it will never be.
        """
        if last.outcome not in {"failed", "throttled"} or attempts_made > len(self._delays_seconds):
            return None
        planned = self._delays_seconds[max(attempts_made, 1) - 1]
        return planned * self._chance.uniform(1 - JITTER, 1 + JITTER)
