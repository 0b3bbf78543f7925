"""A small real HTTP receiver on loopback that records what it gets and misbehaves on request."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

__all__ = ["Received", "Receiver", "Reply"]

HEAD_MAX_BYTES = 64 * 1024
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came, at a Unix second: header names in lower case, the body's very bytes."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What the receiver does with a request.

    It waits ``delay_seconds`` before it answers. ``hang`` means that it never answers;
    ``drip_seconds`` that the body goes out byte by byte, that far apart; ``endless`` that the
    body repeats until the sender closes. ``raw`` replaces the whole answer, head included, and
    the connection closes after it, unless it is ``endless`` too.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay_seconds: float = 0.0
    hang: bool = False
    drip_seconds: float | None = None
    endless: bool = False
    raw: bytes | None = None

    @classmethod
    def redirect(cls, location: str, status: int = 307) -> Self:
        """An answer that sends the caller elsewhere."""
        return cls(status=status, headers={"Location": location})


class Receiver:
    """A loopback HTTP server: ``async with Receiver() as receiver: … receiver.url()``.

    Replies queued in ``script`` are used up in order, then ``reply`` serves for all others.
    ``connections`` counts every accepted TCP connection, even one that never spoke. ``port`` 0
    means any free one; opened again, a receiver keeps its port.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[Received] = []
        self.reply = Reply()
        self.script: deque[Reply] = deque()
        self.connections = 0
        self.sent_bytes = 0
        self.port = port
        self._host = host
        self._tls = tls
        self._arrived = asyncio.Condition()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._accept, self._host, self.port, limit=HEAD_MAX_BYTES, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        # A connection accepted just now first gets its turn, so that it can be ended properly.
        await asyncio.sleep(0)
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    def url(self, path: str = "/hook", *, host: str | None = None) -> str:
        """The address of a path here, by another name or spelling of the host when given."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{host or self._host}:{self.port}{path}"

    async def wait_for(self, count: int, *, timeout_seconds: float = 5.0) -> list[Received]:
        """The requests so far, as soon as there are ``count``; raises TimeoutError when late."""
        async with asyncio.timeout(timeout_seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)
        return list(self.requests)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass  # The sender went away or does not speak HTTP: nothing to record.
        except asyncio.CancelledError:
            pass  # The test is over; asyncio's streams would log an escaping cancellation.
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            self._serving.discard(task)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; whether the connection stays open for another."""
        request = await _read_request(reader)
        reply = self.script.popleft() if self.script else self.reply
        async with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
        if reply.hang:
            await asyncio.Event().wait()
        await asyncio.sleep(reply.delay_seconds)
        if reply.raw is not None:
            await self._send(writer, reply.raw)
            await self._repeat(writer, reply.raw, reply)
            writer.close()
            return False
        await self._send(writer, _head(reply))
        if reply.status not in _BODILESS:
            await self._send_body(writer, reply)
        return True

    async def _send_body(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        if reply.drip_seconds is None or reply.endless:
            await self._send(writer, reply.body)
            await self._repeat(writer, reply.body, reply)
            return
        for position in range(len(reply.body)):
            await self._send(writer, reply.body[position : position + 1])
            await asyncio.sleep(reply.drip_seconds)

    async def _repeat(self, writer: asyncio.StreamWriter, data: bytes, reply: Reply) -> None:
        while reply.endless:
            await asyncio.sleep(reply.drip_seconds or 0.0)
            await self._send(writer, data)

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()
        self.sent_bytes += len(data)


async def _read_request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request_line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    method, path, _ = request_line.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if "transfer-encoding" in headers:
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body, time.time())


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


def _head(reply: Reply) -> bytes:
    unsized = reply.endless or reply.status in _BODILESS
    length = {} if unsized else {"Content-Length": str(len(reply.body))}
    lines = [f"{name}: {value}" for name, value in (length | reply.headers).items()]
    return "\r\n".join([f"HTTP/1.1 {reply.status} Scripted", *lines, "", ""]).encode("latin-1")
