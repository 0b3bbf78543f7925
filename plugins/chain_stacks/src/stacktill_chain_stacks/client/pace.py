"""How fast a source may be asked: within its limit, once a second while it fails, then not for a while."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from stacktill.plugin import ChainUnavailable

__all__ = ["Pace"]

SECONDS_WHILE_FAILING = 1.0
FAILURES_TO_OPEN = 5
FIRST_REST_SECONDS = 2.0
LONGEST_REST_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 300.0
BURST_SECONDS = 6.0


class Pace:
    """Lets requests pass one after the other; every request ends in ``worked`` or in ``failed``.

    After several failures in a row the circuit opens: requests are refused at once until the rest is
    over, then they try again, once a second, until one works. ``requests_per_minute`` 0 sets no limit.
    """

    def __init__(
        self,
        name: str,
        requests_per_minute: float,
        *,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._name = name
        self._per_second = requests_per_minute / 60
        self._burst = max(self._per_second * BURST_SECONDS, 1.0)
        self._room = self._burst
        self._now = now if now is not None else lambda: asyncio.get_running_loop().time()
        self._refilled_at: float | None = None
        self._asked_at = float("-inf")
        self._closed_until = float("-inf")
        self._gate = asyncio.Lock()
        self.failures = 0
        """How many requests in a row have failed."""

    async def turn(self) -> None:
        """Wait until a request may be made; raise ``ChainUnavailable`` while the source is left alone."""
        self._refuse_while_open()
        async with self._gate:
            self._refuse_while_open()
            await asyncio.sleep(self._pause())
            self._refuse_while_open()
            self._asked_at = self._now()
            self._room -= 1

    def worked(self) -> None:
        """The source answered."""
        self.failures = 0

    def failed(self, retry_after_seconds: float | None = None) -> None:
        """The source did not answer, or answered nonsense, or asked to be left alone for a while."""
        self.failures += 1
        rest = min(retry_after_seconds or 0.0, LONGEST_RETRY_AFTER_SECONDS)
        if self.failures >= FAILURES_TO_OPEN:
            grown = FIRST_REST_SECONDS * 2.0 ** min(self.failures - FAILURES_TO_OPEN, 10)
            jitter = random.uniform(0.8, 1.2)  # noqa: S311 - so that tills do not come back as one
            rest = max(rest, min(grown, LONGEST_REST_SECONDS) * jitter)
        self._closed_until = max(self._closed_until, self._now() + rest)

    def _refuse_while_open(self) -> None:
        left = self._closed_until - self._now()
        if left > 0:
            raise ChainUnavailable(
                f"{self._name} failed {self.failures} times; it is asked again in {left:.0f} s."
            )

    def _pause(self) -> float:
        """How long the next request must wait, once the room has been refilled."""
        now = self._now()
        since = now - self._asked_at
        pause = SECONDS_WHILE_FAILING - since if self.failures else 0.0
        if self._per_second:
            passed = 0.0 if self._refilled_at is None else now - self._refilled_at
            self._refilled_at = now
            self._room = min(self._room + passed * self._per_second, self._burst)
            if self._room < 1:
                pause = max(pause, (1 - self._room) / self._per_second)
        return max(pause, 0.0)
