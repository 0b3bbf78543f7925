"""One life of the gateway's process: where it may die, and what dies with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import NoReturn

__all__ = ["Fate"]


class Fate:
    """Counts the moments at which something is awaited; at one of them the process may die.

    ``crash_at`` is the number of that moment, counted over all lives; ``chance`` the odds at each
    of them. Whoever is at a moment after the death stays there for ever.
    """

    def __init__(
        self,
        note: Callable[[str], None],
        *,
        chance: float = 0.0,
        random: Random | None = None,
        moments: int = 0,
        crash_at: int | None = None,
        observe: Callable[[], None] = lambda: None,
    ) -> None:
        self.moments = moments
        self.died = asyncio.Event()
        self.last = ""
        self.chance = chance
        self._crash_at = crash_at
        self._random = random or Random(0)
        self._note = note
        self._observe = observe

    async def moment(self, name: str) -> None:
        """Pass a moment, or die at it."""
        if not self.died.is_set():
            self.moments += 1
            self._observe()
            if self.moments == self._crash_at or self._random.random() < self.chance:
                self.die(name)
        if self.died.is_set():
            await self.never()

    def die(self, name: str) -> None:
        """End this life here."""
        self.last = name
        self._note(f"the process dies at {name} (moment {self.moments})")
        self.died.set()

    async def never(self) -> NoReturn:
        """What a dead process does."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("a dead process went on")
