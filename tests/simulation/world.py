"""The world of one run: what outlives the gateway's process, and the process in its lives."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from tests.simulation.books import BookFaults, LifeStorage, new_books
from tests.simulation.fate import Fate
from tests.simulation.post import LifeHooks, LifeNotifier, PostOffice
from tests.simulation.scripted_chain import LifeChain, Nature
from tests.simulation.virtual_time import VirtualClock

from stacktill.application.idempotency import Answer, Wish, fulfil
from stacktill.application.services import Caller, Services
from stacktill.domain.errors import RequestError
from stacktill.plugin import StorageUnavailable
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.carriers import Carriers
from stacktill.runtime.dispatcher import Dispatcher
from stacktill.runtime.hub import Hub
from stacktill.runtime.relay import Relay
from stacktill.runtime.supervisor import Supervisor
from stacktill.runtime.vault import KeyRing
from stacktill.runtime.watcher import Watcher

__all__ = ["Disconnected", "Life", "OrderedIds", "Unhappy", "World"]

R = TypeVar("R")

POLL_SECONDS = 5.0
DOWN_SECONDS = 0.5
"""How long a dead process stays dead."""


class Disconnected(Exception):
    """The connection broke: nobody knows what became of the request."""


class Unhappy(AssertionError):
    """The gateway did what it must never do."""


class OrderedIds:
    """``Ids`` in the order in which they were made, over all lives."""

    def __init__(self) -> None:
        self.made = 0

    def new(self, prefix: str) -> str:
        """The next id."""
        self.made += 1
        return f"{prefix}_{self.made:024d}"

    def secret(self, prefix: str) -> str:
        """The next id, as a secret."""
        return self.new(prefix)


class _Alarm(logging.Handler):
    """Hears of what a loop survived but should never have met."""

    def __init__(self, alarms: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._alarms = alarms

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, StorageUnavailable):
            return
        self._alarms.append(f"{record.getMessage()}: {error!r}")


class Life:
    """One process: the real loops and use cases over simulated ports."""

    def __init__(self, world: World, fate: Fate) -> None:
        self.fate = fate
        self.storage = LifeStorage(world.books, world.book_faults, fate)
        test, live = (LifeChain(nature, fate, world.chain_random) for nature in world.natures)
        notifier = LifeNotifier(world.office, fate)
        self.services = Services(
            ids=world.ids,
            clock=world.clock,
            test_chain=test,
            live_chain=live,
            notifier=notifier,
            vault=world.vault,
            public_url="https://pay.example",
        )
        hooks = LifeHooks(world.office, fate)
        self.hub = Hub()
        self.dispatcher = Dispatcher(
            self.storage,
            self.services,
            Carriers(self.storage, self.services, notifier, hooks),
            world.log,
        )
        self.relay = Relay(self.storage, self.services, self.dispatcher, self.hub, world.log)
        self.watchers = [
            Watcher(
                self.storage,
                self.services,
                chain,
                livemode=livemode,
                poll_seconds=POLL_SECONDS,
                log=world.log,
                on_change=self.relay.nudge,
            )
            for livemode, chain in ((False, test), (True, live))
        ]
        self.supervisor = Supervisor(world.log)

    def start(self) -> None:
        """Start the loops, as the appliance does."""
        for number, watcher in enumerate(self.watchers):
            self.supervisor.start(f"watch:{number}", watcher.run)
        self.supervisor.start("deliver", self.dispatcher.run)
        self.supervisor.start("relay", self.relay.run)

    async def serve(
        self,
        caller: Caller,
        wish: Wish | None,
        act: Callable[[UnitOfWork, Services, Caller], bytes],
    ) -> Answer:
        """What the web does with a request: one transaction, a nudge, an answer."""
        await self.fate.moment("request.before")
        answer = await self.storage.write(
            fulfil,
            self.services,
            caller,
            wish,
            act=lambda uow: act(uow, self.services, caller),
            refuse=_refusal,
        )
        self.relay.nudge()
        await self.fate.moment("request.after")
        return answer


class World:
    """Everything of one run."""

    def __init__(self, seed: int, *, crash_at: int | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.seed = seed
        self.random = Random(f"{seed} driver")
        self.chain_random = Random(f"{seed} chain")
        self.fate_random = Random(f"{seed} fate")
        self.ids = OrderedIds()
        self.clock = VirtualClock(loop)
        self.books = new_books()
        self.book_faults = BookFaults(Random(f"{seed} books"))
        self.office = PostOffice(Random(f"{seed} post"))
        self.vault = KeyRing({"0001": bytes(32)})
        self.natures = tuple(
            Nature(name, VirtualClock(loop), Random(f"{seed} {name}"))
            for name in ("stacks:sim", "stacks:live")
        )
        self.trace: list[str] = []
        self.counts: Counter[str] = Counter()
        self.alarms: list[str] = []
        self.log = logging.getLogger("simulation")
        self.log.propagate = False
        self.log.handlers.clear()
        self.log.addHandler(_Alarm(self.alarms))
        self.crash_at = crash_at
        self.crash_chance = 0.0
        self.moments = 0
        self.states: list[tuple[int, int]] = []
        self.lives = 0
        self._life: Life | None = None
        self._reborn = asyncio.Event()
        self._requests: set[asyncio.Task[Any]] = set()

    @property
    def life(self) -> Life:
        """The process that lives now."""
        assert self._life is not None
        return self._life

    def note(self, text: str) -> None:
        """Write a line into the trace."""
        self.trace.append(f"{self.clock.now_ms() / 1000 - 1_800_000_000:10.3f}  {text}")

    async def run_lives(self) -> None:
        """Live, die and be born again, for ever."""
        try:
            while True:
                fate = Fate(
                    self.note,
                    chance=self.crash_chance,
                    random=self.fate_random,
                    moments=self.moments,
                    crash_at=self.crash_at,
                    observe=self._observe,
                )
                self._life = Life(self, fate)
                self.lives += 1
                self._life.start()
                self._reborn.set()
                await fate.died.wait()
                self._reborn.clear()
                self.moments = fate.moments
                await self._bury(self._life)
                self.counts["crash"] += 1
                self.counts[f"crash at {fate.last.split(' ')[0]}"] += 1
                await asyncio.sleep(DOWN_SECONDS)
        finally:
            if self._life is not None:
                await self._bury(self._life)

    async def ask(
        self,
        caller: Caller,
        wish: Wish | None,
        act: Callable[[UnitOfWork, Services, Caller], bytes],
    ) -> Answer:
        """One request over the wire; raise ``Disconnected`` when the process dies meanwhile."""
        answer: Answer = await self.within(lambda life: life.serve(caller, wish, act))
        return answer

    async def within(self, work: Callable[[Life], Any]) -> Any:
        """Do something in the living process; raise ``Disconnected`` when it dies meanwhile."""
        await self._reborn.wait()
        life = self.life
        task = asyncio.ensure_future(work(life))
        death = asyncio.ensure_future(life.fate.died.wait())
        self._requests.add(task)
        try:
            await asyncio.wait([task, death], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise Disconnected("the process died")
        finally:
            self._requests.discard(task)
            task.cancel()
            death.cancel()

    def kill(self, reason: str) -> None:
        """Kill the process from outside."""
        if not self.life.fate.died.is_set():
            self.life.fate.die(reason)

    def _observe(self) -> None:
        """Note what would be left if the process died at this moment."""
        self.states.append((self.books.changes, self.office.deeds))

    async def _bury(self, life: Life) -> None:
        life.fate.died.set()
        await life.supervisor.stop()


def _refusal(uow: UnitOfWork, error: RequestError) -> Answer:
    return Answer(400, f"{type(error).__name__}: {error.message}".encode())
