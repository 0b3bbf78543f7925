"""Whether memory grows: steady payments for a while, and the slope of the resident memory."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from bench import orders
from bench.figures import Figure
from bench.generator import Generator, generator
from bench.processes import Appliance, Box, resident_mb

__all__ = ["measure_soak", "slope_per_second"]

CREATES_PER_SECOND = 50
SLICE_SECONDS = 10.0
GROWTH_MB = 1.0
PERIOD_SECONDS = 600


def measure_soak(folder: Path, minutes: float) -> list[Figure]:
    """Create and read at a steady pace; what the first third does, while caches fill, does not count."""
    samples: list[tuple[float, float]] = []
    with Box(folder / "soak").served() as box, generator() as load:
        started = time.monotonic()
        while (now := time.monotonic() - started) < minutes * 60:
            _slice(load, box)
            samples.append((now, resident_mb(box.pid)))
            print(f"  soak: {now / 60:.1f} min, {samples[-1][1]:.1f} MB", flush=True)
    settled = samples[len(samples) // 3 :]
    slope = slope_per_second(settled) * PERIOD_SECONDS
    words = f"{settled[0][1]:.1f} MB to {settled[-1][1]:.1f} MB in {minutes:g} min"
    return [Figure("memory growth in 10 min", words, slope, GROWTH_MB, "at most", "MB")]


def slope_per_second(samples: list[tuple[float, float]]) -> float:
    """The slope of the straight line that fits best, per second."""
    times, values = zip(*samples, strict=True)
    return statistics.linear_regression(times, values).slope


def _slice(load: Generator, box: Appliance) -> None:
    order = orders.create(box, 8, more="&confirm=true")
    order.rate, order.seconds, order.warm_up_seconds = CREATES_PER_SECOND, SLICE_SECONDS, 0.0
    order.keep = 100
    ids = load.run(order).kept
    reading = orders.retrieve(box, 8, ids)
    reading.most, reading.seconds, reading.warm_up_seconds = 500, 5.0, 0.0
    load.run(reading)
