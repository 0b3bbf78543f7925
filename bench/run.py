"""``make bench``: measure every promise about speed and size, print the table, fail on a broken one."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.chain import Following, measure_chain
from bench.checkout import Watching, measure_checkout
from bench.deliveries import measure_deliveries
from bench.figures import Report
from bench.footprint import measure_footprint
from bench.history import History, measure_history
from bench.soak import measure_soak
from bench.speed import Pace, measure_speed

PARTS = ("speed", "deliveries", "checkout", "footprint", "history", "chain")
OTHERS = ("soak",)


def main() -> int:
    """Run the parts that were asked for; return 1 when a promise is broken."""
    options = _options()
    report = Report()
    pace = Pace(2, 1.0, 0.4) if options.quick else Pace(5, 3.0, 0.8)
    with tempfile.TemporaryDirectory(prefix="stacktill-bench-", dir=options.folder) as name:
        folder = Path(name)
        if "speed" in options.parts:
            report.add(measure_speed(folder, pace))
        if "deliveries" in options.parts:
            events, rounds, seconds = (150, 1, 4.0) if options.quick else (600, 5, 12.0)
            report.add(measure_deliveries(folder, events=events, rounds=rounds, seconds=seconds))
        if "checkout" in options.parts:
            watching = Watching(400, 40, 2.0) if options.quick else Watching(2_000, 200, 10.0)
            report.add(measure_checkout(folder, watching))
        if "footprint" in options.parts:
            report.add(measure_footprint(folder, rounds=1 if options.quick else 3))
        if "history" in options.parts:
            quick, whole = History(2_000, 50_000, 2, 1.0), History(10_000, 1_000_000, 5, 2.0)
            report.add(measure_history(folder, quick if options.quick else whole))
        if "chain" in options.parts:
            brief, full = Following(20_000, 12_000, 3, 3.0), Following(1_000_000, 100_000, 5, 10.0)
            report.add(measure_chain(folder, brief if options.quick else full))
        if "soak" in options.parts:
            report.add(measure_soak(folder, options.minutes))
    return report.finish()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = ", ".join([*PARTS, *OTHERS])
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"some of: {names}")
    parser.add_argument("--quick", action="store_true", help="a short look, for development")
    parser.add_argument("--minutes", type=float, default=30, help="how long the soak lasts")
    parser.add_argument("--folder", help="where the books are kept meanwhile; a real disk, please")
    options = parser.parse_args()
    unknown = set(options.parts) - {*PARTS, *OTHERS}
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
