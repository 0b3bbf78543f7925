"""Contrast as WCAG counts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.colours import BLACK, WHITE, contrast, text_on
from stacktill.domain.merchants import Brand

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(WHITE, BLACK, 21.0), (WHITE, WHITE, 1.0), ("#777777", WHITE, 4.48), ("#ff0000", WHITE, 4.0)],
)
def test_known_contrasts(first: str, second: str, expected: float) -> None:
    assert round(contrast(first, second), 2) == expected == round(contrast(second, first), 2)


@given(COLOURS)
def test_there_is_always_an_ink_that_can_be_read(colour: str) -> None:
    assert contrast(text_on(colour), colour) >= 4.5
    assert Brand(primary_color=colour).text_color == text_on(colour)


def test_no_colour_has_no_ink() -> None:
    assert Brand().text_color is None
