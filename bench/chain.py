"""What following a chain costs: decoding, blocks beside many open intents, news, and memory over time."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
from bench import orders
from bench.books import Cost, Work
from bench.children import child
from bench.deliveries import listen_at, send, settled
from bench.figures import Figure, median
from bench.generator import generator
from bench.processes import Box
from bench.receivers import Command, Seen
from bench.seeding import Seeded, seed
from bench.soak import slope_per_second
from bench.watching import Walk, Walked

from stacktill_chain_stacks.client.events import ApiEvent
from stacktill_chain_stacks.client.shapes import Page
from stacktill_chain_stacks.told import read_told_block
from stacktill_chain_stacks.transfers import transfers_of

__all__ = ["Following", "measure_chain"]

EVENTS_PER_SECOND = 20_000
DEARER_AT_MOST = 1.2
FEW = 10
STRANGERS = 2_000
NEWS_MS = 1_000
PAYMENTS_PER_SECOND = 50
GROWTH_MB = 2.0
WHOLE_BLOCKS = 100_000
SLICES = 40
PAIRS = 100
SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
SOMEBODY = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
MEMO = "0x0200000022" + "ab" * 34


@dataclass(frozen=True, slots=True)
class Following:
    """How many intents are open on the larger box, how many blocks are walked, how long to look."""

    many: int
    blocks: int
    rounds: int
    seconds: float


def measure_chain(folder: Path, following: Following) -> list[Figure]:
    """All four promises about following a chain."""
    return [
        *_decoding(following),
        _blocks(folder, following),
        _news(folder, following.seconds),
        _memory(folder, following.blocks),
    ]


def _decoding(following: Following) -> list[Figure]:
    """From an answer's bytes to transfers with memos; by the processor's clock, so for one core."""
    page, told = _page(), _told_block()

    def by_api() -> int:
        return len(transfers_of("ab" * 32, msgspec.json.decode(page, type=Page[ApiEvent]).results))

    def by_node() -> int:
        return len(read_told_block(told).transfers)

    found = []
    for name, decode in (("an API's pages", by_api), ("a node's blocks", by_node)):
        rates = []
        for _ in range(following.rounds):
            began, count = time.process_time(), 0
            while (spent := time.process_time() - began) < following.seconds / 5:
                count += decode()
            rates.append(count / spent)
        words = f"{PAIRS} transfers with memos at a time, from JSON to Transfer"
        rate = median(rates)
        found.append(Figure(f"decoding {name}", words, rate, EVENTS_PER_SECOND, unit="/s"))
    return found


def _blocks(folder: Path, following: Following) -> Figure:
    """A block of strangers' transfers, one payment among them, on both boxes in turns."""
    rounds = FEW
    few, many = (
        seed(Box(folder / f"chain-{count}"), count, overdue=0) for count in (FEW, following.many)
    )
    pairs: list[tuple[float, float]] = []
    with ExitStack() as stack:
        sides = [
            (stack.enter_context(child("bench.books", Cost, environment=box.box.environment)), box)
            for box in (few, many)
        ]
        for number in range(rounds):
            costs = {}
            for side, box in sides if number % 2 else reversed(sides):
                costs[box] = side.ask(_work(box, number)).cpu_us
            pairs.append((costs[few], costs[many]))
    pairs = pairs[1:]
    ratio = median([high / low for low, high in pairs])
    small, large = (median([pair[side] for pair in pairs]) for side in (0, 1))
    words = f"{large:,.0f} us CPU a transfer, {small:,.0f} us with few ({following.many:,} against {FEW})"
    return Figure("a block of transfers", words, ratio, DEARER_AT_MOST, "at most")


def _work(box: Seeded, number: int) -> Work:
    return Work("block", [box.intents - number % FEW], strangers=STRANGERS)


def _news(folder: Path, seconds: float) -> Figure:
    """Fifty payments a second in a block a second: how old the news of each is when it arrives."""
    with ExitStack() as stack:
        receivers = stack.enter_context(child("bench.receivers", Seen))
        box = stack.enter_context(Box(folder / "news").served())
        load = stack.enter_context(generator())
        (port,) = receivers.ask(Command("open", 1)).ports
        order = orders.create(box, 16, more="&confirm=true")
        order.most = order.keep = int(PAYMENTS_PER_SECOND * seconds)
        order.seconds = 60.0
        ids = load.run(order).kept
        listen_at(box, port, events="payment_intent.succeeded")
        ages: list[float] = []
        for at in range(0, len(ids), PAYMENTS_PER_SECOND):
            began = time.monotonic()
            some = ids[at : at + PAYMENTS_PER_SECOND]
            paying = orders.pay(box, 8, some, more="&mine=false")
            paying.most, paying.warm_up_seconds, paying.seconds = len(some), 0.0, 30.0
            load.run(paying)
            receivers.ask(Command("clear"))
            send(box, "test_helpers/sandbox/mine", "count=1")
            time.sleep(max(began + 1 - time.monotonic(), 0))
            ages += settled(receivers, len(some)).ages_ms
    ages.sort()
    p95 = ages[int(len(ages) * 0.95)] if ages else float("inf")
    words = f"p50 {ages[len(ages) // 2]:.0f} ms over {len(ages):,} events" if ages else "none came"
    return Figure("payment seen to webhook, p95", words, p95, NEWS_MS, "at most", "ms")


def _memory(folder: Path, blocks: int) -> Figure:
    """The watcher walks, and its process's memory is looked at on the way."""
    box = Box(folder / "walk")
    samples: list[tuple[float, float]] = []
    with child("bench.watching", Walked, environment=box.environment) as walker:
        for number in range(SLICES):
            walked = walker.ask(Walk(blocks // SLICES))
            samples.append((float(walked.height), walked.resident_mb))
            if number % 10 == 9:
                print(f"  chain: block {walked.height:,}, {walked.resident_mb:.1f} MB", flush=True)
    after = samples[len(samples) // 3 :]
    slope = slope_per_second(after) * WHOLE_BLOCKS
    words = f"{after[0][1]:.1f} MB to {after[-1][1]:.1f} MB in {blocks:,} blocks"
    return Figure("memory growth in 100,000 blocks", words, slope, GROWTH_MB, "at most", "MB")


def _page() -> bytes:
    events: list[dict[str, object]] = []
    for number in range(0, 2 * PAIRS, 2):
        moved = {"type": "transfer", "asset_identifier": f"{SBTC}::sbtc-token", "amount": "20000"}
        moved |= {"sender": SOMEBODY, "recipient": SOMEBODY}
        printed = {"contract_id": SBTC, "topic": "print", "value": {"hex": MEMO, "repr": MEMO}}
        events.append({"event_index": number, "type": "ft", "ft_asset": moved})
        events.append({"event_index": number + 1, "type": "log", "contract_log": printed})
    page = {"total": len(events), "cursor": {"next": None}, "results": events}
    return json.dumps(page).encode()


def _told_block() -> bytes:
    hashes = dict.fromkeys(
        ("block_hash", "index_block_hash", "parent_index_block_hash", "burn_block_hash"),
        "0x" + "ab" * 32,
    )
    events: list[dict[str, object]] = []
    transactions = []
    for number in range(PAIRS):
        txid = f"0x{number:064x}"
        transactions.append({"txid": txid, "tx_index": number, "status": "success"})
        moved = {"asset_identifier": f"{SBTC}::sbtc-token", "amount": "20000"}
        moved |= {"sender": SOMEBODY, "recipient": SOMEBODY}
        printed = {"contract_identifier": SBTC, "topic": "print", "raw_value": MEMO}
        shared = {"txid": txid, "committed": True}
        first = {**shared, "event_index": 2 * number, "type": "ft_transfer_event"}
        second = {**shared, "event_index": 2 * number + 1, "type": "contract_event"}
        events += [{**first, "ft_transfer_event": moved}, {**second, "contract_event": printed}]
    heights = {"block_height": 9, "burn_block_height": 9, "burn_block_time": 9, "block_time": 9}
    return json.dumps(
        {**hashes, **heights, "transactions": transactions, "events": events}
    ).encode()
