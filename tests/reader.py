"""Somebody who reads a page of the docs and types what stands there, against a served appliance."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.served import Served, Shop

__all__ = ["Reader", "blocks_of"]

NODE = Path(__file__).resolve().parent / "sdk/node"


def blocks_of(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page, each with its language, in order."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


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
        text = text.replace("sk_test_…", self.shop.secret_key).replace("acct_…", self.shop.id)
        text = text.replace("8080", str(self.served.port)).replace("4242", self.webhook_port)
        for prefix, id in self.ids.items():
            text = text.replace(f"{prefix}_…", id)
        return text.replace(".venv/bin/stacktill", str(Path(sys.executable).parent / "stacktill"))

    def note(self, said: str) -> None:
        """Remember the ids that were shown."""
        for id, prefix in re.findall(
            r"\b((pi|ch|re|dep|we|evt|plink|price)_[0-9A-Za-z]{20,})\b", said
        ):
            self.ids[prefix] = id

    def follow(self, text: str) -> list[str]:
        """Type every block of a page that can be typed; what each said."""
        how = {"sh": self.sh, "python": self.python, "js": self.js}
        return [how[language](block) for language, block in blocks_of(text) if language in how]

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
        assert '{"error"' not in said.replace(" ", ""), said
        self.note(done.stdout)
        return done.stdout
