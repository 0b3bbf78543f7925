"""Hours of it: new seeds, every death of every scene, and real processes killed by the hundred.

``make soak`` or ``.venv/bin/python tests/simulation/soak.py --minutes 120``. Ends with status 1 at the
first minute in which something failed, after printing how to see it again.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.processes.lives import live_and_die
from tests.served import Mailbox
from tests.simulation.coverage import blind_spots
from tests.simulation.plays import PLAYS, deaths
from tests.simulation.replay import tell
from tests.simulation.run import simulate

__all__ = ["main"]

SEEDS_PER_TASK = 20
KILLS_PER_BOX = 40
SEED_LIMIT = 2**48


def seeds(first: int) -> tuple[list[str], Counter[str]]:
    """Some random seeds; what failed, and what occurred."""
    failed: list[str] = []
    counts: Counter[str] = Counter()
    for seed in range(first, first + SEEDS_PER_TASK):
        outcome = simulate(seed)
        counts += outcome.counts
        counts["runs"] += 1
        if outcome.error is not None:
            failed.append(tell(outcome))
    return failed, counts


def scene(name: str, seed: int) -> tuple[list[str], Counter[str]]:
    """Every single moment of a scene as its last."""
    whole = simulate(seed, PLAYS[name])
    if whole.error is not None:
        return [f"{name} with seed {seed}: {whole.error!r}"], Counter()
    moments = range(1, whole.moments + 1)
    return deaths(name, moments, seed), Counter({f"deaths in {name}": whole.moments})


def kills(seed: int) -> tuple[list[str], Counter[str]]:
    """A real box, killed again and again."""
    try:
        with tempfile.TemporaryDirectory() as folder, Mailbox() as mailbox:
            box = live_and_die(Path(folder), mailbox, kills=KILLS_PER_BOX, seed=seed, points=True)
            return [], Counter({"real kills": len(box.lives)})
    except Exception:  # noqa: BLE001 - told with its seed
        return [f"real kills, seed {seed}:\n{traceback.format_exc()}"], Counter()


Work = tuple[Callable[..., tuple[list[str], Counter[str]]], tuple[object, ...]]


def work() -> Iterator[Work]:
    """What to do next, for ever: mostly seeds, now and then a scene or a real box."""
    number = 0
    names = list(PLAYS)
    while True:
        if number % 10 == 3:
            yield kills, (secrets.randbelow(SEED_LIMIT),)
        elif number % 10 == 7:
            name = names[number // 10 % len(names)]
            yield scene, (name, secrets.randbelow(SEED_LIMIT))
        else:
            yield seeds, (secrets.randbelow(SEED_LIMIT),)
        number += 1


def main() -> int:
    """Soak for the time that is asked for; 1 when something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args()
    end = time.monotonic() + wanted.minutes * 60
    counts: Counter[str] = Counter()
    failed: list[str] = []
    todo = work()
    with ProcessPoolExecutor(wanted.processes) as pool:
        running: list[Future[tuple[list[str], Counter[str]]]] = []
        while (time.monotonic() < end and not failed) or running:
            while len(running) < wanted.processes and time.monotonic() < end and not failed:
                function, arguments = next(todo)
                running.append(pool.submit(function, *arguments))
            done = [future for future in running if future.done()]
            running = [future for future in running if not future.done()]
            for future in done:
                faults, found = future.result()
                failed += faults
                counts += found
                _progress(counts, failed, end)
            time.sleep(0.2)
    _say("\n" + "\n\n".join(failed) if failed else "\nnothing was lost")
    _say(f"never occurred: {', '.join(blind_spots(counts)) or 'nothing of what must'}")
    return 1 if failed else 0


def _progress(counts: Counter[str], failed: list[str], end: float) -> None:
    scenes = sum(count for name, count in counts.items() if name.startswith("deaths in"))
    left = max(end - time.monotonic(), 0) / 60
    _say(
        f"{counts['runs']} seeds, {scenes} deaths in scenes, {counts['real kills']} real kills, "
        f"{len(failed)} failures, {left:.1f} minutes left"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
