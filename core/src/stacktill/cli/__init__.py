"""The command line: ``stacktill serve``, and everything an operator does beside it."""

from __future__ import annotations

from stacktill.cli.root import main

__all__ = ["main"]
