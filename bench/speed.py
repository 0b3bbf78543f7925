"""Requests per second as parts of the ceiling's: create, retrieve, list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import orders
from bench.figures import Figure, median
from bench.generator import Generator, generator, request_bytes
from bench.load import Order, Outcome
from bench.processes import Appliance, Box, Ceiling, ceiling

__all__ = ["Pace", "Target", "measure_speed", "ratio"]

ECHO_BODY = (
    '{"amount":20000,"currency":"btc","description":"Two mugs, one with a chip in it","order":'
    '"order-1234567890123456"}'
)
JSON_BODY = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to look: rounds, and seconds per target in each."""

    rounds: int
    seconds: float
    warm_up_seconds: float


@dataclass(slots=True)
class Target:
    """One thing that is measured, and what was seen of it in each round."""

    name: str
    order: Callable[[], Order]
    seen: list[Outcome] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second, the median of the rounds."""
        return median([one.rate for one in self.seen])

    @property
    def cpu_us(self) -> float:
        """The server's processor time per request in microseconds, the median of the rounds."""
        return median([one.cpu_us for one in self.seen])

    def words(self) -> str:
        """What was seen."""
        p50 = median([one.p50_ms for one in self.seen])
        p99 = median([one.p99_ms for one in self.seen])
        return f"{self.rate:,.0f}/s, p50 {p50:.1f} ms, p99 {p99:.0f} ms, {self.cpu_us:,.0f} us CPU"


def measure_speed(folder: Path, pace: Pace) -> list[Figure]:
    """Interleave the appliance and the ceiling, A B C then C B A, and compare them round by round."""
    with (
        ceiling(folder / "ceiling") as top,
        Box(folder / "speed").served() as box,
        generator() as load,
    ):
        targets = _targets(box, top, _some_ids(load, box))
        for number in range(pace.rounds):
            print(f"  speed: round {number + 1} of {pace.rounds}", flush=True)
            for target in targets if number % 2 == 0 else reversed(targets):
                order = target.order()
                order.seconds, order.warm_up_seconds = pace.seconds, pace.warm_up_seconds
                target.seen.append(load.run(order))
    return _figures({target.name: target for target in targets})


def _some_ids(load: Generator, box: Appliance) -> list[str]:
    order = orders.create(box, 16, more="&confirm=true")
    order.most = order.keep = 400
    return load.run(order).kept


def _targets(box: Appliance, top: Ceiling, ids: list[str]) -> list[Target]:
    def base(path: str, connections: int) -> Order:
        request = request_bytes("POST", path, body=ECHO_BODY, headers=JSON_BODY)
        return Order(
            port=top.port, request=request, connections=connections, seconds=1, pid=top.pid
        )

    return [
        Target("insert 64", lambda: base("/insert", 64)),
        Target("create 64", lambda: orders.create(box, 64)),
        Target("confirm 64", lambda: orders.create(box, 64, more="&confirm=true")),
        Target("insert 1", lambda: base("/insert", 1)),
        Target("create 1", lambda: orders.create(box, 1)),
        Target("echo", lambda: base("/echo", 64)),
        Target("retrieve", lambda: orders.retrieve(box, 64, ids)),
        Target("list", lambda: orders.listing(box, 64)),
    ]


def _figures(seen: dict[str, Target]) -> list[Figure]:
    lines = [
        Figure(f"ceiling: {name}", seen[name].words()) for name in ("echo", "insert 64", "insert 1")
    ]
    promised = (
        ("create", "create 64", "insert 64", 0.40),
        ("create, one at a time", "create 1", "insert 1", 0.35),
        # Two steps in one request: the intent is made, and shown where it is to be paid.
        ("create and confirm", "confirm 64", "insert 64", 0.33),
        ("retrieve", "retrieve", "echo", 0.50),
        ("list of 20", "list", "echo", 0.25),
    )
    for name, target, base, floor in promised:
        share = ratio(seen[target], seen[base])
        words = f"{seen[target].words()}, CPU {seen[target].cpu_us / seen[base].cpu_us:.2f}x"
        lines.append(Figure(f"{name} / {base}", words, share, floor))
    return lines


def ratio(target: Target, base: Target) -> float:
    """Compared within each round, so that what slows the whole machine for a while cancels out."""
    pairs = zip(target.seen, base.seen, strict=True)
    return median([one.rate / other.rate for one, other in pairs])
