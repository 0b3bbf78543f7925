"""The watcher: keeps the books level with the chain, whichever way its tip moves.

It walks from a stored cursor, block by block. Each block must link to the one before; when it does not,
the watcher takes blocks back until it stands on the common ancestor, and goes forward again from there.
A push is only a hint to look now; what was read is the truth.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress

from stacktill.application.addresses_in_force import activate_due_addresses, remind_of_addresses
from stacktill.application.chain_blocks import revert_block
from stacktill.application.chain_cursor import cursor
from stacktill.application.chain_facts import ChainFacts
from stacktill.application.payment_intents import expire_payment_intents
from stacktill.application.services import Services
from stacktill.application.sessions import expire_sessions
from stacktill.application.stalls import (
    RESUME_SECONDS,
    extend_overdue,
    note_stall,
    stall_noted,
)
from stacktill.application.unread import Reading, apply_reading
from stacktill.domain.accounting import ChainBlock
from stacktill.plugin.chain import Block, Chain, ChainUnavailable
from stacktill.plugin.crash_points import reach
from stacktill.plugin.health import Health
from stacktill.plugin.storage import Storage, UnitOfWork
from stacktill.runtime.forks import common_ancestor
from stacktill.runtime.unread import UnreadReader

__all__ = ["Watcher"]

FIRST_BACK_OFF_SECONDS = 1.0
LONGEST_BACK_OFF_SECONDS = 30.0
EXPIRIES_PER_ROUND = 200
MOST_SECONDS_AHEAD = 300
"""No block is made so far in the future: beyond it this machine's clock is wrong, not the chain's."""
FOOT_BLOCKS = 150
"""How far below the tip the books of a new box begin: a fork that deep loses no payment."""


class Watcher:
    """Follows one chain for one mode."""

    def __init__(
        self,
        storage: Storage,
        services: Services,
        chain: Chain,
        *,
        livemode: bool,
        poll_seconds: float,
        unhealthy_after_seconds: float = 60.0,
        log: logging.Logger,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._storage = storage
        self._services = services
        self._chain = chain
        self._facts = ChainFacts.of(chain, livemode)
        self._poll_seconds = poll_seconds
        self._unhealthy_after_seconds = unhealthy_after_seconds
        self._log = log
        self._on_change = on_change
        self._fault: str | None = None
        self._lag_blocks = 0
        self._seconds_ahead = 0
        self._level_at = 0.0
        self._one_at_a_time = asyncio.Lock()
        self._reader = UnreadReader(
            storage, services, chain, self._facts, log=log, on_change=on_change
        )

    async def run(self) -> None:
        """Follow the chain for ever, backing off while its source fails."""
        back_off = FIRST_BACK_OFF_SECONDS
        while True:
            try:
                await self.catch_up()
                back_off = FIRST_BACK_OFF_SECONDS
                await self._chain.changed(self._poll_seconds)
            except ChainUnavailable as error:
                if self._fault is None:
                    self._log.warning("chain.unavailable", extra={"reason": str(error)})
                self._fault = str(error) or "the chain source does not answer"
                await asyncio.sleep(back_off * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
                back_off = min(back_off * 2, LONGEST_BACK_OFF_SECONDS)

    async def catch_up_if_it_answers(self) -> None:
        """Catch up now, unless the chain's source is out of order."""
        with suppress(ChainUnavailable):
            await self.catch_up()

    async def catch_up(self) -> None:
        """Bring the books level with the chain's tip, then let what is overdue expire."""
        async with self._one_at_a_time:
            await self._catch_up()

    async def _catch_up(self) -> None:
        asked_at = self._services.now(self._facts.livemode)
        tip = await self._tip(asked_at)
        has_moved = False
        while True:
            here = await self._storage.read(cursor, self._facts.chain_id)
            if here is None:
                await self._start(tip)
                continue
            self._lag_blocks = max(tip.height - here.height, 0)
            if (here.height, here.hash) != (tip.height, tip.hash):
                if not await self._step(here, tip):
                    return  # The source has not got as far as we have, or as it says: nothing is sure.
                has_moved = True
            elif has_moved:
                # What has come meanwhile is applied at once: nobody may tell of it again.
                tip, has_moved = await self._tip(asked_at), False
            else:
                break
        self._fault = None
        self._level_at = asyncio.get_running_loop().time()
        await self._reader.catch_up()
        await self._expire(tip, asked_at)

    async def _tip(self, asked_at: int) -> Block:
        """The chain's tip, and what its time tells of the clock and of a standstill."""
        tip = await self._chain.tip()
        self._seconds_ahead = tip.time - asked_at
        await self._make_up_for_stall(tip, asked_at)
        return tip

    async def _step(self, here: ChainBlock, tip: Block) -> bool:
        """One block forward, or back to where a fork parted; False when the source shows neither.

        A next block that names ours as its parent says that there is no fork, so that nothing else
        is asked: sources count questions.
        """
        block = await self._chain.block(here.height + 1) if here.height < tip.height else None
        if block is not None and (block.height, block.parent_hash) == (here.height + 1, here.hash):
            await self._step_forward(block)
            return True
        ancestor = await common_ancestor(self._chain, self._storage, here)
        if ancestor < here.height:
            await self._step_back(ancestor)
            return True
        if block is None:
            return False
        raise ChainUnavailable(f"block {here.height + 1} does not follow from block {here.height}")

    async def _start(self, tip: Block) -> None:
        """The first block of a new box, far enough below the tip for forks to be followed."""
        reading = await self._foot(tip.height)
        await self._storage.write(apply_reading, self._services, self._facts, reading)

    async def _step_back(self, ancestor: int) -> None:
        """Take back, one unit of work each, every block above the common ancestor."""
        while True:
            here = await self._storage.read(cursor, self._facts.chain_id)
            if here is None or here.height <= ancestor:
                return
            self._log.warning(
                "chain.block_reversed", extra={"height": here.height, "block_hash": here.hash}
            )
            if here.height == ancestor + 1 and await self._is_first(here):
                await self._replace_first(here)
                return
            await self._storage.write(revert_block, self._services, self._facts.chain_id, here.hash)
            self._on_change()

    async def _is_first(self, here: ChainBlock) -> bool:
        below = f"{here.chain_id}/{here.height - 1}"
        return await self._storage.read(_has_no_block, below)

    async def _replace_first(self, first: ChainBlock) -> None:
        """The fork reaches below the books: begin them anew, low enough to miss nothing it moved."""
        reading = await self._foot(first.height)
        await self._storage.write(apply_reading, self._services, self._facts, reading, first=first)
        self._on_change()

    async def _foot(self, height: int) -> Reading:
        """The block to begin with below a height, and its transfers."""
        # A young chain may count its blocks from 1, or show none from before its history began.
        for number in range(max(height - FOOT_BLOCKS, 0), height + 1):
            block = await self._chain.block(number)
            if block is not None:
                return await self._reader.read(block, lag_blocks=self._lag_blocks)
        raise ChainUnavailable(f"the chain does not show any block up to {height}")

    async def _step_forward(self, block: Block) -> None:
        """Apply the block after the cursor."""
        reading = await self._reader.read(block, lag_blocks=self._lag_blocks)
        reach("watch.before_write")
        await self._storage.write(apply_reading, self._services, self._facts, reading)
        reach("watch.after_write")
        self._on_change()

    async def _expire(self, tip: Block, asked_at: int) -> None:
        """Expire what ended before the tip was asked for: no payment mined in time can be missed."""
        if self._chain.stalled(tip, asked_at):
            return
        reach("watch.before_expiry")
        livemode = self._facts.livemode
        # A block from before the end may still turn up for a while, unless the chain's own time is past it.
        seen_until = max(asked_at - self._chain.visibility_seconds, min(tip.time, asked_at))
        surely_over = self._reader.surely_over(seen_until, asked_at)
        for expire in (
            expire_payment_intents,
            expire_sessions,
            activate_due_addresses,
            remind_of_addresses,
        ):
            while True:
                count = await self._storage.write(
                    expire, self._services, livemode, surely_over, EXPIRIES_PER_ROUND
                )
                if count:
                    self._on_change()
                if count < EXPIRIES_PER_ROUND:
                    break

    async def _make_up_for_stall(self, tip: Block, now: int) -> None:
        """Remember a standstill; when it is over, first give everybody time to pay again."""
        chain_id, livemode = self._facts.chain_id, self._facts.livemode
        noted = await self._storage.read(stall_noted, chain_id)
        if self._chain.stalled(tip, now):
            if not noted:
                await self._storage.write(note_stall, chain_id, stalled=True)
            return
        if not noted:
            return
        until = now + RESUME_SECONDS
        while await self._storage.write(extend_overdue, livemode, until, EXPIRIES_PER_ROUND):
            pass
        await self._storage.write(note_stall, chain_id, stalled=False)

    def health(self) -> Health:
        """Whether the books are level with the chain."""
        unread = self._reader.count
        figures = {"lag_blocks": float(self._lag_blocks), "unread_blocks": float(unread)}
        if self._fault is not None:
            return Health(ok=False, detail=self._fault, figures=figures)
        if self._level_at == 0.0:
            return Health(ok=False, detail="not level with the chain yet", figures=figures)
        silent = asyncio.get_running_loop().time() - self._level_at
        if silent > self._unhealthy_after_seconds:
            return Health(ok=False, detail=f"not level for {int(silent)} s", figures=figures)
        if self._seconds_ahead > MOST_SECONDS_AHEAD:
            # Who pays in time would be told to be late, because the till's times are in the past.
            detail = (
                f"the newest block is {self._seconds_ahead} s ahead of this machine's clock: set it"
            )
            return Health(ok=False, detail=detail, figures=figures)
        detail = "level with the chain"
        if unread:
            detail += f", but for transactions of {unread} blocks that could not be read yet"
        return Health(ok=True, detail=detail, figures=figures)


def _has_no_block(uow: UnitOfWork, id: str) -> bool:
    return uow.chain_blocks.get(id) is None
