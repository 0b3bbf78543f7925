"""The tutorial's files are written and its commands run as they stand, in a real shell.

A fenced block says what it is behind its language: ``file=PATH`` writes a file, ``append=PATH`` adds
to one, ``server`` is a command that goes on running. In a ``console`` block, lines that begin with
``$`` are typed, and what follows them must be printed; ``…`` stands for anything.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.served import Served

BLOCK = re.compile(r"^```(\w+) ?(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8080"
END = "-- the end of what this command printed --"


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    purpose: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [Block(*found) for found in BLOCK.findall(page.read_text(encoding="utf-8"))]


def typed(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with what it is to print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


class Shell:
    """One bash for all commands of a page, so that its variables live on."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, command: str) -> str:
        """Run a command; return what it prints."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{command}\necho; echo '{END}'\n")
        self._bash.stdin.flush()
        lines = []
        for line in self._bash.stdout:
            if line.strip() == END:
                break
            lines.append(line)
        return "".join(lines)

    def close(self) -> None:
        """End it."""
        self._bash.communicate(timeout=10)


def matches(printed: str, expected: str) -> bool:
    """Say whether what was printed is what the page shows; ``…`` stands for anything."""
    pattern = ".*".join(re.escape(part.strip("\n")) for part in expected.split("…"))
    return re.search(pattern, printed, flags=re.DOTALL) is not None


def write(folder: Path, block: Block) -> None:
    """Write or extend the file that a block shows."""
    kind, _, name = block.purpose.partition("=")
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    with path.open("a" if kind == "append" else "w", encoding="utf-8") as file:
        file.write(block.text)


@pytest.fixture
def page(repository: Path) -> Path:
    """Return the tutorial on plugins."""
    return repository / "docs/tutorial/first-plugin.md"


def test_the_first_plugin_works_as_the_tutorial_says(page: Path, tmp_path: Path) -> None:
    served = Served(tmp_path / "data")
    scripts = Path(sys.executable).parent
    environ = {**served.environ, "PATH": f"{scripts}:{served.environ['PATH']}"}
    shell = Shell(tmp_path, environ)
    is_served = False
    count = 0
    try:
        for block in blocks(page):
            if block.purpose.startswith(("file=", "append=")):
                write(tmp_path, block)
            elif block.purpose == "server":
                served.start()
                is_served = True
            else:
                assert block.language == "console"
                for command, expected in typed(block.text):
                    printed = shell.type(command.replace(ADDRESS, served.url))
                    assert matches(printed, expected), f"{command}\n{printed}"
                    count += 1
    finally:
        shell.close()
        if is_served:
            served.stop()
        served.http.close()
    assert count >= 10
    assert is_served


def test_the_package_that_it_shows_has_the_entry_point(page: Path) -> None:
    (shown,) = [block for block in blocks(page) if block.purpose == "file=package/pyproject.toml"]
    project = tomllib.loads(shown.text)["project"]
    assert project["entry-points"] == {"stacktill.plugins": {"thanks": "stacktill_thanks"}}


def test_a_page_that_is_wrong_would_be_noticed() -> None:
    assert matches("a\nthanks file (x)\n    more\n", "…\nthanks file (x)\n")
    assert not matches("a\n", "b\n")
    assert matches("[1,2]", "[…]")
