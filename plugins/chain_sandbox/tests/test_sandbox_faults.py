"""The sandbox makes trouble on command, and blocks by the clock."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from stacktill.domain.errors import InvalidRequest
from stacktill.plugin import Chain, SandboxScript
from stacktill.testing import plugin_context
from stacktill_chain_sandbox.config import SandboxConfig
from stacktill_chain_sandbox.faults import FAULTS
from stacktill_chain_sandbox.sandbox import FILE_NAME, open_sandbox


@asynccontextmanager
async def opened(
    folder: Path, config: SandboxConfig | None = None
) -> AsyncIterator[tuple[Chain, SandboxScript]]:
    context = plugin_context("chain_sandbox", config or SandboxConfig(), folder)
    async with open_sandbox(context) as chain:
        assert chain.script is not None
        yield chain, chain.script


async def test_a_stalled_chain_does_not_fork(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, script):
        await script.stall(stalled=True)
        with pytest.raises(InvalidRequest, match="resume"):
            await script.reorg(1)


async def test_garbage_is_no_chain(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chain, script):
        true_tip = await chain.tip()
        await script.api_fault("garbage")
        tip = await chain.tip()
        assert tip.height == true_tip.height + 1
        blocks = [await chain.block(height) for height in range(tip.height + 1)]
        hashes = {block.hash for block in blocks if block is not None}
        assert len(hashes) == len(blocks)
        assert not hashes & {block.parent_hash for block in blocks if block is not None}


async def test_a_stale_source_shows_one_chain_even_after_a_fork(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chain, script):
        frozen = await chain.tip()
        await script.api_fault("stale")
        await script.reorg(3)
        await script.mine(2)
        tip = await chain.tip()
        assert tip.height == frozen.height
        parent = await chain.block(tip.height - 1)
        assert parent is not None
        assert tip.parent_hash == parent.hash


async def test_a_slow_source_answers_late(tmp_path: Path) -> None:
    async with opened(tmp_path, SandboxConfig(slow_fault_seconds=0.05)) as (chain, script):
        true_tip = await chain.tip()
        await script.api_fault("slow")
        started = asyncio.get_running_loop().time()
        assert await chain.tip() == true_tip
        assert asyncio.get_running_loop().time() - started >= 0.05


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_wakes_the_watcher_and_shows_in_health(tmp_path: Path, fault: str) -> None:
    async with opened(tmp_path, SandboxConfig(slow_fault_seconds=0)) as (chain, script):
        await chain.changed(0)
        await script.api_fault(fault)
        async with asyncio.timeout(5):
            await chain.changed(60)
        assert (await chain.health()).detail == FAULTS[fault]


async def test_what_came_between_two_waits_is_not_missed(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chain, script):
        await script.mine()
        async with asyncio.timeout(5):
            await chain.changed(60)
        started = asyncio.get_running_loop().time()
        await chain.changed(0.05)
        assert asyncio.get_running_loop().time() - started >= 0.04


async def test_blocks_come_by_time(tmp_path: Path) -> None:
    async with opened(tmp_path, SandboxConfig(block_time_seconds=0.01)) as (chain, script):
        tip = await chain.tip()
        async with asyncio.timeout(5):
            while (await chain.tip()).height < tip.height + 3:
                await chain.changed(1)
        await script.stall(stalled=True)
        tip = await chain.tip()
        await asyncio.sleep(0.05)
        assert await chain.tip() == tip


async def test_blocks_by_time_survive_a_broken_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, SandboxConfig(block_time_seconds=0.01)) as (chain, _):
        other = sqlite3.connect(tmp_path / FILE_NAME)
        other.execute("ALTER TABLE blocks RENAME TO hidden")
        await asyncio.sleep(0.05)
        assert "sandbox.mining_failed" in caplog.text
        other.execute("ALTER TABLE hidden RENAME TO blocks")
        other.close()
        tip = await chain.tip()
        async with asyncio.timeout(5):
            while (await chain.tip()).height == tip.height:
                await chain.changed(1)
