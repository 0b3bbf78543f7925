"""The payer's page: its bytes, its time on the server, and what its open status streams take."""

from __future__ import annotations

import gzip
import json
import re
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urljoin

from bench import orders
from bench.children import Child, child
from bench.figures import Figure, median
from bench.generator import Generator, generator, request_bytes
from bench.load import Order
from bench.processes import Appliance, Box, ceiling, resident_mb
from bench.streams import Streams, Watch

__all__ = ["Watching", "measure_checkout"]

PAGE_KB = 60
VIEW_MS = 10
STREAM_RATIO = 1.5
NEWS_MS = 1_000
PARTS = re.compile(rb'(?:href|src)="(/[^"#]+\.(?:css|js|svg|png|webp|woff2)[^"]*)"')
IMPORTS = re.compile(rb'(?:from|import)\s*\(?"([./][^"]+\.js)"')
SETTLE_SECONDS = 2.0


class Watching:
    """How many streams to hold, how many payments to make meanwhile, and how long to look at views."""

    def __init__(self, streams: int, payments: int, seconds: float) -> None:
        self.streams = streams
        self.payments = payments
        self.seconds = seconds


def measure_checkout(folder: Path, watching: Watching) -> list[Figure]:
    """All promises about the page of a payer."""
    with ExitStack() as stack:
        load = stack.enter_context(generator())
        idle = _idle_stream_kb(folder / "streams-ceiling", watching.streams)
        box = stack.enter_context(Box(folder / "checkout").served())
        order = orders.create(box, 16, more="&confirm=true")
        order.most = order.keep = watching.streams
        order.seconds = 120.0
        ids = load.run(order).kept
        size, count = _page(box, ids[0])
        view = _view(load, box, ids, watching.seconds)
        return [
            Figure(
                "page, transferred", f"{count} requests", size / 1_000, PAGE_KB, "at most", "kB"
            ),
            view,
            *_streams(box, ids, watching, idle),
        ]


def _page(box: Appliance, id: str) -> tuple[int, int]:
    """The bytes of the page and of all that it loads, as they are sent, and how many requests they take."""
    seen: dict[str, int] = {}
    waiting = [f"{box.url}/pay/{id}"]
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen[url], body = _fetched(url)
        found = PARTS.findall(body) if "/pay/" in url else IMPORTS.findall(body)
        waiting += [urljoin(url, path.decode()) for path in found]
    return sum(seen.values()), len(seen)


def _fetched(url: str) -> tuple[int, bytes]:
    """What a browser is sent (compressed, with its head), and what it reads."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        body, is_packed = answer.read(), answer.headers["content-encoding"] == "gzip"
        size = len(body) + len(str(answer.headers))
    return size, gzip.decompress(body) if is_packed else body


def _view(load: Generator, box: Appliance, ids: Sequence[str], seconds: float) -> Figure:
    request = request_bytes("GET", "/pay/@@", headers={"accept": "text/html"})
    order = Order(
        port=box.port, request=request, connections=1, seconds=seconds, pid=box.pid, values=[*ids]
    )
    seen = load.run(order)
    words = f"p99 {seen.p99_ms:.1f} ms, {seen.cpu_us:,.0f} us CPU"
    return Figure("page, time on the server, p50", words, seen.p50_ms, VIEW_MS, "at most", "ms")


def _idle_stream_kb(folder: Path, count: int) -> float:
    """What an idle stream takes on the bare framework, in kB."""
    with ceiling(folder) as top, child("bench.streams", Streams) as holder:
        return _kb_each(holder, top.pid, top.port, [f"/stream?{n}" for n in range(count)])


def _kb_each(holder: Child[Streams], pid: int, port: int, paths: list[str]) -> float:
    """Open streams; the growth of the server's resident memory by each, in kB.

    The first of them warm the server up and do not count.
    """
    warm = len(paths) // 10
    holder.ask(Watch("open", port, paths[:warm]))
    time.sleep(SETTLE_SECONDS)
    before = resident_mb(pid)
    seen = holder.ask(Watch("open", port, paths[warm:]))
    time.sleep(SETTLE_SECONDS)
    if seen.lost or seen.open != len(paths):
        raise RuntimeError(f"{seen.open} of {len(paths)} streams are open, {seen.lost} were lost")
    return (resident_mb(pid) - before) * 1_000 / (len(paths) - warm)


def _streams(
    box: Appliance, ids: Sequence[str], watching: Watching, idle_kb: float
) -> list[Figure]:
    with child("bench.streams", Streams) as holder:
        paths = [f"/pay/{id}/live" for id in ids]
        each = _kb_each(holder, box.pid, box.port, paths)
        holder.ask(Watch("clear"))
        asked = _paid(box, ids[:: max(len(ids) // watching.payments, 1)])
        time.sleep(SETTLE_SECONDS)
        seen = holder.ask(Watch("report"))
    late = sorted(
        (seen.news.get(f"/pay/{id}/live", float("inf")) - at) * 1_000 for id, at in asked.items()
    )
    p95 = late[int(len(late) * 0.95)]
    words = f"{each:.1f} kB each, {idle_kb:.1f} kB on the bare framework"
    told = f"p50 {median(late):.0f} ms over {len(late)} payments, {seen.lost} streams lost"
    name = f"news of a payment among {len(ids):,} streams, p95"
    return [
        Figure("memory of a status stream", words, each / idle_kb, STREAM_RATIO, "at most"),
        Figure(name, told, p95 if not seen.lost else float("inf"), NEWS_MS, "at most", "ms"),
    ]


def _paid(box: Appliance, ids: Sequence[str]) -> dict[str, float]:
    """Pay intents one after the other; when each was asked for, in Unix seconds."""
    asked: dict[str, float] = {}
    headers = {"Authorization": f"Bearer {box.key}", "Content-Type": "application/json"}
    for id in ids:
        body = json.dumps({"payment": id}).encode()
        url = f"{box.url}/v1/test_helpers/sandbox/pay"
        asked[id] = time.time()
        request = urllib.request.Request(url, body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
    return asked
