"""Whatever colours a store has, what is written with them can be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.colours import contrast
from stacktill.domain.merchants import Brand
from stacktill.web.pages.assets import FOLDER
from stacktill.web.pages.checkout.brand import (
    DARK_PAPER,
    LIGHT_PAPER,
    NAME,
    READABLE,
    brand_sheet,
    brand_url,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
DARK = "@media(prefers-color-scheme:dark)"


def rules(sheet: str) -> dict[str, str]:
    """The custom properties of a part of a sheet."""
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6,8})", sheet))


@given(st.none() | COLOURS, st.none() | COLOURS)
def test_every_text_is_readable(primary: str | None, secondary: str | None) -> None:
    sheet = brand_sheet(primary, secondary)
    assert re.fullmatch(r"[a-z0-9#:;{}()@-]+", sheet)
    for part, paper in zip(sheet.split(DARK), (LIGHT_PAPER, DARK_PAPER), strict=True):
        values = rules(part)
        if primary is not None:
            assert values["accent"] == primary
            assert contrast(values["on-accent"], primary) >= READABLE
            assert contrast(values["accent-ink"], paper) >= READABLE
        if secondary is not None:
            assert values["shelf"] == secondary
            for name in ("on-shelf", "on-shelf-quiet", "on-shelf-dim"):
                assert contrast(values[name], secondary) >= READABLE


def test_our_own_colours_are_readable() -> None:
    light, _, dark = (FOLDER / "pay.css").read_text().partition("@media (prefers-color-scheme")
    night = rules(dark.partition("* {")[0])
    for values in (rules(light), rules(light) | night):
        surfaces = [values["counter"], values["field"]]
        for name in ("ink", "quiet", "accent-ink"):
            assert all(contrast(values[name], surface) >= READABLE for surface in surfaces), name
        for name in ("good", "warn", "bad"):
            assert contrast(values[name], values[f"{name}-paper"]) >= READABLE, name
            assert contrast(values[name], values["counter"]) >= READABLE, name
        for name in ("on-shelf", "on-shelf-quiet", "on-shelf-dim"):
            assert contrast(values[name], values["shelf"]) >= READABLE or name == "on-shelf-dim"
        assert contrast(values["on-shelf-dim"], values["shelf"]) >= 3
        assert contrast(values["dim"], values["counter"]) >= READABLE
        assert contrast(values["edge"], values["counter"]) >= 3
        assert contrast(values["on-accent"], values["accent"]) >= READABLE


@pytest.mark.parametrize(
    ("primary", "secondary", "url"),
    [
        (None, None, None),
        ("#0a6e4f", None, "/assets/brand/0a6e4f-none.css"),
        (None, "#ffffff", "/assets/brand/none-ffffff.css"),
        ("#0a6e4f", "#ffffff", "/assets/brand/0a6e4f-ffffff.css"),
    ],
)
def test_the_address_is_the_colours(
    primary: str | None, secondary: str | None, url: str | None
) -> None:
    assert brand_url(Brand(primary_color=primary, secondary_color=secondary)) == url


@pytest.mark.parametrize(
    "name",
    [
        "0a6e4f.css",
        "0A6E4F-none.css",
        "red-none.css",
        "0a6e4f-none",
        "0a6e4f-none.css\n",
        "x;}-y.css",
    ],
)
def test_nothing_else_is_an_address(name: str) -> None:
    assert NAME.fullmatch(name) is None
