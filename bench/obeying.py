"""A helper process's side of the talk: orders as lines of JSON on its input, answers on its output."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import uvloop

__all__ = ["obey_orders"]

Order = TypeVar("Order", bound=msgspec.Struct)


def obey_orders(
    kind: type[Order], make: Callable[[], Callable[[Order], Awaitable[msgspec.Struct]]]
) -> None:
    """Answer each order until the input ends; ``make`` is called in the event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_obey(kind, make))


async def _obey(
    kind: type[Order], make: Callable[[], Callable[[Order], Awaitable[msgspec.Struct]]]
) -> None:
    loop, obey = asyncio.get_running_loop(), make()
    orders: asyncio.Queue[bytes | None] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin.buffer:
            loop.call_soon_threadsafe(orders.put_nowait, line)
        loop.call_soon_threadsafe(orders.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while (line := await orders.get()) is not None:
        answer = await obey(msgspec.json.decode(line, type=kind))
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()
