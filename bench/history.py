"""What a long history costs: the same work on a box with many intents and on one with few."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import orders
from bench.books import Cost, Work
from bench.children import child
from bench.figures import Figure, median
from bench.generator import Generator, generator
from bench.load import Order
from bench.processes import Appliance, Box, resident_mb
from bench.seeding import Seeded, intent_id, order_word, seed

__all__ = ["History", "measure_history"]

DEARER_AT_MOST = 1.2
OPEN_INTENTS_MB = 512
CONNECTIONS = 16
EXPIRED_AT_ONCE = 200
PAID_AT_ONCE = 100
SETTLE_SECONDS = 1.5
BOOKS_ROUNDS = 5
SAMPLE = 200
"""Intents that are asked for again and again: what is compared is the work, not a disk that is cold."""


@dataclass(frozen=True, slots=True)
class History:
    """How many intents the two boxes have, and how long to look."""

    few: int
    many: int
    rounds: int
    seconds: float


def measure_history(folder: Path, history: History) -> list[Figure]:
    """Processor time of each kind of work with many intents, as a multiple of that with few."""
    turns = history.rounds + BOOKS_ROUNDS
    overdue = EXPIRED_AT_ONCE * turns
    few, many = (
        seed(Box(folder / f"history-{count}"), count, overdue=overdue)
        for count in (history.few, history.many)
    )
    expiry = _books(few, many, "expire", [[0] * EXPIRED_AT_ONCE] * turns)
    asked, memory = _asked(few, many, history)
    ages = random.Random(1).sample(range(history.few), PAID_AT_ONCE * turns)
    paid = [ages[at * PAID_AT_ONCE : (at + 1) * PAID_AT_ONCE] for at in range(turns)]
    blocks = _books(few, many, "block", paid)
    words = f"{history.many:,} against {history.few:,}"
    return [
        *(_figure(name, words, pairs) for name, pairs in asked.items()),
        _figure("expiry", words, expiry),
        _figure("a payment in a block", words, blocks),
        Figure(f"memory with {history.many:,} open", "", memory, OPEN_INTENTS_MB, "at most", "MB"),
    ]


Pairs = list[tuple[float, float]]
"""Processor time in microseconds with few and with many, per round."""


def _figure(name: str, words: str, pairs: Pairs) -> Figure:
    few, many = (median([pair[side] for pair in pairs]) for side in (0, 1))
    ratio = median([pair[1] / pair[0] for pair in pairs])
    measured = f"{many:,.0f} us CPU each, {few:,.0f} us with few ({words})"
    return Figure(f"history: {name}", measured, ratio, DEARER_AT_MOST, "at most")


def _asked(few: Seeded, many: Seeded, history: History) -> tuple[dict[str, Pairs], float]:
    """What clients ask for, in turns on both boxes; and the memory of the one with many."""
    with few.box.served() as small, many.box.served() as large, generator() as load:
        found: dict[str, Pairs] = {name: [] for name in _kinds(small, few)}
        for number in range(history.rounds):
            print(f"  history: round {number + 1} of {history.rounds}", flush=True)
            for name, pairs in found.items():
                sides = [(small, few), (large, many)]
                if number % 2:
                    sides.reverse()
                seen = [
                    _cpu_us(load, _kinds(box, seeded)[name](), history.seconds)
                    for box, seeded in sides
                ]
                if number % 2:
                    seen.reverse()
                pairs.append((seen[0], seen[1]))
        return found, resident_mb(large.pid)


def _kinds(box: Appliance, seeded: Seeded) -> dict[str, Callable[[], Order]]:
    numbers = [random.randint(1, seeded.intents) for _ in range(SAMPLE)]
    ids = [intent_id(number) for number in numbers]
    words = [order_word(number) for number in numbers]
    return {
        "create": lambda: orders.create(box, CONNECTIONS, more="&confirm=true"),
        "retrieve": lambda: orders.retrieve(box, CONNECTIONS, ids),
        "list": lambda: orders.listing(box, CONNECTIONS),
        "search by metadata": lambda: orders.search(box, CONNECTIONS, words),
    }


def _cpu_us(load: Generator, order: Order, seconds: float) -> float:
    order.warm_up_seconds, order.most, order.seconds = 0.0, 2 * SAMPLE, 60.0
    load.run(order)
    order.warm_up_seconds, order.most, order.seconds = 0.5, 0, seconds
    cpu_us = load.run(order).cpu_us
    # What writing leaves behind, such as the checkpoint, is not to be charged to what comes next.
    time.sleep(SETTLE_SECONDS)
    return cpu_us


def _books(few: Seeded, many: Seeded, do: str, works: list[list[int]]) -> Pairs:
    """What the loops do, in turns on both boxes, which are not served meanwhile.

    ``works`` names intents by their age: how many newer ones there are.
    """
    pairs: Pairs = []
    with ExitStack() as stack:
        small, large = (
            stack.enter_context(child("bench.books", Cost, environment=seeded.box.environment))
            for seeded in (few, many)
        )
        for number, ages in enumerate(works):
            sides = [(small, few), (large, many)]
            costs = {}
            for side, seeded in sides if number % 2 else reversed(sides):
                order = Work(do, [seeded.intents - age for age in ages])
                costs[side] = side.ask(order).cpu_us
            pairs.append((costs[small], costs[large]))
    # The first round also prepares what every later one uses.
    return pairs[1:]
