"""Opening and closing the sandbox: its file, the objects around it, and blocks by the clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from stacktill.domain.errors import StacktillError
from stacktill.plugin import Chain, PluginContext
from stacktill.plugin.pulse import Pulse
from stacktill_chain_sandbox.chain import SandboxChain
from stacktill_chain_sandbox.clock import SandboxClock
from stacktill_chain_sandbox.config import SandboxConfig
from stacktill_chain_sandbox.database import Database
from stacktill_chain_sandbox.miner import Miner
from stacktill_chain_sandbox.script import Script

__all__ = ["FILE_NAME", "open_sandbox"]

FILE_NAME = "chain_sandbox.sqlite3"


@asynccontextmanager
async def open_sandbox(context: PluginContext) -> AsyncIterator[Chain]:
    """Open the chain in the appliance's data folder, or begin one there."""
    config: SandboxConfig = context.config
    with closing(Database(context.data_dir / FILE_NAME, seed=config.seed)) as database:
        if database.state.seed() != config.seed:
            context.log.warning("sandbox.seed_ignored: the chain in %s has one", FILE_NAME)
        offset_seconds = database.state.read().clock_offset_seconds
        clock = SandboxClock(context.clock, offset_seconds=offset_seconds)
        miner = Miner(
            database, stacks_blocks_per_bitcoin_block=config.stacks_blocks_per_bitcoin_block
        )
        with database.transaction():
            miner.start(clock.now())
        pulse = Pulse()
        script = Script(database, miner, clock=clock, pulse=pulse)
        async with _mining(script, database, config.block_time_seconds, context.log):
            yield SandboxChain(
                database,
                clock=clock,
                script=script,
                pulse=pulse,
                slow_seconds=config.slow_fault_seconds,
            )


@asynccontextmanager
async def _mining(
    script: Script, database: Database, block_time_seconds: float, log: logging.Logger
) -> AsyncIterator[None]:
    """Make a block every so often for as long as the context lasts; never, when the time is 0."""
    if not block_time_seconds:
        yield
        return
    task = asyncio.create_task(_mine_on_time(script, database, block_time_seconds, log))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _mine_on_time(
    script: Script, database: Database, block_time_seconds: float, log: logging.Logger
) -> None:
    while True:
        await asyncio.sleep(block_time_seconds)
        try:
            if not database.state.read().stalled:
                await script.mine()
        except StacktillError as error:
            log.warning("sandbox.mining_failed: %s", error.message)
