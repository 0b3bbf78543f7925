"""A store's colours as a style sheet of our own origin, made so that every text stays readable.

The address holds nothing but the colours, so the sheet can be kept for ever and no merchant's text ever
gets into a style sheet.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.domain.colours import BLACK, WHITE, contrast, text_on
from stacktill.domain.errors import NotFound
from stacktill.domain.merchants import Brand
from stacktill.web.kept import READING
from stacktill.web.pages.assets import FOR_EVER
from stacktill.web.pages.html import Kept

__all__ = ["brand_routes", "brand_sheet", "brand_url"]

READABLE = 4.5
"""WCAG 2.2's least contrast for text, level AA."""
LIGHT_PAPER, DARK_PAPER = "#f6f5f2", "#1d1f24"
"""The least bright surface of the light scheme that carries coloured text, the brightest of the dark."""
STEPS = 20
SOFTEST = 40
"""How much of the paper, in percent, the softer ink may take."""
NONE = "none"
NAME = re.compile(r"(none|[0-9a-f]{6})-(none|[0-9a-f]{6})\.css")


def brand_url(brand: Brand) -> str | None:
    """Where a store's colours are served, or None when it has chosen none."""
    colours = (brand.primary_color, brand.secondary_color)
    if colours == (None, None):
        return None
    first, second = (NONE if colour is None else colour.removeprefix("#") for colour in colours)
    return f"/assets/brand/{first}-{second}.css"


@lru_cache(maxsize=256)
def brand_sheet(primary: str | None, secondary: str | None) -> str:
    """The style sheet of two colours, each ``#rrggbb`` or None for ours."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    if primary is not None:
        ink = text_on(primary)
        light |= {"accent": primary, "on-accent": ink, "accent-ink": _towards(primary, LIGHT_PAPER)}
        dark |= {"accent": primary, "on-accent": ink, "accent-ink": _towards(primary, DARK_PAPER)}
    if secondary is not None:
        ink = text_on(secondary)
        light |= {"shelf": secondary, "on-shelf": ink}
        light |= {
            "on-shelf-quiet": _softer(ink, secondary),
            "on-shelf-dim": _softer(ink, secondary),
        }
        light |= {"shelf-line": f"{ink}33"}
        dark |= light if primary is None else {k: v for k, v in light.items() if "shelf" in k}
    return f":root{{{_rules(light)}}}@media(prefers-color-scheme:dark){{:root{{{_rules(dark)}}}}}"


def brand_routes() -> list[HTTPRouteHandler]:
    """The route of all stores' colours."""

    async def serve(request: Request[Any, Any, Any]) -> Response[bytes]:
        match = NAME.fullmatch(request.path_params["name"])
        if match is None:
            raise NotFound("There is no such file.")
        primary, secondary = (None if part == NONE else f"#{part}" for part in match.groups())
        body = brand_sheet(primary, secondary).encode()
        return Kept(body, "text/css", cache_control=FOR_EVER).answer(request)

    route = HTTPRouteHandler(
        "/assets/brand/{name:str}", http_method=READING, name="brand", include_in_schema=False
    )
    return [route(serve)]


def _rules(values: dict[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in values.items())


def _towards(colour: str, paper: str) -> str:
    """The colour, moved towards black or white until it can be read on a paper."""
    ink = text_on(paper)
    end = BLACK if ink == BLACK else WHITE
    for step in range(STEPS + 1):
        mixed = _mix(colour, end, step / STEPS)
        if contrast(mixed, paper) >= READABLE:
            return mixed
    return end


def _softer(ink: str, paper: str) -> str:
    """An ink for what matters less: as close to its paper as can still be read well."""
    for step in range(STEPS * SOFTEST // 100, 0, -1):
        mixed = _mix(ink, paper, step / STEPS)
        if contrast(mixed, paper) >= READABLE:
            return mixed
    return ink


def _mix(colour: str, other: str, share: float) -> str:
    channels = (
        round(int(colour[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share)
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)
