"""Tests of one group run in one process, which some of them rely on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUITE = """
import os
import pytest

@pytest.mark.xdist_group("{group}")
@pytest.mark.parametrize("number", range(10))
def test_where(number):
    with open("where-{group}", "a") as file:
        print(os.getpid(), file=file)
"""


def run(folder: Path, *options: str) -> int:
    """Run two groups of tests over two processes; how many processes the first group ran in."""
    folder.mkdir()
    for group in ("one", "two"):
        (folder / f"test_{group}.py").write_text(SUITE.format(group=group))
    command = [sys.executable, "-m", "pytest", "-q", "-n2", "--dist=loadgroup", "--rootdir=."]
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [*command, *options, "."],
        cwd=folder,
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return len(set((folder / "where-one").read_text().split()))


def test_a_group_stays_together_and_only_by_our_help(tmp_path: Path) -> None:
    assert run(tmp_path / "helped", "-p", "tests.grouping") == 1
    assert run(tmp_path / "alone") == 2, "xdist groups by itself again: remove tests/grouping.py"
