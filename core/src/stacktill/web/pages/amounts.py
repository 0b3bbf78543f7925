"""Amounts as people type them, in sats or in BTC, in the digits of any script."""

from __future__ import annotations

import re
import unicodedata

from stacktill.web.pages.money import SATS_PER_BTC

__all__ = ["UNITS", "read_amount", "read_count"]

UNITS = ("sats", "btc")
LONGEST = 40
SPACES = re.compile(r"[\s'\u2019_\u066c\u061c\u200e\u200f\u2066-\u2069]")
"""What stands between groups of digits or around them, marks of direction included, and means nothing."""
WHOLE = re.compile(r"[0-9]{1,16}|[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")
"""Sats have no fractions, so a point or comma can only part thousands, and has to."""
DECIMAL = re.compile(r"([0-9]{0,8})(?:[.,]([0-9]{0,8}))?")


def read_amount(text: str, unit: str) -> int | None:
    """What was typed, in sats; None when it is no amount, or not one of the unit."""
    plain = _plain(text)
    if unit == "sats":
        return int(re.sub("[.,]", "", plain)) if WHOLE.fullmatch(plain) else None
    match = DECIMAL.fullmatch(plain)
    if unit != "btc" or match is None or not (match[1] or match[2]):
        return None
    return int(match[1] or 0) * SATS_PER_BTC + int((match[2] or "").ljust(8, "0"))


def read_count(text: str) -> int | None:
    """How many, as typed; None when it is no whole number."""
    plain = _plain(text)
    return int(plain) if re.fullmatch("[0-9]{1,7}", plain) else None


def _plain(text: str) -> str:
    """The text in ASCII digits, without what parts groups of them."""
    if len(text) > LONGEST:
        return "?"
    together = SPACES.sub("", unicodedata.normalize("NFKC", text)).replace("\u066b", ".")
    return "".join(_digit(letter) for letter in together)


def _digit(letter: str) -> str:
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)
