"""What is special to the sandbox: it persists, repeats itself and keeps its books in order."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from stacktill.domain.errors import ConfigError, InvalidParameter, Unavailable
from stacktill.plugin import Block, Chain, ChainUnavailable, SandboxOrder, SandboxScript, Transfer
from stacktill.testing import FakeClock, plugin_context
from stacktill_chain_sandbox.config import SandboxConfig
from stacktill_chain_sandbox.principals import FAUCET, SBTC_ASSET, named_address
from stacktill_chain_sandbox.sandbox import FILE_NAME, open_sandbox

ALICE = named_address("alice")
BOB = named_address("bob")
CAROL = named_address("carol")

_PAY_MINE_AND_WAIT = """
import asyncio, sys
from pathlib import Path
from stacktill.plugin import SandboxOrder
from stacktill.testing import plugin_context
from stacktill_chain_sandbox.config import SandboxConfig
from stacktill_chain_sandbox.sandbox import open_sandbox

async def main():
    context = plugin_context("chain_sandbox", SandboxConfig(), Path(sys.argv[1]))
    async with open_sandbox(context) as chain:
        await chain.script.pay(SandboxOrder(sys.argv[2], 42))
        print((await chain.script.mine()).hash, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@asynccontextmanager
async def opened(
    folder: Path, config: SandboxConfig | None = None, clock: FakeClock | None = None
) -> AsyncIterator[tuple[Chain, SandboxScript]]:
    context = plugin_context("chain_sandbox", config or SandboxConfig(), folder, clock=clock)
    async with open_sandbox(context) as chain:
        assert chain.script is not None
        yield chain, chain.script


async def whole_chain(chain: Chain) -> list[tuple[Block, list[Transfer]]]:
    """Every block with its transfers."""
    tip = await chain.tip()
    found = []
    for height in range(tip.height + 1):
        block = await chain.block(height)
        assert block is not None
        found.append((block, list(await chain.transfers(block))))
    return found


async def tell_a_story(script: SandboxScript) -> None:
    """A bit of everything that makes or unmakes hashes."""
    await script.pay(SandboxOrder(ALICE, 100, memo=b"one"))
    await script.mine(3)
    await script.pay(SandboxOrder(ALICE, 200, sender=BOB, fail="abort_by_response"))
    await script.pay(SandboxOrder(BOB, 60, sender=ALICE))
    await script.mine(2, bitcoin=True)
    await script.reorg(3)
    await script.pay(SandboxOrder(ALICE, 300, contract=f"{CAROL}.sbtc-token"))
    await script.reorg(2, drop=True)
    await script.advance(10)
    await script.mine(12)


async def test_equal_calls_make_equal_chains(tmp_path: Path) -> None:
    chains = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        async with opened(tmp_path / name) as (chain, script):
            await tell_a_story(script)
            chains.append(await whole_chain(chain))
    assert chains[0] == chains[1]


async def test_hashes_do_not_depend_on_the_time(tmp_path: Path) -> None:
    hashes: list[list[str]] = []
    for now_seconds in (1_700_000_000, 1_800_000_000):
        folder = tmp_path / str(now_seconds)
        folder.mkdir()
        async with opened(folder, clock=FakeClock(now_seconds)) as (chain, script):
            await tell_a_story(script)
            hashes.append([block.hash for block, _ in await whole_chain(chain)])
    assert hashes[0] == hashes[1]


async def test_another_seed_makes_another_chain(tmp_path: Path) -> None:
    hashes: list[set[str]] = []
    for seed in ("one", "two"):
        (tmp_path / seed).mkdir()
        async with opened(tmp_path / seed, SandboxConfig(seed=seed)) as (chain, script):
            await tell_a_story(script)
            hashes.append({block.hash for block, _ in await whole_chain(chain)})
    assert not hashes[0] & hashes[1]


async def test_a_restart_goes_on(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path, clock=clock) as (chain, script):
        await tell_a_story(script)
        await script.pay(SandboxOrder(ALICE, 5))
        await script.stall(stalled=True)
        await script.api_fault("slow")
        before = [await script.balance(ALICE), chain.clock.now(), chain.clock.now_ms()]
        hashes = [block.hash for block in await _blocks(tmp_path)]
    async with opened(tmp_path, SandboxConfig(slow_fault_seconds=0), clock) as (chain, script):
        assert [await script.balance(ALICE), chain.clock.now(), chain.clock.now_ms()] == before
        health = await chain.health()
        assert "late" in health.detail
        assert "stands still" in health.detail
        await script.stall(stalled=False)
        await script.mine()
        assert await script.balance(ALICE) == before[0] + 5
        blocks = [block for block, _ in await whole_chain(chain)]
        assert [block.hash for block in blocks[:-1]] == hashes


async def _blocks(folder: Path) -> list[Block]:
    """The blocks as they lie in the file, read from beside while it is open."""
    connection = sqlite3.connect(folder / FILE_NAME)
    rows = connection.execute("SELECT * FROM blocks ORDER BY height").fetchall()
    connection.close()
    return [Block(*row) for row in rows]


async def test_a_chain_keeps_its_seed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(tmp_path) as (chain, _):
        tip = await chain.tip()
    async with opened(tmp_path, SandboxConfig(seed="other")) as (chain, _):
        assert await chain.tip() == tip
    assert "sandbox.seed_ignored" in caplog.text


async def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigError, match="another version"):
        async with opened(tmp_path):
            pass


async def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all" * 100)
    with pytest.raises(ConfigError, match="cannot open"):
        async with opened(tmp_path):
            pass


async def test_a_broken_file_makes_both_sides_unavailable(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chain, script):
        other = sqlite3.connect(tmp_path / FILE_NAME)
        other.execute("DROP TABLE blocks")
        other.close()
        with pytest.raises(ChainUnavailable):
            await chain.tip()
        with pytest.raises(Unavailable):
            await script.mine()
        assert not (await chain.health()).ok


async def test_a_call_that_fails_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chain, script):
        await script.pay(SandboxOrder(ALICE, 10))
        await script.mine(2)
        await script.pay(SandboxOrder(ALICE, 5))
        before = await whole_chain(chain)
        other = sqlite3.connect(tmp_path / FILE_NAME)
        # The second new block fails, when old ones are gone and a first new one is there.
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON blocks WHEN new.height = 7"
            " BEGIN SELECT raise(ABORT, 'disk full'); END"
        )
        with pytest.raises(Unavailable, match="disk full"):
            await script.reorg(2)
        other.execute("DROP TRIGGER full")
        other.close()
        assert await whole_chain(chain) == before
        assert await script.balance(ALICE) == 10
        await script.mine()
        assert await script.balance(ALICE) == 15


async def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PAY_MINE_AND_WAIT, str(tmp_path), ALICE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    block_hash = (await process.stdout.readline()).decode("ascii").strip()
    process.kill()
    await process.wait()
    async with opened(tmp_path) as (chain, script):
        assert (await chain.tip()).hash == block_hash
        assert await script.balance(ALICE) == 42


async def test_bitcoin_blocks_fill_up(tmp_path: Path) -> None:
    config = SandboxConfig(stacks_blocks_per_bitcoin_block=4)
    async with opened(tmp_path, config) as (chain, script):
        await script.mine(20)
        burn_heights = [block.burn_height for block, _ in await whole_chain(chain)]
        first = burn_heights[0]
        assert burn_heights == [first + height // 4 for height in range(26)]


async def test_a_deep_fork_forks_bitcoin_too(tmp_path: Path) -> None:
    config = SandboxConfig(stacks_blocks_per_bitcoin_block=4)
    async with opened(tmp_path, config) as (chain, script):
        await script.mine(20)
        before = dict(_burn_hashes(await whole_chain(chain)))
        old_tip = await chain.tip()
        tip = await script.reorg(9)
        after = dict(_burn_hashes(await whole_chain(chain)))
        ancestor = await chain.block(old_tip.height - 9)
        assert ancestor is not None
        assert tip.burn_height == old_tip.burn_height + 1
        for burn_height, burn_hash in before.items():
            assert (after[burn_height] == burn_hash) == (burn_height <= ancestor.burn_height)


def _burn_hashes(chain: list[tuple[Block, list[Transfer]]]) -> set[tuple[int, str]]:
    return {(block.burn_height, block.burn_hash) for block, _ in chain}


async def test_a_fork_within_a_bitcoin_block_stays_in_it(tmp_path: Path) -> None:
    async with opened(tmp_path, SandboxConfig(stacks_blocks_per_bitcoin_block=100)) as (_, script):
        before = await script.mine(5)
        after = await script.reorg(3)
        assert (after.burn_height, after.burn_hash) == (before.burn_height, before.burn_hash)


async def test_block_times_never_go_backwards(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path, clock=clock) as (_, script):
        now = await script.advance(1000)
        before = await script.mine()
        assert before.time == now
        clock.advance(-500)
        assert (await script.mine()).time == before.time
        clock.advance(5000)
        assert (await script.reorg(1)).time == clock.now() + 1000


async def test_a_stranger_is_funded_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, script):
        supply = await script.balance(FAUCET)
        await script.pay(SandboxOrder(ALICE, 500, sender=BOB))
        await script.mine()
        assert await script.balance(FAUCET) == supply - 500
        assert await script.balance(BOB) == 0
        with pytest.raises(InvalidParameter) as refused:
            await script.pay(SandboxOrder(ALICE, 1, sender=BOB))
        assert refused.value.code == "balance_insufficient"
        # What is on its way counts: it is mined before what is sent after it.
        await script.pay(SandboxOrder(BOB, 7))
        await script.pay(SandboxOrder(CAROL, 7, sender=BOB))
        with pytest.raises(InvalidParameter):
            await script.pay(SandboxOrder(CAROL, 1, sender=BOB))
        await script.mine()
        assert [await script.balance(who) for who in (ALICE, BOB, CAROL)] == [500, 0, 7]


async def test_without_its_cover_a_waiting_payment_aborts(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chain, script):
        await script.pay(SandboxOrder(BOB, 100))
        await script.mine()
        await script.pay(SandboxOrder(CAROL, 100, sender=BOB))
        tip = await script.reorg(1, drop=True)
        assert [await script.balance(who) for who in (BOB, CAROL)] == [0, 0]
        for height in (tip.height - 1, tip.height):
            block = await chain.block(height)
            assert block is not None
            assert list(await chain.transfers(block)) == []
        # The aborted payment weighs on nobody any longer.
        await script.pay(SandboxOrder(BOB, 100))
        await script.pay(SandboxOrder(CAROL, 100, sender=BOB))
        with pytest.raises(InvalidParameter):
            await script.pay(SandboxOrder(ALICE, 101, sender=CAROL))


async def test_stx_moves_but_is_no_token(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chain, script):
        await script.pay(SandboxOrder(ALICE, 900, asset="STX"))
        assert list(await chain.transfers(await script.mine())) == []
        assert await script.balance(ALICE, "STX") == 900
        assert await script.balance(ALICE) == 0


async def test_a_contract_in_between_may_move_real_sbtc(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chain, script):
        order = SandboxOrder(ALICE, 900, asset=SBTC_ASSET, contract=f"{CAROL}.gateway")
        await script.pay(order)
        [transfer] = await chain.transfers(await script.mine())
        assert transfer.asset == chain.sbtc_asset


@pytest.mark.parametrize(
    "order",
    [
        SandboxOrder(FAUCET, 1),
        SandboxOrder(ALICE, 1, sender=ALICE),
        SandboxOrder(ALICE, True),
        SandboxOrder(ALICE, 2_100_000_000_000_001),
        SandboxOrder("SP000000000000000000002Q6VF78", 1),
    ],
)
async def test_odd_orders_are_refused(tmp_path: Path, order: SandboxOrder) -> None:
    async with opened(tmp_path) as (_, script):
        with pytest.raises(InvalidParameter):
            await script.pay(order)


async def test_limits_of_one_call(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chain, script):
        for call in (script.mine, script.reorg, script.advance):
            for number in (0, True, 10**12):
                with pytest.raises(InvalidParameter):
                    await call(number)
        with pytest.raises(InvalidParameter):
            await script.balance("nobody")
        with pytest.raises(InvalidParameter):
            await script.balance(ALICE, "nothing")
        assert (await chain.tip()).height == 5


async def test_more_than_fits_a_block_waits_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stacktill_chain_sandbox.miner._TRANSACTIONS_PER_BLOCK", 2)
    async with opened(tmp_path) as (chain, script):
        txids = [await script.pay(SandboxOrder(ALICE, 1)) for _ in range(5)]
        assert (await chain.health()).figures["mempool_transactions"] == 5
        tip = await script.mine(3)
        found = [transfers for _, transfers in await whole_chain(chain)][-3:]
        assert [[t.txid for t in transfers] for transfers in found] == [
            txids[:2],
            txids[2:4],
            txids[4:],
        ]
        await script.reorg(3)
        mined = [t.txid for _, transfers in await whole_chain(chain) for t in transfers]
        assert mined == txids
        assert (await chain.tip()).height == tip.height + 1
