"""Ids for requests: ``req_`` and 24 letters and digits, ordered by time, made in a microsecond."""

from __future__ import annotations

import time
from binascii import b2a_base64

from stacktill.runtime.chance import chance

__all__ = ["new_request_id"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_PAIR_BASE = len(_PAIRS)
_LETTERS = bytes.maketrans(b"+/", b"Aa")


def new_request_id() -> str:
    """A new id: 8 characters of milliseconds since 1970, then 16 random ones (over 90 bits)."""
    rest, last = divmod(time.time_ns() // 1_000_000, _PAIR_BASE)
    rest, third = divmod(rest, _PAIR_BASE)
    first, second = divmod(rest, _PAIR_BASE)
    # Base64 has two characters that base62 lacks; standing in for them costs no useful chance.
    noise = b2a_base64(chance(12), newline=False).translate(_LETTERS).decode()
    return f"req_{_PAIRS[first]}{_PAIRS[second]}{_PAIRS[third]}{_PAIRS[last]}{noise}"
