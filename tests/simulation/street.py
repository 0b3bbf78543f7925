"""The shops of a run, and how one of them, or one of their objects, is picked."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.client import Client
from tests.simulation.world import World

from stacktill.application.services import Caller

__all__ = ["Shop", "Street"]


@dataclass(slots=True)
class Shop:
    """One merchant; ``steady`` are endpoints that nobody ever changes."""

    id: str
    callers: tuple[Caller, Caller]
    steady: list[str] = field(default_factory=list)


class Street:
    """Some shops."""

    def __init__(self, world: World, client: Client) -> None:
        self.world = world
        self.client = client
        self.random: Random = world.random
        self.shops: list[Shop] = []

    def caller(self) -> Caller:
        """Somebody who asks; mostly in test mode."""
        return self.random.choice(self.shops).callers[self.random.random() < 0.2]

    def pick(self, table: str, where: str = "1", *parameters: Any) -> tuple[str, Caller] | None:
        """One of the newest objects of a table, and whose it is."""
        rows = self.world.books.rows(
            f"SELECT id, merchant_id, livemode FROM {table} WHERE {where} ORDER BY id DESC LIMIT 12",
            *parameters,
        )
        if not rows:
            return None
        id, merchant, livemode = self.random.choice(rows)
        return id, Caller(merchant, bool(livemode))
