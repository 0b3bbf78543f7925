"""The watcher asks a chain's source for no more than it needs, and misses nothing by that."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from core.tests.application.money_till import PaperChain, open_books, open_till

from stacktill.application.chain_cursor import cursor
from stacktill.plugin import Block, ChainUnavailable, Clock, Transfer
from stacktill.runtime.watcher import Watcher

BEHIND = 60


class CountingChain(PaperChain):
    """A chain without transfers that counts what it is asked; forks have names of their own."""

    def __init__(self, chain_id: str, clock: Clock) -> None:
        super().__init__(chain_id, clock)
        self.names: list[str] = []
        self.asked: Counter[str] = Counter()

    async def tip(self) -> Block:
        self.asked["tip"] += 1
        return self._block(len(self.names) - 1)

    async def block(self, height: int) -> Block | None:
        self.asked["block"] += 1
        return self._block(height) if height < len(self.names) else None

    async def transfers(self, block: Block) -> Sequence[Transfer]:
        self.asked["transfers"] += 1
        return ()

    def _block(self, height: int) -> Block:
        parent = self.names[height - 1] if height else "root"
        return Block(height, self.names[height], parent, height, f"burn-{height}", height)


async def test_a_block_costs_one_question_and_its_transfers(tmp_path: Path) -> None:
    async with open_books(tmp_path) as storage:
        till = await open_till(storage)
        chain = CountingChain("paper:counting", till.clock)
        chain.names = ["a0"]
        watcher = Watcher(
            storage,
            till.services,
            chain,
            livemode=False,
            poll_seconds=1,
            log=logging.getLogger("stacktill"),
        )

        async def asked() -> Counter[str]:
            chain.asked.clear()
            await watcher.catch_up()
            here = await storage.read(cursor, chain.chain_id)
            assert here is not None
            assert here.hash == chain.names[-1]
            return chain.asked

        await asked()
        assert await asked() == Counter(tip=1)
        chain.names += [f"a{height}" for height in range(1, BEHIND + 1)]
        assert await asked() == Counter(tip=2, block=BEHIND, transfers=BEHIND)
        chain.names[-1:] = ["b60", "b61"]
        forked = await asked()
        assert forked["tip"] == 2
        assert forked["transfers"] == 2
        assert forked["block"] <= 6


class RestlessChain(CountingChain):
    """A chain that grows, forks and loses its newest blocks between any two questions.

    With ``lags`` some answers come from a host that is a few blocks behind.
    """

    def __init__(self, chain_id: str, clock: Clock, *, seed: int) -> None:
        super().__init__(chain_id, clock)
        self.names = ["first"]
        self.is_calm = False
        self.read: set[str] = set()
        self._chance = random.Random(seed)
        self._lags = seed % 2 == 0
        self._made = 0

    async def tip(self) -> Block:
        behind = self._stir()
        return self._block(max(len(self.names) - 1 - behind, 0))

    async def block(self, height: int) -> Block | None:
        behind = self._stir()
        return self._block(height) if height < max(len(self.names) - behind, 1) else None

    async def transfers(self, block: Block) -> Sequence[Transfer]:
        self._stir()
        if block.hash not in self.names:
            raise ChainUnavailable("that block is none any more")
        self.read.add(block.hash)
        return ()

    def _stir(self) -> int:
        """Change something, perhaps; return by how many blocks the host that answers is behind."""
        if self.is_calm:
            return 0
        if self._chance.random() < 0.2 and len(self.names) > 1:
            del self.names[-self._chance.randint(1, min(4, len(self.names) - 1)) :]
        for _ in range(self._chance.choice((0, 0, 1, 2))):
            self._made += 1
            self.names.append(f"block {self._made}")
        return self._chance.randint(0, 3) if self._lags else 0


@pytest.mark.parametrize("seed", range(10))
async def test_no_unrest_makes_it_miss_a_block_or_keep_a_wrong_one(
    tmp_path: Path, seed: int
) -> None:
    async with open_books(tmp_path) as storage:
        till = await open_till(storage)
        chain = RestlessChain("paper:restless", till.clock, seed=seed)
        watcher = Watcher(
            storage,
            till.services,
            chain,
            livemode=False,
            poll_seconds=1,
            log=logging.getLogger("stacktill"),
        )
        for _ in range(30):
            with suppress(ChainUnavailable, TimeoutError):
                async with asyncio.timeout(0.5):
                    await watcher.catch_up()
        chain.is_calm = True
        chain.names.append("last")
        await watcher.catch_up()
        blocks = await storage.read(lambda uow: uow.chain_blocks.find({}, limit=10_000))
        kept = {one.height: one.hash for one in blocks}
        assert kept == dict(enumerate(chain.names))
        assert chain.read >= set(chain.names)
        assert watcher.health().ok
