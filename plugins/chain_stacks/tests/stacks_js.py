"""stacks.js, asked line by line: what our bytes are compared with."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stacktill.testing import skip_loudly

SCRIPT = Path(__file__).with_name("stacks_js.mjs")
CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
WHAT = "our bytes against those of stacks.js"


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


def node_with(package: str, what: str) -> str:
    """The path of Node with a package of contracts/; without them ``what`` is not tested."""
    node = shutil.which("node")
    if node is None:
        skip_loudly(what, "Node 20 or newer is not installed")
    if not (CONTRACTS / "node_modules" / package).is_dir():
        skip_loudly(what, f"{package} is not installed: run 'npm ci' in contracts/")
    return node


@contextmanager
def opened_stacks_js() -> Iterator[StacksJs]:
    """stacks.js, for as long as the context; where it lacks, skip loudly, and fail in CI."""
    node = node_with("@stacks/transactions", WHAT)
    with subprocess.Popen(
        [node, SCRIPT, CONTRACTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield StacksJs(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=10)
