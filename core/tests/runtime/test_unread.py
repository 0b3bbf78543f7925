"""Blocks that no source can read whole: the watcher goes on, says so, and loses no sat of them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from core.tests.application.money_till import PaperChain, Till, open_books, open_till

from stacktill.application.chain_blocks import revert_block
from stacktill.application.unread import UnreadBlock, unread_blocks
from stacktill.plugin import Block, ChainUnavailable, Clock, PartlyUnread, Transfer
from stacktill.runtime import unread
from stacktill.runtime.watcher import Watcher


class MistyChain(PaperChain):
    """A chain of which some transactions cannot be read, as long as they are in the mist."""

    def __init__(self, chain_id: str, clock: Clock) -> None:
        super().__init__(chain_id, clock)
        self.blocks: list[tuple[Block, tuple[Transfer, ...]]] = []
        self.mist: set[str] = set()
        self.readings = 0

    def mine(self, *transfers: Transfer, fork: str = "") -> Block:
        """Put a block on top."""
        parent = self.blocks[-1][0] if self.blocks else None
        height = 0 if parent is None else parent.height + 1
        name = f"{parent}/{fork}/{[one.txid for one in transfers]}"
        hash = hashlib.sha256(name.encode()).hexdigest()
        below = "root" if parent is None else parent.hash
        block = Block(height, hash, below, height // 3, f"burn-{height // 3}", self.clock.now())
        self.blocks.append((block, transfers))
        return block

    async def tip(self) -> Block:
        return self.blocks[-1][0]

    async def block(self, height: int) -> Block | None:
        return self.blocks[height][0] if height < len(self.blocks) else None

    async def transfers(self, block: Block) -> Sequence[Transfer]:
        self.readings += 1
        found, transfers = self.blocks[block.height]
        if found.hash != block.hash:
            raise ChainUnavailable("not canonical")
        clear = tuple(one for one in transfers if one.txid not in self.mist)
        hidden = tuple(sorted({one.txid for one in transfers if one.txid in self.mist}))
        if hidden:
            raise PartlyUnread("mist", clear, hidden)
        return transfers


@dataclass
class Watched:
    """A till whose watcher follows a misty chain."""

    till: Till
    chain: MistyChain
    watcher: Watcher
    noted: list[UnreadBlock] = field(default_factory=list)

    async def look(self) -> list[UnreadBlock]:
        """Catch up; what is unread then."""
        await self.watcher.catch_up()
        return await self.till.storage.read(unread_blocks, self.chain.chain_id)


@pytest.fixture
async def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    monkeypatch.setattr(unread, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(unread, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(unread, "RESTS_PER_READING", 0)
    async with open_books(tmp_path) as storage:
        till = await open_till(storage)
        chain = MistyChain(till.chain.chain_id, till.clock)
        chain.blocks = list(till.blocks)
        watcher = Watcher(
            storage,
            till.services,
            chain,
            livemode=False,
            poll_seconds=1,
            log=logging.getLogger("stacktill"),
        )
        yield Watched(till, chain, watcher)


async def test_what_can_be_read_counts_at_once_and_the_rest_later(watched: Watched) -> None:
    till, chain = watched.till, watched.chain
    clear, hidden = await till.intent(), await till.intent()
    payments = till.payment(clear), till.payment(hidden)
    chain.mist.add(payments[1].txid)
    block = chain.mine(*payments)
    (noted,) = await watched.look()
    assert (noted.hash, noted.transactions) == (block.hash, (payments[1].txid,))
    assert (await till.again(clear)).seen_sats == 1_000
    assert (await till.again(hidden)).seen_sats == 0
    told = watched.watcher.health()
    chain.mine()
    assert await watched.look() == [noted]
    told = watched.watcher.health()
    assert told.ok
    assert "could not be read" in told.detail
    assert told.figures["unread_blocks"] == 1
    chain.mist.clear()
    assert await watched.look() == []
    assert [(await till.again(one)).seen_sats for one in (clear, hidden)] == [1_000, 1_000]
    chain.mine()
    await watched.look()
    deposits = [await till.deposit(one) for one in payments]
    assert [one.block_height for one in deposits] == [block.height] * 2
    assert watched.watcher.health().figures["unread_blocks"] == 0


async def test_a_source_that_mends_soon_is_waited_for(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "PATIENCE_SECONDS", 60)
    payment = watched.till.payment(await watched.till.intent())
    watched.chain.mist.add(payment.txid)
    watched.chain.mine(payment)
    with pytest.raises(PartlyUnread):
        await watched.look()
    watched.chain.mist.clear()
    assert await watched.look() == []
    assert (await watched.till.deposit(payment)).match == "matched"


async def test_far_behind_nobody_is_waited_for(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "PATIENCE_SECONDS", 60)
    for _ in range(unread.PATIENT_BLOCKS + 5):
        strange = watched.till.transfer(1)
        watched.chain.mist.add(strange.txid)
        watched.chain.mine(strange)
    with pytest.raises(PartlyUnread):
        await watched.look()
    noted = await watched.till.storage.read(unread_blocks, watched.chain.chain_id)
    assert len(noted) == 6


async def test_a_fork_takes_what_was_unread_with_it(watched: Watched) -> None:
    till, chain = watched.till, watched.chain
    payment = till.payment(await till.intent())
    chain.mist.add(payment.txid)
    chain.mine(payment)
    chain.mine()
    await watched.look()
    del chain.blocks[-2:]
    chain.mist.clear()
    chain.mine(fork="other")
    chain.mine(payment)
    chain.mine()
    await watched.look()
    assert await watched.look() == []
    assert (await till.deposit(payment)).match == "matched"
    assert (await till.balances())[payment.asset, "payers"] == -1_000


async def test_what_was_made_up_for_goes_with_its_block(watched: Watched) -> None:
    till, chain = watched.till, watched.chain
    intent = await till.intent()
    payment = till.payment(intent)
    chain.mist.add(payment.txid)
    chain.mine(payment)
    await watched.look()
    chain.mist.clear()
    await watched.look()
    assert (await till.again(intent)).seen_sats == 1_000
    tip = await chain.tip()
    assert await till.write(revert_block, chain.chain_id, tip.hash)
    assert (await till.again(intent)).seen_sats == 0
    assert (await till.deposit(payment)).state == "reversed"


async def test_nothing_expires_that_may_be_paid_by_it(watched: Watched) -> None:
    till, chain = watched.till, watched.chain
    intent = await till.intent()
    assert intent.closes_at is not None
    payment = till.payment(intent)
    chain.mist.add(payment.txid)
    till.clock.advance(intent.closes_at - 1 - till.clock.now())
    chain.mine(payment)
    await watched.look()
    till.clock.advance(unread.HELD_SECONDS // 2)
    chain.mine()
    await watched.look()
    assert (await till.again(intent)).status == "requires_action"
    chain.mist.clear()
    await watched.look()
    assert (await till.deposit(payment)).match == "matched"


async def test_a_stranger_holds_expiry_up_for_an_hour_at_most(watched: Watched) -> None:
    till, chain = watched.till, watched.chain
    intent = await till.intent()
    assert intent.closes_at is not None
    strange = till.transfer(1)
    chain.mist.add(strange.txid)
    chain.mine(strange)
    await watched.look()
    till.clock.advance(intent.closes_at + unread.HELD_SECONDS + 1 - till.clock.now())
    chain.mine()
    await watched.look()
    assert (await till.again(intent)).status == "canceled"
    till.clock.advance(unread.KEPT_SECONDS)
    chain.mine()
    await watched.look()
    assert await watched.look() == []


async def test_it_is_asked_for_more_and_more_rarely(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "FIRST_PAUSE_SECONDS", 0.05)
    strange = watched.till.transfer(1)
    watched.chain.mist.add(strange.txid)
    watched.chain.mine(strange)
    await watched.look()
    watched.chain.readings = 0
    for _ in range(40):
        await watched.look()
        await asyncio.sleep(0.01)
    assert 2 <= watched.chain.readings <= 5


async def test_what_is_new_has_most_of_the_sources_time(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        strange = watched.till.transfer(1)
        watched.chain.mist.add(strange.txid)
        watched.chain.mine(strange)
        await watched.look()
    monkeypatch.setattr(unread, "RESTS_PER_READING", 10_000)
    watched.chain.readings = 0
    for _ in range(10):
        watched.chain.mine()
        await watched.look()
    assert watched.chain.readings == 11


async def test_a_clock_that_is_slow_by_minutes_is_told(watched: Watched) -> None:
    watched.chain.mine()
    await watched.look()
    assert watched.watcher.health().ok
    watched.till.clock.advance(-3_600)
    await watched.look()
    told = watched.watcher.health()
    assert not told.ok
    assert "3600 s ahead of this machine's clock" in told.detail
