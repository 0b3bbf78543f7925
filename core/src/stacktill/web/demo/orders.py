"""The demo shop's orders, held in memory: as many as there is room for, the oldest go first."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Literal

from stacktill.web.demo.client import Exchange
from stacktill.web.demo.goods import Line, total_sats
from stacktill.web.demo.signatures import Step

__all__ = ["Letter", "Order", "OrderStatus", "Orders", "Way"]

OrderStatus = Literal["open", "processing", "paid", "expired"]
Way = Literal["modal", "inline", "page"]
"""How the checkout opens: over the shop's page, within it, or on a page of its own."""

MOST_ORDERS = 300
MOST_LETTERS = 12
MOST_EVENTS = 2_000


@dataclass(frozen=True, slots=True)
class Letter:
    """A webhook as it came, and what was made of it."""

    event_id: str
    type: str
    received_at: float
    headers: tuple[tuple[str, str], ...]
    body: str
    steps: tuple[Step, ...]
    effect: str


@dataclass(slots=True, kw_only=True)
class Order:
    """One order of one visitor."""

    id: str
    visitor: str
    lines: tuple[Line, ...]
    way: Way
    session_id: str
    payment: str
    """What the page opens: the session's client secret, or its id."""
    url: str | None
    asked: Exchange
    """The call of the API that the order began with, or was found again by."""
    status: OrderStatus = "open"
    paid_by: str | None = None
    """The event that it was paid by."""
    was_found_again: bool = False
    letters: list[Letter] = field(default_factory=list)
    created: float = field(default_factory=time.time)

    @property
    def total_sats(self) -> int:
        """What is due."""
        return total_sats(self.lines)

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is expected to happen."""
        return self.status in ("paid", "expired")


class Orders:
    """All orders, with the letters that came for orders that nobody has asked for since a restart."""

    def __init__(self) -> None:
        self._orders: OrderedDict[str, Order] = OrderedDict()
        self._waiting: OrderedDict[str, list[tuple[Letter, dict[str, Any]]]] = OrderedDict()
        self._seen: OrderedDict[str, None] = OrderedDict()

    def add(self, order: Order) -> None:
        """Keep an order, at the cost of the oldest."""
        self._orders[order.id] = order
        while len(self._orders) > MOST_ORDERS:
            self._orders.popitem(last=False)

    def get(self, id: str, visitor: str) -> Order | None:
        """A visitor's own order; None for all others, whether they exist or not."""
        order = self._orders.get(id)
        return order if order is not None and order.visitor == visitor else None

    def find(self, id: str) -> Order | None:
        """An order, for the webhook alone: that is signed by the box and shown to nobody."""
        return self._orders.get(id)

    def is_new(self, event_id: str) -> bool:
        """Whether an event comes for the first time; from now on it does not."""
        if event_id in self._seen:
            return False
        self._seen[event_id] = None
        while len(self._seen) > MOST_EVENTS:
            self._seen.popitem(last=False)
        return True

    def put_aside(self, order_id: str, letter: Letter, event: dict[str, Any]) -> None:
        """Keep a letter for an order that is not here (any more)."""
        pile = self._waiting.setdefault(order_id, [])
        pile.append((letter, event))
        del pile[:-MOST_LETTERS]
        while len(self._waiting) > MOST_ORDERS:
            self._waiting.popitem(last=False)

    def take_aside(self, order_id: str) -> list[tuple[Letter, dict[str, Any]]]:
        """The letters that wait for an order, which are then no longer kept."""
        return self._waiting.pop(order_id, [])
