"""Ids in order of time, and secrets that cannot be guessed."""

from __future__ import annotations

import struct
import time

from stacktill.runtime.chance import chance

__all__ = ["TimeOrderedIds", "first_id"]

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Base62 in ASCII order, so that text order is number order."""

RANDOM_LETTERS = 14
TIME_LETTERS = 10
PAIRS = tuple(a + b for a in ALPHABET for b in ALPHABET)
PAIR = len(PAIRS)
SLOW_PART = PAIR * PAIR
"""The last four of the time's letters stand for so many microseconds (15 s); the others hardly change."""
SECRET_LETTERS = 32
"""32 letters of base62 are 189 bits; they are valid base64 as well, which Standard Webhooks asks for."""


class TimeOrderedIds:
    """Ids of 24 base62 letters: 10 of microseconds, 14 of chance (82 bits).

    Within a process each id is greater than the one before, so lists page by id alone.
    """

    def __init__(self) -> None:
        self._last = 0
        self._slow = (0, "")

    def new(self, prefix: str) -> str:
        """An id such as ``pi_…``."""
        now = max(time.time_ns() // 1_000, self._last + 1)
        self._last = now
        slow, fast = divmod(now, SLOW_PART)
        known, letters = self._slow
        if slow != known:
            letters = _letters(slow, TIME_LETTERS - 4)
            self._slow = slow, letters
        return (
            f"{prefix}_{letters}{PAIRS[fast // PAIR]}{PAIRS[fast % PAIR]}{_random(RANDOM_LETTERS)}"
        )

    def secret(self, prefix: str) -> str:
        """A token such as ``sk_test_…`` with 189 bits of chance."""
        return f"{prefix}_{_random(SECRET_LETTERS)}"


def first_id(prefix: str, unix_seconds: int) -> str:
    """A bound: every id of that prefix made from that second on is greater."""
    return f"{prefix}_{_letters(unix_seconds * 1_000_000, TIME_LETTERS)}"


def _letters(number: int, width: int) -> str:
    letters = []
    for _ in range(width // 2):
        number, pair = divmod(number, 3844)
        letters.append(PAIRS[pair])
    return "".join(reversed(letters))


def _random(width: int) -> str:
    """Letters of chance, two for each 16 bits: the likeliest pair has 2**-11.83, so 14 have 82 bits."""
    numbers = struct.unpack(f"{width // 2}H", chance(width))
    return "".join([PAIRS[number % PAIR] for number in numbers])
