"""The load generator, a process of its own: reads orders as lines of JSON, answers each with one.

Closed loop: each connection sends its next request when the last one is answered, so the number of
connections is the number of requests under way. It speaks just enough HTTP to be cheap.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from functools import partial
from typing import Any

import msgspec
import psutil  # type: ignore[import-untyped]
import uvloop

__all__ = ["MARK", "Order", "Outcome", "cpu_seconds"]

MARK = b"@@"
"""Stands in a request for what is different in each: the next of the values, or a number."""
CONNECT_SECONDS = 10.0
ERRORS_SHOWN = 300


class Order(msgspec.Struct, kw_only=True):
    """What to send where, for how long.

    ``request`` is a whole HTTP request with at most one ``MARK`` per place that changes. ``rate`` (per
    second, over all connections) paces the requests; 0 sends as fast as answers come. ``most`` bounds
    the number of requests. ``pid`` is the server whose processor time is read at both ends. ``keep``
    is how many ids of answered objects to hand back.
    """

    port: int
    request: bytes
    connections: int
    seconds: float
    pid: int
    values: list[str] = []
    prefix: str = ""
    warm_up_seconds: float = 0.5
    rate: float = 0.0
    most: int = 0
    keep: int = 0


class Outcome(msgspec.Struct, kw_only=True):
    """What was seen between the warm-up and the end."""

    answered: int
    errors: int
    first_error: str
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float
    kept: list[str] = []

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def cpu_us(self) -> float:
        """The server's processor time per request, in microseconds."""
        return self.cpu_seconds / self.answered * 1e6 if self.answered else 0.0


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all below it."""
    root = psutil.Process(pid)
    times = [one.cpu_times() for one in (root, *root.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))


class Run:
    """One order under way."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.loop = asyncio.get_running_loop()
        self.parts = order.request.split(MARK)
        self.values = itertools.cycle(order.values) if order.values else None
        self.sent = 0
        self.stopped = False
        self.measuring = False
        self.latencies: list[float] = []
        self.errors = 0
        self.first_error = ""
        self.kept: list[str] = []
        self.done = asyncio.Event()
        self.open = 0
        self.gap = order.connections / order.rate if order.rate else 0.0

    def next_request(self) -> bytes | None:
        """The next request, or None when there shall be no more."""
        order = self.order
        if self.stopped or (order.most and self.sent >= order.most):
            return None
        self.sent += 1
        if len(self.parts) == 1:
            return order.request
        value = next(self.values) if self.values else f"{order.prefix}{self.sent:012d}"
        return value.encode().join(self.parts)

    def answered(self, answer: bytearray, seconds: float) -> None:
        """Note one answer."""
        if answer[9:10] != b"2":
            self.errors += 1
            self.first_error = self.first_error or answer[-ERRORS_SHOWN:].decode("latin-1")
        if self.measuring:
            self.latencies.append(seconds)
        if len(self.kept) < self.order.keep:
            start = answer.find(b'"id":"') + 6
            self.kept.append(answer[start : answer.find(b'"', start)].decode())

    def left(self) -> None:
        """A connection has ended."""
        self.open -= 1
        if self.open == 0:
            self.done.set()

    async def carry_out(self) -> Outcome:
        """Open the connections, warm up, measure."""
        order = self.order
        for number in range(order.connections):
            async with asyncio.timeout(CONNECT_SECONDS):
                make = partial(Connection, self, number)
                await self.loop.create_connection(make, "127.0.0.1", order.port)
        await asyncio.sleep(order.warm_up_seconds)
        cpu, started = cpu_seconds(order.pid), time.perf_counter()
        self.measuring = True
        try:
            async with asyncio.timeout(order.seconds):
                await self.done.wait()
        except TimeoutError:
            pass
        self.measuring = False
        seconds, cpu = time.perf_counter() - started, cpu_seconds(order.pid) - cpu
        self.stopped = True
        async with asyncio.timeout(CONNECT_SECONDS * 3):
            await self.done.wait()
        return self.outcome(seconds, cpu)

    def outcome(self, seconds: float, cpu: float) -> Outcome:
        """The figures of the measured part."""
        times = sorted(self.latencies) or [0.0]
        return Outcome(
            answered=len(self.latencies),
            errors=self.errors,
            first_error=self.first_error,
            seconds=seconds,
            cpu_seconds=cpu,
            p50_ms=times[len(times) // 2] * 1000,
            p99_ms=times[int(len(times) * 0.99)] * 1000,
            kept=self.kept,
        )


class Connection(asyncio.Protocol):
    """One kept-alive connection with one request under way."""

    __slots__ = ("answer", "due", "expected", "number", "run", "sent_at", "transport")

    def __init__(self, run: Run, number: int) -> None:
        self.run = run
        self.number = number
        self.answer = bytearray()
        self.expected = 0
        self.sent_at = 0.0
        self.due = 0.0

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self.transport = transport
        self.run.open += 1
        if self.run.gap:
            # Spread evenly, so that a pace is one from the start.
            self.due = (
                self.run.loop.time() + self.run.gap * self.number / self.run.order.connections
            )
            self.run.loop.call_at(self.due, self.send)
        else:
            self.send()

    def send(self) -> None:
        """Send the next request, or leave."""
        request = self.run.next_request()
        if request is None:
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        answer = self.answer
        answer += data
        if not self.expected:
            end = answer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(answer[:end]).lower()
            at = head.find(b"content-length: ") + 16
            self.expected = end + 4 + int(head[at:].split(b"\r", 1)[0])
        if len(answer) < self.expected:
            return
        self.run.answered(answer, time.perf_counter() - self.sent_at)
        self.answer = bytearray()
        self.expected = 0
        if self.run.gap:
            self.due += self.run.gap
            self.run.loop.call_at(self.due, self.send)
        else:
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        """The server or we have closed."""
        if self.expected or self.answer:
            self.run.errors += 1
            self.run.first_error = self.run.first_error or "the connection broke off"
        self.run.left()


def main() -> None:
    """Carry out one order after another until the input ends."""
    decoder, encoder = msgspec.json.Decoder(Order), msgspec.json.Encoder()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin.buffer:
            outcome = runner.run(_carry_out(decoder.decode(line)))
            sys.stdout.buffer.write(encoder.encode(outcome) + b"\n")
            sys.stdout.buffer.flush()


async def _carry_out(order: Order) -> Outcome:
    return await Run(order).carry_out()


if __name__ == "__main__":
    main()
