"""What is written to a connection, piece by piece."""

from __future__ import annotations

import asyncio
from typing import Any

from stacktill.web.server import BoundAddress, ServerSettings, serve
from stacktill.web.server_output import JoinedOutput


class Connection:
    """Notes what reaches it."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.pieces.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def test_the_head_leaves_with_what_follows() -> None:
    connection = Connection()
    output = JoinedOutput(connection)
    output.write(b"HTTP/1.1 200 OK\r\n\r\n")
    assert connection.pieces == []
    output.write(b"one")
    output.write(b"two")
    assert connection.pieces == [b"HTTP/1.1 200 OK\r\n\r\none", b"two"]


def test_a_body_of_nothing_lets_the_head_go() -> None:
    connection = Connection()
    output = JoinedOutput(connection)
    output.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    output.write(b"")
    assert connection.pieces == [b"HTTP/1.1 204 No Content\r\n\r\n"]


def test_the_wish_for_a_body_leaves_at_once() -> None:
    connection = Connection()
    output = JoinedOutput(connection)
    output.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    output.write(b"HTTP/1.1 200 OK\r\n\r\n")
    assert connection.pieces == [b"HTTP/1.1 100 Continue\r\n\r\n"]


def test_closing_loses_nothing() -> None:
    connection = Connection()
    output = JoinedOutput(connection)
    output.write(b"HTTP/1.1 500 Internal Server Error\r\n\r\n")
    assert not output.is_closing()
    output.close()
    assert connection.pieces == [b"HTTP/1.1 500 Internal Server Error\r\n\r\n"]
    assert output.is_closing()


async def test_heads_alone_and_pipelined_answers_arrive() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    started: asyncio.Future[BoundAddress] = asyncio.get_running_loop().create_future()
    closing = asyncio.Event()
    task = asyncio.create_task(
        serve(
            application,
            ServerSettings(port=0),
            closing=closing,
            on_started=started.set_result,
            handle_signals=False,
        )
    )
    try:
        address = await asyncio.wait_for(started, 20)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        kinds = ("HEAD", "GET", "HEAD", "GET")
        writer.write(b"".join(f"{kind} / HTTP/1.1\r\nhost: x\r\n\r\n".encode() for kind in kinds))
        for kind in kinds:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            if kind == "GET":
                assert await asyncio.wait_for(reader.readexactly(2), 20) == b"ok"
        writer.close()
    finally:
        closing.set()
        await task
