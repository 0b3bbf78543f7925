"""The server against slow, large and two-faced requests, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from stacktill.web.server import BoundAddress, ServerSettings, serve
from stacktill.web.shell import RateLimitSettings, ShellSettings, wrap

SETTINGS = ServerSettings(
    port=0, header_timeout_seconds=1.0, leftover_timeout_seconds=0.5, drain_seconds=5.0
)
PATIENCE_SECONDS = 20.0


async def lifespan(receive: Any, send: Any) -> None:
    for kind in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{kind}.complete"})


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Echoes bodies; ``/slow`` takes half a second; ``/deaf`` answers without reading."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    body, is_whole = b"", scope["path"] == "/deaf"
    if scope["path"] == "/slow":
        await asyncio.sleep(0.5)
    while not is_whole:
        message = await receive()
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
    names = b",".join(name for name, _ in scope["headers"])
    content = b"%s %s %s|%s" % (scope["method"].encode(), scope["raw_path"], names, body)
    length = (b"content-length", b"%d" % len(content))
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": content})


@pytest.fixture
async def address() -> AsyncIterator[BoundAddress]:
    """A running server with the shell and ``application``."""
    settings = ShellSettings(
        max_body_bytes=5000, rate_limit=RateLimitSettings(requests_per_second=0)
    )
    started: asyncio.Future[BoundAddress] = asyncio.get_running_loop().create_future()
    closing = asyncio.Event()
    task = asyncio.create_task(
        serve(
            wrap(application, settings),
            SETTINGS,
            closing=closing,
            on_started=started.set_result,
            handle_signals=False,
        )
    )
    yield await started
    closing.set()
    await task


class Reply(NamedTuple):
    """One answer from the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = json.loads(self.body)["error"]
        return error


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    async with asyncio.timeout(PATIENCE_SECONDS):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Reply(int(head[0].split()[1]), headers, body)


async def exchange(address: BoundAddress, request: bytes) -> tuple[list[Reply], bool]:
    """Send ``request`` whole and read until the server closes: the answers, and if it did."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    replies: list[Reply] = []
    try:
        writer.write(request)
        await writer.drain()
        while True:
            try:
                replies.append(await asyncio.wait_for(read_reply(reader), 3.0))
            except asyncio.IncompleteReadError:
                return replies, True
            except TimeoutError:
                return replies, False
    finally:
        writer.close()


GET = b"GET /ok HTTP/1.1\r\nHost: till\r\n\r\n"
POST = b"POST /ok HTTP/1.1\r\nHost: till\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        POST + b"Content-Length: 4, 4\r\n\r\nabcd",
        POST + b"Content-Length: +4\r\n\r\nabcd",
        POST + b"Content-Length: 0x4\r\n\r\nabcd",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nab",
        POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab",
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\na\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_two_faced_framing_is_refused_and_cut(
    address: BoundAddress, request_bytes: bytes
) -> None:
    replies, is_closed = await exchange(address, request_bytes + GET)
    assert is_closed
    assert len(replies) == 1
    assert replies[0].status in (400, 405)
    assert replies[0].headers["connection"] == "close"
    assert replies[0].error["type"] == "invalid_request_error"


@pytest.mark.parametrize("method", [b"BREW", b"CONNECT", b"TRACE", b"PROPFIND", b"get"])
async def test_strange_methods(address: BoundAddress, method: bytes) -> None:
    target = b"x:1" if method == b"CONNECT" else b"/"
    request = method + b" " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    replies, is_closed = await exchange(address, request)
    assert [reply.status for reply in replies] == [405]
    assert replies[0].error["message"]
    assert is_closed


async def test_a_trailer_is_no_header(address: BoundAddress) -> None:
    request = (
        POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nab\r\n0\r\nAuthorization: Bearer x\r\n\r\n"
    )
    replies, _ = await exchange(address, request)
    assert replies[0].body == b"POST /ok host,connection,transfer-encoding|ab"


async def test_a_fault_behind_a_good_request_does_not_take_its_answer(
    address: BoundAddress,
) -> None:
    slow = GET.replace(b"/ok", b"/slow")
    replies, is_closed = await exchange(address, slow + b"\x00garbage\r\n\r\n")
    assert [reply.status for reply in replies] == [200]
    assert is_closed


async def test_pipelined_requests_are_answered_in_order(address: BoundAddress) -> None:
    close = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    replies, is_closed = await exchange(address, GET.replace(b"/ok", b"/slow") + GET + close)
    assert [reply.body.split()[1] for reply in replies] == [b"/slow", b"/ok", b"/ok"]
    assert is_closed


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: bcdefgh\r\n" * 2000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 20_000,  # never complete
        b"\r\n" * 10_000,
        POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + b"x" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_large_heads(address: BoundAddress, request_bytes: bytes) -> None:
    replies, is_closed = await exchange(address, request_bytes)
    assert [reply.status for reply in replies] == [431]
    assert replies[0].error["message"]
    assert is_closed


async def test_a_head_just_small_enough(address: BoundAddress) -> None:
    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: " + b"x" * 16_000 + b"\r\n\r\n"
    replies, _ = await exchange(address, request)
    assert [reply.status for reply in replies] == [200]


async def test_a_large_endless_head_in_drops(address: BoundAddress) -> None:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nA: ")
    for _ in range(20):
        writer.write(b"x" * 1000)
        await asyncio.sleep(0)
    assert (await read_reply(reader)).status == 431
    writer.close()


@pytest.mark.parametrize("first", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nA: b", b"\r\n"])
async def test_a_slow_head_is_cut(address: BoundAddress, first: bytes) -> None:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(first)
    async with asyncio.timeout(PATIENCE_SECONDS):
        rest = await reader.read()
    assert rest.startswith(b"HTTP/1.1 408 " if first else b"")
    assert bool(rest) is bool(first)
    writer.close()


async def test_a_drip_of_headers_does_not_win_time(address: BoundAddress) -> None:
    reader, writer = await asyncio.open_connection(address.host, address.port)

    async def drip() -> None:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        while True:
            writer.write(b"A: b\r\n")
            await asyncio.sleep(0.1)

    task = asyncio.create_task(drip())
    assert (await read_reply(reader)).status == 408
    task.cancel()
    writer.close()


async def test_a_half_request_on_a_kept_connection(address: BoundAddress) -> None:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(GET)
    assert (await read_reply(reader)).status == 200
    await asyncio.sleep(1.7)  # Longer than the time for a head: idle is not slow.
    writer.write(GET)
    assert (await read_reply(reader)).status == 200
    writer.write(GET[:20])
    assert (await read_reply(reader)).status == 408
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await reader.read() == b""
    writer.close()


async def test_two_hundred_slow_connections_and_others_go_on(address: BoundAddress) -> None:
    slow = [await asyncio.open_connection(address.host, address.port) for _ in range(200)]
    for _, writer in slow:
        writer.write(b"POST /ok HTTP/1.1\r\nHost: x\r\n")
    reader, writer = await asyncio.open_connection(address.host, address.port)
    for _ in range(100):
        writer.write(GET)
        assert (await read_reply(reader)).status == 200
    replies = await asyncio.gather(*(read_reply(reader) for reader, _ in slow))
    assert {reply.status for reply in replies} == {408}
    for _, other in [*slow, (reader, writer)]:
        other.close()


async def test_a_body_beyond_the_limit_over_the_wire(address: BoundAddress) -> None:
    large = POST + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000
    replies, is_closed = await exchange(address, large + GET)
    # The whole body was sent, so the connection can go on.
    assert [reply.status for reply in replies] == [413, 200]
    assert replies[0].error["message"]
    assert not is_closed
    chunk = b"800\r\n" + b"x" * 2048 + b"\r\n"
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 100
    replies, is_closed = await exchange(address, chunked)
    # This one never ends, so the server does not listen for long.
    assert [reply.status for reply in replies] == [413]
    assert is_closed


async def test_a_body_that_was_not_waited_for(address: BoundAddress) -> None:
    request = b"POST /deaf HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx"
    replies, is_closed = await exchange(address, request)
    assert [reply.status for reply in replies] == [200]
    assert is_closed


async def test_an_upgrade_is_served_as_plain_http(address: BoundAddress) -> None:
    request = GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    replies, is_closed = await exchange(address, request + b"\x81\x00")
    assert [reply.status for reply in replies] == [200]
    assert is_closed


async def test_continue_is_sent_only_to_bodies_that_are_read(address: BoundAddress) -> None:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    head = POST + b"Expect: 100-continue\r\nContent-Length: "
    writer.write(head + b"2\r\n\r\n")
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"ab")
    assert (await read_reply(reader)).body.endswith(b"|ab")
    writer.write(head + b"99999\r\n\r\n")
    assert (await read_reply(reader)).status == 413
    writer.close()
