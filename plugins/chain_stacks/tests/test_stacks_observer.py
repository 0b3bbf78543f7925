"""The door for a node's news: it wakes the watcher, answers fast, and lets nobody else in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from plugins.chain_stacks.tests.stacks_kit import opened_chain

from stacktill.plugin.pulse import Pulse
from stacktill_chain_stacks.observer import serve_observer

TOKEN = "observer-token"


def ignore(body: bytes) -> None:
    """Keep nothing."""


@pytest.fixture
async def door() -> AsyncIterator[tuple[Pulse, str]]:
    pulse = Pulse()
    kept: list[bytes] = []
    async with serve_observer("127.0.0.1:0", TOKEN, pulse, keep=kept.append) as port:
        yield pulse, f"http://127.0.0.1:{port}"


async def waits(pulse: Pulse) -> bool:
    """Whether somebody who waits is still waiting after a moment."""
    before = time.monotonic()
    await pulse.wait(0.2)
    return time.monotonic() - before > 0.15


@pytest.mark.parametrize("name", ["new_block", "new_burn_block"])
async def test_news_wake_who_waits(door: tuple[Pulse, str], name: str) -> None:
    pulse, url = door
    async with httpx.AsyncClient(base_url=url) as client:
        waiter = asyncio.create_task(pulse.wait(5))
        await asyncio.sleep(0)
        for _ in range(3):
            reply = await client.post(f"/{TOKEN}/{name}", json={"block_height": 1})
            assert reply.status_code == 200
        await asyncio.wait_for(waiter, 1)


@pytest.mark.parametrize("name", ["new_mempool_tx", "drop_mempool_tx", "attachments/new", "x"])
async def test_other_messages_are_taken_and_forgotten(door: tuple[Pulse, str], name: str) -> None:
    pulse, url = door
    async with httpx.AsyncClient(base_url=url) as client:
        reply = await client.post(f"/{TOKEN}/{name}", content=b"x" * 3_000_000)
        assert reply.status_code == 200
    assert await waits(pulse)


@pytest.mark.parametrize("path", ["/new_block", "/wrong/new_block", "//new_block", "/"])
async def test_without_the_token_nobody_is_heard(door: tuple[Pulse, str], path: str) -> None:
    pulse, url = door
    async with httpx.AsyncClient() as client:
        assert (await client.post(url + path, json={})).status_code == 404
        assert (await client.get(f"{url}/{TOKEN}/new_block")).status_code == 405
    assert await waits(pulse)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02 garbage\r\n\r\n",
        b"POST /x HTTP/1.1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /" + b"x" * 100_000,
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
    ],
)
async def test_nonsense_ends_the_connection_only(door: tuple[Pulse, str], raw: bytes) -> None:
    pulse, url = door
    port = int(url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    writer.write_eof()
    await asyncio.wait_for(reader.read(), 5)
    writer.close()
    async with httpx.AsyncClient() as client:
        assert (await client.post(f"{url}/{TOKEN}/new_block", json={})).status_code == 200
    assert not await waits(pulse)


async def test_many_connections_leave_room_again(door: tuple[Pulse, str]) -> None:
    _, url = door
    port = int(url.rpartition(":")[2])
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
    for _, writer in idle:
        writer.close()
    await asyncio.sleep(0.1)
    async with httpx.AsyncClient() as client:
        assert (await client.post(f"{url}/{TOKEN}/new_block", json={})).status_code == 200


async def test_the_chain_listens_when_it_is_told_to(tmp_path: Path) -> None:
    async with serve_observer("127.0.0.1:0", TOKEN, Pulse(), keep=ignore) as taken:
        address = f"127.0.0.1:{taken}"
        async with opened_chain(tmp_path, observer=address, observer_token=TOKEN) as deaf:
            assert (await deaf.chain.tip()).height == 2
    async with opened_chain(tmp_path, observer=address, observer_token=TOKEN) as opened:
        waiter = asyncio.create_task(opened.chain.changed(10))
        async with httpx.AsyncClient() as client:
            reply = await client.post(f"http://127.0.0.1:{taken}/{TOKEN}/new_block", json={})
        assert reply.status_code == 200
        await asyncio.wait_for(waiter, 1)
