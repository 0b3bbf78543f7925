"""Amounts and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["as_btc", "as_moment", "as_sats", "as_span"]

SATS_PER_BTC = 100_000_000


def as_btc(sats: int) -> str:
    """The amount in BTC with all eight decimals, by whole numbers only."""
    whole, rest = divmod(abs(sats), SATS_PER_BTC)
    return f"{'-' if sats < 0 else ''}{whole}.{rest:08d}"


def as_sats(sats: int) -> str:
    """The amount in sats, its digits in groups of three."""
    return f"{sats:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def as_moment(seconds: int) -> str:
    """A moment of Unix seconds, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def as_span(seconds: int) -> str:
    """How long something takes, roughly."""
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'s' if count > 1 else ''}"
    return "less than a minute"
