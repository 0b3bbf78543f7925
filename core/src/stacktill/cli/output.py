"""What commands print: lines for people, or JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

__all__ = ["moment", "say", "say_json", "say_table"]


def say(line: str = "") -> None:
    """Print one line."""
    print(line)


def say_json(value: Any) -> None:
    """Print a value as JSON, indented for a terminal and in one line for a pipe."""
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(value, indent=indent, ensure_ascii=False))


def say_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns below their heads; only the heads when there are no rows."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def moment(unix_seconds: int | None) -> str:
    """A moment in UTC as people read it; a dash for none."""
    if unix_seconds is None:
        return "-"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(unix_seconds))
