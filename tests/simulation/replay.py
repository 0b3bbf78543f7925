"""Replay seeds: ``python -m tests.simulation.replay SEED [SEED …] [--trace]``."""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.simulation.run import Outcome, simulate

__all__ = ["tell"]


def tell(outcome: Outcome, *, lines: int = 25) -> str:
    """What went wrong in a run, how it came to it, and how to see it again."""
    error = outcome.error
    assert error is not None
    steps = "\n".join(outcome.trace[-lines:])
    return (
        f"seed {outcome.seed}: {type(error).__name__}: {error}\n{steps}\n"
        f"replay: .venv/bin/python -m tests.simulation.replay {outcome.seed} --trace"
    )


def main() -> int:
    """Run the seeds that are named; 1 when one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="+", metavar="SEED")
    parser.add_argument("--trace", action="store_true", help="print every step")
    wanted = parser.parse_args()
    failed = 0
    for seed in wanted.seeds:
        started = time.perf_counter()
        outcome = simulate(seed)
        seconds = time.perf_counter() - started
        if wanted.trace:
            sys.stdout.write("\n".join(outcome.trace) + "\n")
        if outcome.error is None:
            sys.stdout.write(f"seed {seed} holds ({seconds:.2f} s, {outcome.moments} moments)\n")
            continue
        failed += 1
        if wanted.trace:
            traceback.print_exception(outcome.error)
        sys.stdout.write(tell(outcome) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
