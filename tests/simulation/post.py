"""Shops' webhook receivers behind the ``Notifier`` port, and a plugin with event hooks."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.simulation.fate import Fate

from stacktill.domain.errors import InvalidParameter
from stacktill.domain.events import Event
from stacktill.plugin import Attempt, Health, Message, Target
from stacktill_notify_webhook.schedule import RetrySchedule

__all__ = ["MODES", "Letterbox", "LifeHooks", "LifeNotifier", "PostOffice"]

MODES = ("ok", "error", "throttled", "hangs", "unreachable", "flaky", "late")
SCHEDULE_SECONDS = (1.0, 4.0, 20.0, 45.0, 90.0) + (120.0,) * 40
"""Short enough for a run, with pauses beyond a lane's idle time; long enough to outlast faults."""
DEADLINE_SECONDS = 15.0
SUBSCRIBER = "plugin:bookkeeper"


@dataclass(slots=True)
class Letterbox:
    """One receiver's memory: how often it accepted each event, and the secrets it was signed with."""

    mode: str = "ok"
    accepted: Counter[str] = field(default_factory=Counter)
    last_secrets: tuple[str, ...] = ()


class PostOffice:
    """Everything outside that ever received something; it outlives every process."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.boxes: dict[str, Letterbox] = {}
        self.bodies: dict[str, bytes] = {}
        self.two_meanings: list[str] = []
        self.hooks = Letterbox()
        self.deeds = 0

    def box(self, url: str) -> Letterbox:
        """The receiver at a URL."""
        return self.boxes.setdefault(url, Letterbox())

    def see(self, event_id: str, body: bytes) -> None:
        """Whatever arrives under one id must always be the same."""
        first = self.bodies.setdefault(event_id, body)
        if first != body:
            self.two_meanings.append(f"{event_id}: {first!r} and {body!r}")

    def heal(self) -> None:
        """Every receiver works again (one that is gone for good stays gone)."""
        for box in [*self.boxes.values(), self.hooks]:
            if box.mode != "gone":
                box.mode = "ok"


class LifeNotifier:
    """The ``Notifier`` port of one life."""

    max_in_flight_per_target = 4

    def __init__(self, office: PostOffice, fate: Fate) -> None:
        self._office = office
        self._fate = fate
        self._schedule = RetrySchedule(SCHEDULE_SECONDS, chance=office.random)

    async def attempt(self, target: Target, message: Message) -> Attempt:
        """Carry one event to one receiver, which does what its mode says."""
        await self._fate.moment("post.before")
        office = self._office
        box = office.box(target.url)
        attempt = await self._carry(box, target, message)
        office.deeds += 1
        await self._fate.moment("post.after")
        return attempt

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """The real schedule's rules with this run's pauses."""
        return self._schedule.delay_seconds(attempts_made, last)

    def check_url(self, url: str) -> None:
        """Only what begins like a URL."""
        if not url.startswith("http"):
            raise InvalidParameter("not a URL", code="url_invalid", param="url")

    async def health(self) -> Health:
        """Always well."""
        return Health(ok=True)

    async def _carry(self, box: Letterbox, target: Target, message: Message) -> Attempt:
        random = self._office.random
        await asyncio.sleep(random.random() * 0.2)
        mode = box.mode
        if mode == "flaky":
            mode = random.choice(("ok", "error", "hangs", "unreachable"))
        if mode in ("unreachable", "hangs"):
            await asyncio.sleep(DEADLINE_SECONDS if mode == "hangs" else 0.1)
            # One that hangs may well have read everything before.
            if mode == "hangs" and random.random() < 0.5:
                self._accept(box, target, message)
            return Attempt("failed", 1, error=mode)
        if mode == "error":
            return Attempt("failed", 1, status=500)
        if mode == "gone":
            return Attempt("gone", 1, status=410)
        if mode == "throttled":
            return Attempt(
                "throttled", 1, status=429, retry_after_seconds=random.choice((None, 35))
            )
        if mode == "late":
            await asyncio.sleep(5)
        self._accept(box, target, message)
        return Attempt("delivered", 1, status=200)

    def _accept(self, box: Letterbox, target: Target, message: Message) -> None:
        self._office.see(message.event_id, message.body)
        box.accepted[message.event_id] += 1
        box.last_secrets = target.secrets


class LifeHooks:
    """A plugin that subscribes to every event, and fails at times."""

    def __init__(self, office: PostOffice, fate: Fate) -> None:
        self._office = office
        self._fate = fate

    def event_subscribers(self) -> dict[str, frozenset[str]]:
        """One plugin, for everything."""
        return {SUBSCRIBER.removeprefix("plugin:"): frozenset({"*"})}

    async def deliver(self, plugin: str, event: Event) -> None:
        """Take an event, or raise."""
        await self._fate.moment("hook.before")
        if self._office.hooks.mode != "ok" and self._office.random.random() < 0.5:
            raise RuntimeError("the simulated plugin fails")
        self._office.hooks.accepted[event.id] += 1
        self._office.deeds += 1
        await self._fate.moment("hook.after")
