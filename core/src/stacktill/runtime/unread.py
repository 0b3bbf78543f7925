"""Blocks that can be read in part only: waited for, then gone past, then read again until they are whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from stacktill.application.chain_facts import ChainFacts
from stacktill.application.services import Services
from stacktill.application.unread import (
    Reading,
    UnreadBlock,
    forget_if_gone,
    forget_unread,
    make_up_for,
    unread_blocks,
)
from stacktill.plugin.chain import Block, Chain, ChainUnavailable
from stacktill.plugin.storage import Storage
from stacktill.plugin.unread import PartlyUnread

__all__ = ["UnreadReader"]

PATIENCE_SECONDS = 60.0
"""How long a block is waited for: most often the source is at fault, and mends."""
PATIENT_BLOCKS = 30
"""So far behind the chain nobody waits any more: there may be such a transaction in every block."""
FIRST_PAUSE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 6 * 3600.0
RESTS_PER_READING = 9
"""So much longer than it read again nothing is read again: what is new has most of a source's time."""
HELD_SECONDS = 3600
"""So long nothing expires that may have been paid by what is unread."""
KEPT_SECONDS = 30 * 86_400


@dataclass(slots=True)
class _Retry:
    tries: int
    at: float


class UnreadReader:
    """Reads blocks for a watcher, and remembers what could not be read."""

    def __init__(
        self,
        storage: Storage,
        services: Services,
        chain: Chain,
        facts: ChainFacts,
        *,
        log: logging.Logger,
        on_change: Callable[[], None],
    ) -> None:
        self._storage = storage
        self._services = services
        self._chain = chain
        self._facts = facts
        self._log = log
        self._on_change = on_change
        self._waiting: tuple[str, float] = ("", 0.0)
        self._retries: dict[str, _Retry] = {}
        self._rests_until = 0.0
        self._unread: list[UnreadBlock] = []

    @property
    def count(self) -> int:
        """How many blocks there are of which something is unread."""
        return len(self._unread)

    async def read(self, block: Block, *, lag_blocks: int) -> Reading:
        """The block and its transfers; raise ``PartlyUnread`` as long as it is worth waiting for the rest."""
        try:
            return Reading(block, tuple(await self._chain.transfers(block)))
        except PartlyUnread as error:
            if lag_blocks < PATIENT_BLOCKS and self._is_patient(block):
                raise
            self._log.error(
                "chain.transactions_unread",
                extra={
                    "height": block.height,
                    "transactions": list(error.unread[:10]),
                    "reason": str(error),
                },
            )
            return Reading(block, error.transfers, error.unread, str(error))

    async def catch_up(self) -> None:
        """Read again what was unread, as often as it is worth while."""
        self._unread = await self._storage.read(unread_blocks, self._facts.chain_id)
        self._retries = {one.hash: self._retry(one) for one in self._unread}
        now = asyncio.get_running_loop().time()
        due = [one for one in self._unread if self._retries[one.hash].at <= now]
        if not due or now < self._rests_until:
            return
        try:
            await self._read_again(due[0], self._retries[due[0].hash])
        finally:
            after = asyncio.get_running_loop().time()
            self._rests_until = after + RESTS_PER_READING * (after - now)

    def surely_over(self, time: int, now: int) -> int:
        """The Unix second up to which what is open may expire, when it would be ``time`` otherwise."""
        held = [one.time for one in self._unread if one.noted_at > now - HELD_SECONDS]
        return min([time, *held])

    def _is_patient(self, block: Block) -> bool:
        now = asyncio.get_running_loop().time()
        if self._waiting[0] != block.hash:
            self._waiting = (block.hash, now)
        return now - self._waiting[1] < PATIENCE_SECONDS

    def _retry(self, one: UnreadBlock) -> _Retry:
        known = self._retries.get(one.hash)
        now = asyncio.get_running_loop().time()
        return _Retry(0, now + FIRST_PAUSE_SECONDS) if known is None else known

    async def _read_again(self, one: UnreadBlock, retry: _Retry) -> None:
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(retry.tries, 20), LONGEST_PAUSE_SECONDS)
        retry.tries += 1
        retry.at = asyncio.get_running_loop().time() + pause
        block = await self._chain.block(one.height)
        if block is None:
            return
        if block.hash != one.hash:
            await self._storage.write(forget_if_gone, self._facts.chain_id, one)
            return
        try:
            transfers = tuple(await self._chain.transfers(block))
        except ChainUnavailable as error:
            await self._give_up_in_time(one, str(error))
            return
        await self._storage.write(make_up_for, self._services, self._facts, block, transfers)
        self._log.info("chain.transactions_read_at_last", extra={"height": one.height})
        self._on_change()

    async def _give_up_in_time(self, one: UnreadBlock, why: str) -> None:
        if self._services.now(self._facts.livemode) - one.noted_at < KEPT_SECONDS:
            return
        self._log.error(
            "chain.transactions_never_read",
            extra={
                "height": one.height,
                "transactions": list(one.transactions),
                "reason": why,
            },
        )
        await self._storage.write(forget_unread, self._facts.chain_id, one)
