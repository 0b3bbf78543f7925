"""``make bench``: measure every promise about speed and size, print the table, fail on a broken one."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.deliveries import measure_deliveries
from bench.figures import Report
from bench.footprint import measure_footprint
from bench.speed import Pace, measure_speed

PARTS = ("speed", "deliveries", "footprint")


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
            events, rounds, seconds = (150, 1, 4.0) if options.quick else (400, 3, 12.0)
            report.add(measure_deliveries(folder, events=events, rounds=rounds, seconds=seconds))
        if "footprint" in options.parts:
            report.add(measure_footprint(folder, rounds=1 if options.quick else 3))
    return report.finish()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a short look, for development")
    parser.add_argument("--folder", help="where the books are kept meanwhile; a real disk, please")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
