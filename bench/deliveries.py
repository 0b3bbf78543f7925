"""Webhooks: how many a second, what a hanging receiver does to the others, how soon the first try is."""

from __future__ import annotations

import json
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from bench import orders
from bench.children import Child, child
from bench.figures import Figure, median
from bench.generator import Generator, generator
from bench.load import cpu_seconds
from bench.processes import Appliance, Box
from bench.receivers import Command, Seen

__all__ = ["listen_at", "measure_deliveries", "send", "settled"]

RECEIVERS = 20
RATE_FLOOR = 1_000
SLOWED_BY_AT_MOST = 0.10
PAYMENTS_PER_SECOND = 50
FIRST_ATTEMPT_MS = 200
QUIET_SECONDS = 1.5
PATIENCE_SECONDS = 120


def measure_deliveries(folder: Path, *, events: int, rounds: int, seconds: float) -> list[Figure]:
    """All three promises; ``events`` per round, ``rounds`` with and without a hanging receiver."""
    with generator() as load:
        whole: list[tuple[float, float]] = []
        hindered: list[tuple[float, float]] = []
        for number in range(rounds):
            print(f"  deliveries: round {number + 1} of {rounds}", flush=True)
            pair = [(False, whole), (True, hindered)]
            for hangs, seen in pair if number % 2 == 0 else reversed(pair):
                place = folder / f"deliveries-{number}-{hangs}"
                seen.append(_rate(place, load, events, hangs=hangs))
        latency = _latency(folder / "latency", load, seconds)
    rate, cpu = median([one for one, _ in whole]), median([one for _, one in whole])
    ratio = median([b / a for (a, _), (b, _) in zip(whole, hindered, strict=True)])
    slow = median([one for one, _ in hindered])
    return [
        Figure(
            f"deliveries to {RECEIVERS} receivers",
            f"{rate:,.0f}/s, {cpu:,.0f} us CPU each, everything included",
            rate,
            RATE_FLOOR,
            unit="/s",
        ),
        Figure("… one of them hanging", f"{slow:,.0f}/s", ratio, 1 - SLOWED_BY_AT_MOST),
        latency,
    ]


def _rate(place: Path, load: Generator, events: int, *, hangs: bool) -> tuple[float, float]:
    """Make many events at once and watch them go out: deliveries per second, CPU us of each."""
    with ExitStack() as stack:
        receivers = stack.enter_context(child("bench.receivers", Seen))
        box = stack.enter_context(Box(place).served())
        ports = receivers.ask(Command("open", RECEIVERS)).ports
        if hangs:
            receivers.ask(Command("hang", ports[0]))
        for port in ports:
            listen_at(box, port)
        cpu = cpu_seconds(box.pid)
        order = orders.create(box, 16)
        order.most, order.seconds, order.warm_up_seconds = events, 60.0, 0.0
        load.run(order)
        answering = RECEIVERS - hangs
        seen = settled(receivers, events * answering)
        if seen.answered < events * answering:
            raise RuntimeError(f"only {seen.answered} of {events * answering} deliveries arrived")
        return seen.rate, (cpu_seconds(box.pid) - cpu) / seen.answered * 1e6


def _latency(place: Path, load: Generator, seconds: float) -> Figure:
    """Pay at a steady pace and look how old each event is when its first attempt arrives."""
    with ExitStack() as stack:
        receivers = stack.enter_context(child("bench.receivers", Seen))
        box = stack.enter_context(Box(place).served())
        (port,) = receivers.ask(Command("open", 1)).ports
        order = orders.create(box, 16, more="&confirm=true")
        order.most = order.keep = int(PAYMENTS_PER_SECOND * seconds)
        order.seconds = 60.0
        ids = load.run(order).kept
        listen_at(box, port)
        paying = orders.pay(box, 8, ids)
        paying.rate, paying.most = PAYMENTS_PER_SECOND, len(ids)
        paying.warm_up_seconds, paying.seconds = 0.0, seconds + 30
        receivers.ask(Command("clear"))
        outcome = load.run(paying)
        seen = settled(receivers, 0)
    ages = sorted(seen.ages_ms) or [float("inf")]
    p95 = ages[int(len(ages) * 0.95)]
    words = (
        f"p50 {ages[len(ages) // 2]:.0f} ms over {len(ages):,} events, "
        f"{outcome.rate:.0f} payments/s"
    )
    return Figure("event to first attempt, p95", words, p95, FIRST_ATTEMPT_MS, "at most", "ms")


def listen_at(box: Appliance, port: int, *, events: str = "*") -> None:
    """Let a receiver's port be told of events of a kind."""
    send(box, "webhook_endpoints", f"url=http://127.0.0.1:{port}/hook&enabled_events[]={events}")


def send(box: Appliance, path: str, body: str) -> None:
    """Make one request that need not be quick."""
    headers = {
        "Authorization": f"Bearer {box.key}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    request = urllib.request.Request(f"{box.url}/v1/{path}", body.encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        json.load(answer)


def settled(receivers: Child[Seen], expected: int) -> Seen:
    """Wait until all have arrived, or nothing more does."""
    end = time.monotonic() + PATIENCE_SECONDS
    last, since = -1, time.monotonic()
    while True:
        seen = receivers.ask(Command("report"))
        if seen.answered != last:
            last, since = seen.answered, time.monotonic()
        is_complete = bool(expected) and seen.answered >= expected
        now = time.monotonic()
        if is_complete or now > end or (seen.answered and now - since > QUIET_SECONDS):
            return seen
        time.sleep(0.2)
