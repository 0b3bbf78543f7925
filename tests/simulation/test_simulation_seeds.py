"""Hundreds of seeds of the whole gateway, in virtual time; a failing one says how to see it again."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.simulation.coverage import blind_spots, table
from tests.simulation.replay import tell
from tests.simulation.run import simulate

SEEDS_PER_CHUNK = 25
CHUNKS = 12
"""Two groups of chunks, so that two processes share them and each can judge what it has covered."""
GROUPS = 2

COUNTS: Counter[str] = Counter()

pytestmark = pytest.mark.xdist_group


def _chunks(group: int) -> list[int]:
    return [chunk for chunk in range(CHUNKS) if chunk % GROUPS == group]


def _hold(chunk: int) -> None:
    failed = []
    for seed in range(chunk * SEEDS_PER_CHUNK, (chunk + 1) * SEEDS_PER_CHUNK):
        outcome = simulate(seed)
        COUNTS.update(outcome.counts)
        if outcome.error is not None:
            failed.append(tell(outcome))
    assert not failed, "\n\n".join(failed)


@pytest.mark.xdist_group("simulation-0")
@pytest.mark.parametrize("chunk", _chunks(0))
def test_even_seeds_hold(chunk: int) -> None:
    _hold(chunk)


@pytest.mark.xdist_group("simulation-0")
def test_the_even_seeds_have_no_blind_spot() -> None:
    assert blind_spots(COUNTS) == [], table(COUNTS)


@pytest.mark.xdist_group("simulation-1")
@pytest.mark.parametrize("chunk", _chunks(1))
def test_odd_seeds_hold(chunk: int) -> None:
    _hold(chunk)


@pytest.mark.parametrize("seed", [4, 5])
def test_a_seed_is_one_run_wherever_it_runs(seed: int, repository: Path) -> None:
    traces = {_trace(seed, hash_seed, repository) for hash_seed in ("1", "77")}
    assert len(traces) == 1


def _trace(seed: int, hash_seed: str, repository: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.replay", str(seed), "--trace"],
        cwd=repository,
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith("seed"))
