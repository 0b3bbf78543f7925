"""One seed, one run: random operations, then everything heals and every account must be right."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.simulation.auditor import Auditor
from tests.simulation.client import Client
from tests.simulation.payers import Payers
from tests.simulation.post import MODES
from tests.simulation.shops import Shops
from tests.simulation.signers import Signers
from tests.simulation.virtual_time import run_virtually
from tests.simulation.world import Unhappy, World

__all__ = ["Outcome", "Run", "simulate"]

STEPS = 55
DRAIN_SECONDS = 8_000.0


class Outcome:
    """What a run came to."""

    def __init__(self, world: World, error: BaseException | None) -> None:
        self.seed = world.seed
        self.error = error
        self.trace = world.trace
        self.counts = world.counts
        self.moments = max(world.moments, world.life.fate.moments)
        self.states = world.states


class Run:
    """A run in the making: the world, the actors, and who may do what how often."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = Client(world)
        self.shops = Shops(world, self.client)
        self.payers = Payers(world, self.client, self.shops)
        self.auditor = Auditor(world, self.client, self.shops)
        self.signers = Signers(world, self.payers)
        shops, payers, signers = self.shops, self.payers, self.signers
        self.odds: dict[Callable[[], Awaitable[object]], int] = {
            shops.create_intent: 14,
            shops.confirm_intent: 3,
            shops.update_intent: 2,
            shops.cancel_intent: 3,
            shops.create_session: 3,
            shops.start_session: 1,
            shops.expire_session: 1,
            shops.refund: 4,
            shops.refund_in_parallel: 2,
            shops.cancel_refund: 2,
            shops.attach_deposit: 4,
            shops.refund_deposit: 3,
            shops.dismiss_deposit: 2,
            shops.move_house: 1,
            shops.change_policy: 1,
            shops.create_endpoint: 1,
            shops.change_endpoint: 2,
            shops.redeliver: 1,
            payers.pay: 24,
            payers.sign_refund: 7,
            payers.withdraw: 1,
            signers.peg_in: 2,
            signers.peg_out: 2,
            signers.complete: 2,
            signers.burn: 1,
            payers.mine: 16,
            payers.reorg: 5,
            payers.advance: 3,
            payers.trouble_the_chain: 3,
            payers.look_now: 2,
            self.trouble_the_books: 3,
            self.trouble_the_post: 3,
            self.crash: 2,
            self.repeat: 3,
            self.misuse_a_key: 2,
            self.set_the_clock: 1,
        }

    async def whole(self) -> None:
        """Open, act at random, heal, drain, and audit all along."""
        chance = self.world.random
        await self.shops.open(chance.choice((1, 2, 3)))
        if chance.random() < 0.3:
            self.world.crash_chance = chance.choice((0.001, 0.01))
            self.world.life.fate.chance = self.world.crash_chance
        names, weights = list(self.odds), list(self.odds.values())
        for _ in range(STEPS):
            together = chance.choice((1, 1, 2, 4))
            chosen = chance.choices(names, weights, k=together)
            await asyncio.gather(*(act() for act in chosen))
            await asyncio.sleep(chance.choice((0, 0.05, 1, 1, 7)))
            self.auditor.step()
        await self.finish()

    async def finish(self) -> None:
        """Heal everything, let it drain, and audit the books to the last satoshi."""
        self.heal()
        await self.drain()
        for asked in list(self.client.asked.values())[-25:]:
            await self.client.repeat(asked)
        await self.drain()
        self.auditor.end()

    def heal(self) -> None:
        """Let everything work from now on."""
        world = self.world
        world.note("everything heals")
        world.crash_chance = world.life.fate.chance = 0.0
        world.crash_at = None
        world.book_faults.heal()
        world.office.heal()
        for nature in world.natures:
            nature.is_stalled = False
            nature.set_fault(None)
            nature.mine(2, bitcoin=True)

    async def drain(self) -> None:
        """Wait until nothing is on its way any more."""
        loop = asyncio.get_running_loop()
        end = loop.time() + DRAIN_SECONDS
        while not self.auditor.is_quiet():
            if loop.time() > end:
                raise Unhappy(f"not quiet after {DRAIN_SECONDS} s: {self.auditor.unrest()}")
            await asyncio.sleep(5.0)

    async def crash(self) -> None:
        """Kill the process from outside."""
        self.world.kill("kill -9")

    async def repeat(self) -> None:
        """Send an old wish again."""
        asked = list(self.client.asked.values())
        if asked:
            await self.client.repeat(self.world.random.choice(asked))

    async def misuse_a_key(self) -> None:
        """Use an old key for another wish, which must be refused and change nothing."""
        asked = list(self.client.asked.values())
        if asked:
            await self.client.misuse(self.world.random.choice(asked))

    async def set_the_clock(self) -> None:
        """Correct the machine's clock, forward or back."""
        seconds = self.world.random.choice((-3_600, -60, -1, 60, 3_600))
        self.world.clock.offset_seconds += seconds
        self.world.counts["clock set"] += 1
        self.world.note(f"the machine's clock is set by {seconds} s")

    async def trouble_the_books(self) -> None:
        """Let the database fail in one of its ways, or heal it."""
        chance, faults = self.world.random, self.world.book_faults
        if not faults.is_well:
            faults.heal()
            return
        kind = chance.choice(("refuse", "lose_answer", "fail_read", "break_inside", "down"))
        self.world.note(f"the database: {kind}")
        if kind == "down":
            faults.is_down = True
            asyncio.get_running_loop().call_later(chance.choice((1, 20)), faults.heal)
        else:
            setattr(faults, kind, chance.choice((0.1, 0.5)))
            asyncio.get_running_loop().call_later(chance.choice((5, 60)), faults.heal)

    async def trouble_the_post(self) -> None:
        """Change how a receiver behaves."""
        chance, office = self.world.random, self.world.office
        steady = {id for shop in self.shops.shops for id in shop.steady}
        if chance.random() < 0.2:
            office.hooks.mode = chance.choice(("ok", "fails"))
            return
        rows = self.world.books.rows("SELECT id, url FROM webhook_endpoints ORDER BY id")
        id, url = chance.choice(rows)
        mode = chance.choice(MODES if id in steady else (*MODES, "gone", "gone"))
        office.box(url).mode = mode
        self.world.counts[f"receiver {mode}"] += 1


async def _simulated(
    seed: int, play: Callable[[Run], Awaitable[None]] | None, crash_at: int | None
) -> Outcome:
    random.seed(seed)  # The loops' own jitter comes from here.
    world = World(seed, crash_at=crash_at)
    lives = asyncio.create_task(world.run_lives())
    await asyncio.sleep(0)
    run = Run(world)
    error: BaseException | None = None
    try:
        task = asyncio.ensure_future(run.whole() if play is None else play(run))
        await asyncio.wait([task, lives], return_when=asyncio.FIRST_COMPLETED)
        task.result() if task.done() else lives.result()
    except Exception as caught:  # noqa: BLE001 - whatever it is, it goes with its seed
        error = caught
    finally:
        lives.cancel()
        await asyncio.gather(lives, return_exceptions=True)
        outcome = Outcome(world, error)
        outcome.counts += Counter(
            {f"database {name}": count for name, count in world.book_faults.counts.items()}
        )
        world.books.end()
    return outcome


def simulate(
    seed: int,
    play: Callable[[Run], Awaitable[None]] | None = None,
    *,
    crash_at: int | None = None,
) -> Outcome:
    """Run a seed (or a fixed ``play``) in virtual time."""
    return run_virtually(_simulated(seed, play, crash_at))
