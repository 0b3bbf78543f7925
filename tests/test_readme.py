"""The README is true: what it tells people to type is typed, against a served appliance."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.served import Served, Shop

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
NODE = ROOT / "tests/sdk/node"
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


class Reader:
    """Somebody who types what stands there, with their own keys, ids and ports."""

    def __init__(self, served: Served, shop: Shop, folder: Path) -> None:
        self.served = served
        self.shop = shop
        self.folder = folder
        self.ids: dict[str, str] = {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.webhook_port = str(probe.getsockname()[1])

    def mine(self, text: str) -> str:
        """A block as this reader types it."""
        text = text.replace("sk_test_…", self.shop.secret_key)
        text = text.replace("8080", str(self.served.port)).replace("4242", self.webhook_port)
        for prefix, id in self.ids.items():
            text = text.replace(f"{prefix}_…", id)
        return text.replace(".venv/bin/stacktill", str(Path(sys.executable).parent / "stacktill"))

    def note(self, said: str) -> None:
        """Remember the ids that were shown."""
        for id, prefix in re.findall(r"\b((pi|re)_[0-9A-Za-z]{10,})\b", said):
            self.ids[prefix] = id

    def sh(self, block: str) -> str:
        """Type shell commands, one after the other, and read what each says."""
        said = ""
        for line in block.replace("\\\n", " ").strip().splitlines():
            said += self.run("sh", "-c", self.mine(line))
        return said

    def python(self, block: str) -> str:
        """Run a Python script."""
        return self.run(sys.executable, "-W", "error", "-c", self.mine(block))

    def js(self, block: str) -> str:
        """Run a Node script, where the SDK is installed."""
        if shutil.which("node") is None or not (NODE / "node_modules/stripe").is_dir():
            pytest.skip("Node or its SDK is not installed; tests/sdk says so aloud")
        return self.run("node", "--input-type=module", "-e", self.mine(block), folder=NODE)

    def run(self, *command: str, folder: Path | None = None) -> str:
        """Run a command; what it said."""
        done = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.served.environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{command}\n{said}"
        assert '"error"' not in said, said
        self.note(done.stdout)
        return done.stdout


def test_the_tour_works_from_its_first_line_to_its_last(
    served: Served, shop: Shop, tmp_path: Path
) -> None:
    reader = Reader(served, shop, tmp_path)
    how: dict[str, Callable[[str], str]] = {
        "sh": reader.sh,
        "python": reader.python,
        "js": reader.js,
    }
    said = [how[language](block) for language, block in BLOCKS]
    assert json.loads(said[0])["status"] == "requires_action"
    assert said[1].rstrip().endswith("is succeeded")
    assert "requires_action" in said[2]
    assert f"{shop.url}/pay/pi_" in said[2]
    assert said[3].rstrip().endswith("is succeeded")
    assert said[4].split() == ["payment_intent.succeeded", "5000"]
    assert '"status":"succeeded"' in said[5].replace(" ", "")
    assert "payment_intent.reversed" in said[6]
    assert (tmp_path / "stacktill.toml").is_file()
    assert str(served.port) in said[7]


def test_the_two_commands_exist() -> None:
    verbs = re.findall(r"^    make (\w+)", TEXT, re.MULTILINE)
    assert verbs == ["run", "test"]
    for verb in verbs:
        command = ["make", "--dry-run", verb]
        planned = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        assert planned.returncode == 0


def test_every_promise_names_something_that_exists() -> None:
    held_by = re.findall(r"^\| [^|]+ \| \[[^\]]+\]\(([^)]+)\) \|$", TEXT, re.MULTILINE)
    assert len(held_by) >= 8
    for place in held_by:
        path = ROOT / place
        assert path.exists(), place
        if path.is_dir():
            assert list(path.glob("**/*.py")), f"{place} holds nothing"


def test_what_it_is_takes_three_sentences() -> None:
    first = TEXT.split("\n\n")[1].replace("\n", " ")
    assert len(re.findall(r"\.(?: |$)", first)) == 3
