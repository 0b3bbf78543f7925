"""What was measured beside what was promised, and the table that shows both."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Figure", "Report", "median"]

HEADINGS = ("what", "measured", "figure", "promise", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report.

    ``value`` is what the promise is about (a ratio, MB, seconds); ``bound`` None makes the line one
    that only informs. ``measured`` says in words what was seen.
    """

    name: str
    measured: str
    value: float | None = None
    bound: float | None = None
    sense: Literal["at least", "at most"] = "at least"
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        if self.bound is None:
            return True
        if self.value is None:
            return False
        return self.value >= self.bound if self.sense == "at least" else self.value <= self.bound

    def cells(self) -> tuple[str, str, str, str, str]:
        """The line's texts."""
        value = "-" if self.value is None else _shown(self.value, self.unit)
        if self.bound is None:
            return self.name, self.measured, value, "", ""
        sign = "≥" if self.sense == "at least" else "≤"
        promise = f"{sign} {_shown(self.bound, self.unit)}"
        return self.name, self.measured, value, promise, "ok" if self.holds else "FAIL"


@dataclass(slots=True)
class Report:
    """All lines, printed as they come and once more as a whole."""

    figures: list[Figure] = field(default_factory=list)

    def add(self, figures: Sequence[Figure]) -> None:
        """Keep lines and show them at once."""
        self.figures.extend(figures)
        print(table(figures, has_headings=False), flush=True)

    def finish(self) -> int:
        """Print the whole table; return the exit status."""
        failed = [figure for figure in self.figures if not figure.holds]
        print("\n" + table(self.figures))
        kept = sum(figure.bound is not None for figure in self.figures) - len(failed)
        print(f"\n{kept} promises kept, {len(failed)} broken")
        return 1 if failed else 0


def table(figures: Sequence[Figure], *, has_headings: bool = True) -> str:
    """The lines in columns."""
    rows = [figure.cells() for figure in figures]
    if has_headings:
        rows.insert(0, HEADINGS)
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def median(values: Sequence[float]) -> float:
    """The middle value; what one disturbed round says does not count."""
    return statistics.median(values)


def _shown(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 20 else 2
    return f"{value:,.{digits}f}{' ' if unit else ''}{unit}"
