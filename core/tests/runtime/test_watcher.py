"""The watcher asks a chain's source for no more than it needs: hosts count questions."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from core.tests.application.money_till import PaperChain, open_books, open_till

from stacktill.application.chain_cursor import cursor
from stacktill.plugin import Block, Clock, Transfer
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
