"""Status streams held open, in a process of their own.

Reads commands as lines of JSON: ``open`` (a stream of each path), ``clear``, ``report``. Of each stream it
is noted when something new arrived on it first after the last ``clear``.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from bench.obeying import obey_orders

__all__ = ["Streams", "Watch"]

AT_ONCE = 50
SETTLE_SECONDS = 60.0


class Watch(msgspec.Struct):
    """What to do; ``paths`` are those of the streams to open at ``port``."""

    do: str
    port: int = 0
    paths: list[str] = []


class Streams(msgspec.Struct):
    """How many streams are open, how many were refused or cut, and the first news by path (Unix seconds)."""

    open: int = 0
    lost: int = 0
    news: dict[str, float] = {}


class Stream(asyncio.Protocol):
    """One stream; ``begun`` is done when its first bytes are there."""

    def __init__(self, owner: Holder, path: str) -> None:
        self.owner = owner
        self.path = path
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        """Ask for the stream."""
        head = f"GET {self.path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n\r\n"
        transport.write(head.encode())

    def data_received(self, data: bytes) -> None:
        """The answer's head, a ping, or news."""
        if not self.begun.done():
            if data.startswith(b"HTTP/1.1 200"):
                self.owner.streams.open += 1
            else:
                self.owner.streams.lost += 1
            self.begun.set_result(None)
        if b"data: " in data:
            self.owner.streams.news.setdefault(self.path, time.time())

    def connection_lost(self, error: Exception | None) -> None:
        """It was cut."""
        del error
        self.owner.streams.lost += 1
        if not self.begun.done():
            self.begun.set_result(None)


class Holder:
    """All streams of the process."""

    def __init__(self) -> None:
        self.streams = Streams()

    async def obey(self, watch: Watch) -> Streams:
        """Do what was said and tell what was seen until now."""
        if watch.do == "open":
            turns = asyncio.Semaphore(AT_ONCE)
            async with asyncio.timeout(SETTLE_SECONDS):
                await asyncio.gather(*(self._open(watch.port, path, turns) for path in watch.paths))
        elif watch.do == "clear":
            self.streams.news.clear()
        return self.streams

    async def _open(self, port: int, path: str, turns: asyncio.Semaphore) -> None:
        async with turns:
            loop = asyncio.get_running_loop()
            _, stream = await loop.create_connection(lambda: Stream(self, path), "127.0.0.1", port)
            await stream.begun


if __name__ == "__main__":
    obey_orders(Watch, lambda: Holder().obey)
