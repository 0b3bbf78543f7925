"""Amounts and times as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.web.pages.money import as_btc, as_moment, as_sats, as_span


@given(st.integers(-(21 * 10**14), 21 * 10**14))
def test_btc_is_exact(sats: int) -> None:
    text = as_btc(sats)
    assert Decimal(text) * 100_000_000 == sats
    assert len(text.partition(".")[2]) == 8


def test_amounts() -> None:
    assert as_btc(1) == "0.00000001"
    assert as_btc(2_100_000_000_000_000) == "21000000.00000000"
    assert as_btc(-150) == "-0.00000150"
    assert as_sats(20_000) == "20\u202f000"


def test_moments() -> None:
    assert as_moment(0) == "1970-01-01 00:00:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (60, "1 minute"),
        (899, "14 minutes"),
        (3_600, "1 hour"),
        (172_800, "2 days"),
    ],
)
def test_spans(seconds: int, words: str) -> None:
    assert as_span(seconds) == words
