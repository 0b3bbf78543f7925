"""Shops' servers: they ask until they are answered, always under the same key."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from tests.simulation.world import Disconnected, Unhappy, World

from stacktill.application.idempotency import Answer, Wish
from stacktill.application.services import Caller, Services
from stacktill.domain.errors import IdempotencyMismatch
from stacktill.plugin import StorageUnavailable
from stacktill.plugin.storage import UnitOfWork

__all__ = ["Act", "Asked", "Client", "encode"]

encode = msgspec.json.Encoder().encode

Act = Callable[[UnitOfWork, Services, Caller], Any]
"""The work of a request; answers with something that can be encoded as JSON."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish that was answered, and the first answer to it."""

    caller: Caller
    wish: Wish
    act: Act
    status: int
    body: bytes


class Client:
    """Every shop's HTTP client in one; it remembers each answer to hold later ones against it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: dict[tuple[str, bool, str], Asked] = {}
        self._keys = 0

    async def post(
        self, caller: Caller, name: str, act: Act, **params: Any
    ) -> dict[str, Any] | None:
        """Make a wish of its own key and see it through; the object, or None when refused."""
        self._keys += 1
        key = f"key-{self._keys}"
        self.world.counts[f"post {name}"] += 1
        caller = Caller(caller.merchant_id, caller.livemode, f"req_{key}", key)
        digest = hashlib.sha256(repr((name, sorted(params.items()))).encode())
        wish = Wish(key, digest.hexdigest())
        if self.world.random.random() < 0.1:
            # A double click: the same wish twice at once.
            self.world.counts["doubled request"] += 1
            first, second = await asyncio.gather(
                self._insist(caller, wish, act), self._insist(caller, wish, act)
            )
            self._hold(first, second)
            answer = first
        else:
            answer = await self._insist(caller, wish, act)
        self.world.note(f"{name} {params} -> {answer.status} {answer.body[:60]!r}")
        kept = Asked(caller, wish, act, answer.status, answer.body)
        self.asked[caller.merchant_id, caller.livemode, key] = kept
        if answer.status != 200:
            self.world.counts[f"refused {name}"] += 1
            return None
        found: dict[str, Any] = json.loads(answer.body)
        return found

    async def repeat(self, asked: Asked) -> None:
        """Send an answered wish again: the answer must be the same, byte for byte."""
        answer = await self._insist(asked.caller, asked.wish, asked.act)
        self.world.counts["repeated request"] += 1
        self._hold(Answer(asked.status, asked.body), answer)
        if answer.replayed_from is None:
            raise Unhappy(f"{asked.wish.key} was fulfilled a second time")

    async def misuse(self, asked: Asked) -> None:
        """Make another wish under an answered key."""
        wish = Wish(asked.wish.key, "another wish")
        try:
            await self._insist(asked.caller, wish, asked.act)
        except IdempotencyMismatch:
            self.world.counts["misused key"] += 1
            return
        raise Unhappy(f"{asked.wish.key} was taken for another wish")

    async def _insist(self, caller: Caller, wish: Wish, act: Act) -> Answer:
        pause = 0.2
        while True:
            try:
                answer: Answer = await self.world.ask(
                    caller, wish, lambda uow, services, who: encode(act(uow, services, who))
                )
                return answer
            except (Disconnected, StorageUnavailable) as error:
                self.world.counts[f"request cut by {type(error).__name__}"] += 1
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    def _hold(self, first: Answer, second: Answer) -> None:
        if (first.status, first.body) != (second.status, second.body):
            raise Unhappy(f"one key, two answers: {first.body!r} and {second.body!r}")
