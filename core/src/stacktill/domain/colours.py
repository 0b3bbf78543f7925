"""Colours as ``#rrggbb``, and how well one can be read on another."""

from __future__ import annotations

__all__ = ["BLACK", "WHITE", "contrast", "text_on"]

BLACK = "#000000"
WHITE = "#ffffff"
WEIGHTS = (0.2126, 0.7152, 0.0722)
"""How bright the eye sees red, green and blue."""


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours by WCAG 2.2, from 1 (the same) to 21 (black and white)."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """Black or white, whichever is read better on a colour: always more than 4.5 to 1."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return sum(weight * each for weight, each in zip(WEIGHTS, linear, strict=True))
