"""A node of one's own as a source: every block it told of, along its own fork, over restarts and gaps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from plugins.chain_stacks.tests.fake_api import (
    ALICE,
    BOB,
    Answer,
    FakeApi,
    FakeBlock,
    FakeChain,
    FakeTransaction,
    Request,
    as_json,
    memo_print,
    moved,
    named_hash,
    node_event,
    served_api,
)

from stacktill.plugin import Chain, ChainUnavailable
from stacktill.testing import FakeClock, plugin_context
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.journal import Journal
from stacktill_chain_stacks.plugin import stacktill_chain
from stacktill_chain_stacks.told import read_told_block

TOKEN = "observer-token"
PAID = FakeTransaction(named_hash("paid"), (moved(5), memo_print(b"memo")))
QUIET = FakeTransaction(named_hash("quiet"))
FAILED = FakeTransaction(named_hash("failed"), (moved(6),), status="abort_by_response")


def told(block: FakeBlock) -> dict[str, Any]:
    """What a node says of a block."""
    numbered = [
        (one.txid, event)
        for one in block.transactions
        for event in one.events
        if one.status == "success"
    ]
    return {
        "block_hash": f"0x{named_hash('header', block.hash)}",
        "block_height": block.height,
        "block_time": block.time,
        "index_block_hash": f"0x{block.hash}",
        "parent_index_block_hash": f"0x{block.parent}",
        "burn_block_hash": f"0x{named_hash('burn', block.burn_height)}",
        "burn_block_height": block.burn_height,
        "burn_block_time": block.time,
        "events": [node_event(txid, index, event) for index, (txid, event) in enumerate(numbered)],
        "transactions": [
            {"txid": f"0x{one.txid}", "tx_index": place, "status": one.status}
            for place, one in enumerate(block.transactions)
        ],
    }


@dataclass
class Home:
    """A node that tells, and the till that it tells."""

    node: FakeChain
    api: FakeApi
    port: int
    path: Path

    async def tell(self, *blocks: FakeBlock) -> None:
        """Let the node tell of blocks."""
        async with httpx.AsyncClient(trust_env=False) as client:
            for block in blocks:
                url = f"http://127.0.0.1:{self.port}/{TOKEN}/new_block"
                reply = await client.post(url, json=told(block))
                assert reply.status_code == 200

    @asynccontextmanager
    async def opened(self, **settings: Any) -> AsyncIterator[Chain]:
        """The chain, with the node as a source."""
        config = StacksConfig(
            node=self.api.url,
            observer=f"127.0.0.1:{self.port}",
            observer_token=TOKEN,
            observer_source=True,
            **{"apis": (), **settings},
        )
        clock = FakeClock(self.node.blocks[-1].time)
        context = plugin_context("chain_stacks", config, self.path, clock=clock, live=True)
        async with stacktill_chain().open(context) as chain:
            yield chain


@pytest.fixture
async def home(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Home]:
    node = FakeChain()
    async with served_api(node) as api:
        api.extra["/v2/info"] = lambda _: as_json(_info(node))
        for _ in range(3):
            node.mine()
        yield Home(node, api, unused_tcp_port, tmp_path)


def _info(node: FakeChain) -> dict[str, Any]:
    tip = node.blocks[-1]
    return {
        "network_id": 1,
        "stacks_tip_height": tip.height,
        "stacks_tip": named_hash("header", tip.hash),
        "burn_block_height": tip.burn_height,
    }


async def test_what_the_node_told_is_what_the_chain_shows(home: Home) -> None:
    async with home.opened() as chain:
        with pytest.raises(ChainUnavailable, match="not told"):
            await chain.tip()
        await home.tell(*home.node.blocks)
        await home.tell(paid := home.node.mine(FAILED, QUIET, PAID))
        tip = await chain.tip()
        assert (tip.hash, tip.height, tip.parent_hash) == (paid.hash, 3, paid.parent)
        (transfer,) = await chain.transfers(tip)
        assert (transfer.txid, transfer.amount, transfer.memo) == (PAID.txid, 5, b"memo")
        assert transfer.event_index == 0
        assert await chain.block(4) is None
        below = await chain.block(2)
        assert below is not None
        assert below.hash == paid.parent


async def test_it_wakes_who_waits_once_the_block_is_kept(home: Home) -> None:
    async with home.opened() as chain:
        waiter = asyncio.create_task(chain.changed(10))
        await home.tell(home.node.blocks[0])
        await asyncio.wait_for(waiter, 1)


async def test_a_restart_forgets_nothing(home: Home) -> None:
    async with home.opened():
        await home.tell(*home.node.blocks, home.node.mine(PAID))
    async with home.opened() as chain:
        assert len(await chain.transfers(await chain.tip())) == 1
        assert (await chain.block(0)) is not None


async def test_a_fork_is_followed_as_the_node_follows_it(home: Home) -> None:
    async with home.opened() as chain:
        await home.tell(*home.node.blocks, home.node.mine(PAID), home.node.mine())
        old = await chain.block(3)
        assert old is not None
        home.node.fork(2)
        assert (await chain.tip()).height == 2
        with pytest.raises(ChainUnavailable):
            await chain.transfers(old)
        await home.tell(new := home.node.mine())
        tip = await chain.tip()
        assert tip.hash == new.hash != old.hash
        assert list(await chain.transfers(tip)) == []
        assert await chain.block(4) is None


async def test_before_the_first_block_it_told_of_there_is_none(home: Home) -> None:
    async with home.opened() as chain:
        await home.tell(home.node.blocks[-1], home.node.mine())
        assert await chain.block(0) is None
        assert await chain.block(1) is None
        assert (await chain.block(2)) is not None


async def test_a_gap_is_told_and_never_taken_for_an_empty_block(home: Home) -> None:
    async with home.opened() as chain:
        await home.tell(*home.node.blocks)
        home.node.mine(PAID)
        await home.tell(home.node.mine())
        assert (await chain.tip()).height == 4
        with pytest.raises(ChainUnavailable, match="never told"):
            await chain.block(3)


async def test_an_api_fills_the_gap(home: Home) -> None:
    async with home.opened(apis=(home.api.url,), requests_per_minute=0) as chain:
        await home.tell(*home.node.blocks)
        home.node.mine(PAID)
        await home.tell(home.node.mine())
        missing = await chain.block(3)
        assert missing is not None
        assert len(await chain.transfers(missing)) == 1


async def test_a_node_that_tells_nobody_is_noticed(home: Home) -> None:
    async with home.opened() as chain:
        await home.tell(*home.node.blocks)
        for _ in range(6):
            home.node.mine()
        with pytest.raises(ChainUnavailable, match="events_observer"):
            await chain.tip()


async def test_both_kinds_of_source_agree(home: Home) -> None:
    settings: dict[str, Any] = {"apis": (home.api.url,), "agreement": 2, "requests_per_minute": 0}
    async with home.opened(**settings) as chain:
        many = FakeTransaction(named_hash("many"), (moved(1), memo_print(b"a"), moved(2)))
        await home.tell(*home.node.blocks, home.node.mine(PAID, many))
        tip = await chain.tip()
        assert len(await chain.transfers(tip)) == 3
        home.api.extra["/extended/v3/transactions"] = lambda request: _without_memos(home, request)
        with pytest.raises(ChainUnavailable, match="agree"):
            await chain.transfers(tip)


def _without_memos(home: Home, request: Request) -> Answer:
    answer = home.api._events(request)
    return Answer(200, answer.body.replace(b"6d656d6f", b"6d656d70"))


@pytest.mark.parametrize(
    "change",
    [
        {"block_hash": "0x12"},
        {"block_height": -1},
        {"events": None},
        {"transactions": [{"txid": 5}]},
        {"events": [{"txid": "0x" + "ab" * 32, "event_index": 0, "type": "x"}]},
    ],
)
async def test_nonsense_is_given_up_and_does_not_hold_the_node_up(
    home: Home, change: dict[str, Any]
) -> None:
    async with home.opened() as chain:
        body = json.dumps({**told(home.node.blocks[-1]), **change})
        with pytest.raises(ValueError, match=r"\$"):
            read_told_block(body.encode())
        async with httpx.AsyncClient(trust_env=False) as client:
            url = f"http://127.0.0.1:{home.port}/{TOKEN}/new_block"
            for content in (body, "", "[", "\x00"):
                assert (await client.post(url, content=content)).status_code == 200
        with pytest.raises(ChainUnavailable, match="not told"):
            await chain.tip()


def test_a_block_from_before_its_own_time_has_bitcoins() -> None:
    chain = FakeChain()
    block = chain.mine()
    body = {**told(block), "block_time": None}
    assert read_told_block(json.dumps(body).encode()).block.time == block.time


def test_a_node_tells_of_mints_and_burns_as_an_api_does(tmp_path: Path) -> None:
    """Of any amount, also out of the file where blocks are kept."""
    chain = FakeChain()
    huge = 2**128 - 1
    events = (moved(huge, kind="mint"), moved(huge), memo_print(b"memo"), moved(7, kind="burn"))
    block = chain.mine(FakeTransaction(named_hash("pegs"), events))
    told_block = read_told_block(json.dumps(told(block)).encode())
    assert [(one.amount, one.sender, one.recipient, one.memo) for one in told_block.transfers] == [
        (huge, None, BOB, None),
        (huge, ALICE, BOB, b"memo"),
        (7, ALICE, None, None),
    ]
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        journal.add(told_block)
        assert journal.transfers(block.hash) == told_block.transfers
