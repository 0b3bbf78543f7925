"""The till beside the local chain: the installed command, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from stacktill.domain.errors import ConfigError

__all__ = ["Till"]

START_SECONDS = 60.0
STOP_SECONDS = 30.0


class _Address(msgspec.Struct):
    url: str


@dataclass(frozen=True, slots=True)
class Till:
    """An appliance of this installation: its config file, if one was named, and its data folder."""

    config: Path | None
    data_dir: Path

    @property
    def command(self) -> list[str]:
        """How it is called in full."""
        named = [] if self.config is None else ["--config", str(self.config)]
        return [sys.executable, "-m", "stacktill.cli", *named]

    def run(self, *words: str) -> str:
        """What a command says; raise ``ConfigError`` with its complaint when it fails."""
        done = subprocess.run(  # noqa: S603 - our own program
            [*self.command, *words], capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode != 0:
            raise ConfigError(done.stderr.strip() or f"'stacktill {' '.join(words)}' failed.")
        return done.stdout

    @contextmanager
    def served(self) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
        """The server's process and address once it is healthy; it ends with the context."""
        log = self.data_dir / "chain_stacks_devnet.log"
        with log.open("ab") as file:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*self.command, "serve"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                start_new_session=True,
            )
        try:
            yield process, self._ready(process, log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _ready(self, process: subprocess.Popen[bytes], log: Path) -> str:
        note = self.data_dir / "server.json"
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            if note.is_file():
                url = msgspec.json.decode(note.read_bytes(), type=_Address).url
                if _is_healthy(url):
                    return url
            time.sleep(0.1)
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        raise ConfigError("\n".join(["The till did not start:", *last, f"(the whole: {log})"]))


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
