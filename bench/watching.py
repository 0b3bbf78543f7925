"""A watcher that walks along a chain of any length, in a process of its own, and tells its memory.

Reads orders as lines of JSON: each lets the tip move on by ``blocks``, which the watcher then follows. Every
block has some transfers of strangers, as real ones have.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import sys
from collections.abc import Sequence

import msgspec
import uvloop
from bench.processes import resident_mb

from stacktill.plugin.chain import Block, Transfer
from stacktill.runtime.appliance import Appliance, open_appliance
from stacktill.runtime.config import load_settings
from stacktill.runtime.watcher import Watcher

__all__ = ["Walk", "Walked"]

TRANSFERS_PER_BLOCK = 3
SECONDS_PER_BLOCK = 5
BLOCKS_PER_BITCOIN_BLOCK = 100
FIRST_TIME = 1_600_000_000


class Walk(msgspec.Struct):
    """How many blocks to go on."""

    blocks: int


class Walked(msgspec.Struct):
    """How far it is, and the resident memory of this process in MB."""

    height: int
    resident_mb: float


class LongChain:
    """The box's own test chain, but for its blocks, which follow from their heights."""

    def __init__(self, chain: object) -> None:
        self._chain = chain
        self.height = 1

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    async def tip(self) -> Block:
        """The block of the height that the walk has reached."""
        return _block(self.height)

    async def block(self, height: int) -> Block | None:
        """The block of a height, up to the tip."""
        return _block(height) if 0 < height <= self.height else None

    async def transfers(self, block: Block) -> Sequence[Transfer]:
        """What strangers send each other there."""
        return [
            Transfer(
                txid=_hash(f"transaction {block.height} {number}"),
                event_index=0,
                asset="SP000000000000000000002Q6VF78.token::token",
                amount=1_000 + number,
                sender=f"stranger-{block.height}",
                recipient=f"stranger-{number}",
                memo=None,
            )
            for number in range(TRANSFERS_PER_BLOCK)
        ]


def _block(height: int) -> Block:
    burn_height = height // BLOCKS_PER_BITCOIN_BLOCK
    return Block(
        height=height,
        hash=_hash(f"block {height}"),
        parent_hash=_hash(f"block {height - 1}"),
        burn_height=burn_height,
        burn_hash=_hash(f"bitcoin {burn_height}"),
        time=FIRST_TIME + height * SECONDS_PER_BLOCK,
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def main() -> None:
    """Walk as far as ordered until the input ends."""
    async with open_appliance(load_settings(None), loops=False) as appliance:
        chain = LongChain(appliance.services.test_chain)
        watcher = _watcher(appliance, chain)
        for line in sys.stdin.buffer:
            chain.height += msgspec.json.decode(line, type=Walk).blocks
            await watcher.catch_up()
            walked = Walked(chain.height, resident_mb(os.getpid()))
            sys.stdout.buffer.write(msgspec.json.encode(walked) + b"\n")
            sys.stdout.buffer.flush()


def _watcher(appliance: Appliance, chain: LongChain) -> Watcher:
    return Watcher(
        appliance.storage,
        appliance.services,
        # What the long chain has not itself, it has from the test chain.
        chain,  # type: ignore[arg-type]
        livemode=False,
        poll_seconds=1.0,
        log=logging.getLogger("stacktill"),
    )


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
