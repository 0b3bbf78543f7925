"""What the demo shop sells, and what a cart of it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BY_SKU", "GOODS", "MOST_OF_ONE", "Good", "Line", "lines_of", "total_sats"]

MOST_OF_ONE = 9


@dataclass(frozen=True, slots=True)
class Good:
    """One thing on the shelf; the price is for one, in sats."""

    sku: str
    name: str
    price_sats: int


@dataclass(frozen=True, slots=True)
class Line:
    """So many of one thing."""

    good: Good
    quantity: int

    @property
    def sats(self) -> int:
        """What the line comes to."""
        return self.good.price_sats * self.quantity


GOODS = (
    Good("coffee", "Coffee beans", 18_000),
    Good("mug", "Enamel mug", 21_000),
    Good("notebook", "Notebook", 12_500),
    Good("stickers", "Sticker sheet", 2_100),
)
BY_SKU = {good.sku: good for good in GOODS}


def lines_of(cart: Mapping[str, int]) -> tuple[Line, ...]:
    """The lines of a cart, in the order of the shelf."""
    return tuple(Line(good, cart[good.sku]) for good in GOODS if cart.get(good.sku))


def total_sats(lines: tuple[Line, ...]) -> int:
    """What all lines come to."""
    return sum(line.sats for line in lines)
