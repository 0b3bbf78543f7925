"""Webhook receivers, in a process of their own: many ports, one of which can be made to hang.

Reads commands as lines of JSON: ``open`` (that many ports), ``hang`` (a port never answers again),
``clear``, ``report``. When a delivery arrives, the time since its event was made is noted: events carry
it in their ids.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from bench.obeying import obey_orders

__all__ = ["Command", "Seen", "age_ms"]

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TIME_LETTERS = 10
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Command(msgspec.Struct):
    """What to do, with a number of ports or a port."""

    do: str
    number: int = 0


class Seen(msgspec.Struct):
    """What the receivers that answer have seen since the last ``clear``."""

    ports: list[int]
    answered: int = 0
    hanging: int = 0
    seconds: float = 0.0
    ages_ms: list[float] = []

    @property
    def rate(self) -> float:
        """Deliveries per second, from the first to the last."""
        return self.answered / self.seconds if self.seconds else 0.0


def age_ms(event_id: str, now: float) -> float:
    """How long ago the event was made, in ms: ids begin with microseconds in base62."""
    number = 0
    for letter in event_id.partition("_")[2][:TIME_LETTERS]:
        number = number * 62 + ALPHABET.index(letter)
    return now * 1000 - number / 1000


class Receivers:
    """All ports of the process."""

    def __init__(self) -> None:
        self.servers: list[asyncio.Server] = []
        self.hanging_port = 0
        self.seen = Seen([])
        self.first = 0.0

    async def obey(self, command: Command) -> Seen:
        """Do what was said and tell what was seen until now."""
        loop = asyncio.get_running_loop()
        if command.do == "open":
            for _ in range(command.number):
                server = await loop.create_server(lambda: Receiver(self), "127.0.0.1", 0)
                self.seen.ports.append(server.sockets[0].getsockname()[1])
                self.servers.append(server)
        elif command.do == "hang":
            self.hanging_port = command.number
        elif command.do == "clear":
            self.seen = Seen(self.seen.ports)
            self.first = 0.0
        return self.seen

    def note(self, head: bytes) -> None:
        """A delivery has arrived at a port that answers."""
        seen, now = self.seen, time.time()
        self.first = self.first or now
        seen.answered += 1
        seen.seconds = now - self.first
        start = head.lower().find(b"webhook-id: ") + 12
        seen.ages_ms.append(age_ms(head[start : head.find(b"\r", start)].decode(), now))


class Receiver(asyncio.Protocol):
    """One connection from the appliance."""

    def __init__(self, owner: Receivers) -> None:
        self.owner = owner
        self.waiting = bytearray()

    def connection_made(self, transport: Any) -> None:
        """Remember where the answers go."""
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def data_received(self, data: bytes) -> None:
        """Answer when a whole request is there."""
        self.waiting += data
        end = self.waiting.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.waiting[:end])
        at = head.lower().find(b"content-length: ") + 16
        whole = end + 4 + int(head[at:].split(b"\r", 1)[0])
        if len(self.waiting) < whole:
            return
        del self.waiting[:whole]
        if self.port == self.owner.hanging_port:
            self.owner.seen.hanging += 1
            return
        self.owner.note(head)
        self.transport.write(ANSWER)


if __name__ == "__main__":
    obey_orders(Command, lambda: Receivers().obey)
