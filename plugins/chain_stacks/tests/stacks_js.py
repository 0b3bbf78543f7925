"""stacks.js, asked line by line: what our bytes are compared with."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("stacks_js.mjs")
CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
MISSING = (
    "NOT COMPARED WITH STACKS.JS: {} is missing. "
    "Install Node 20 or newer, then run 'npm ci' in contracts/."
)


class StacksJs:
    """A running ``stacks_js.mjs``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin, process.stdout

    def ask(self, question: str, **details: Any) -> dict[str, Any]:
        """Its answer; fail when it has none."""
        self._input.write(json.dumps({"ask": question, **details}) + "\n")
        self._input.flush()
        answer: dict[str, Any] = json.loads(self._output.readline())
        assert "error" not in answer, answer["error"]
        return answer


@contextmanager
def opened_stacks_js() -> Iterator[StacksJs]:
    """stacks.js, for as long as the context; skip the test, loudly, where it is not installed."""
    node = shutil.which("node")
    if node is None:
        pytest.skip(MISSING.format("Node"))
    if not (CONTRACTS / "node_modules/@stacks/transactions").is_dir():
        pytest.skip(MISSING.format("@stacks/transactions"))
    with subprocess.Popen(
        [node, SCRIPT, CONTRACTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield StacksJs(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=10)
