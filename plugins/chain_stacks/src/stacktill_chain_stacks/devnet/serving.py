"""The till beside the local chain: the installed command, in a process of its own."""

from __future__ import annotations

import os
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
    """What a server says in its data folder of where it is, and which process."""

    url: str
    pid: int


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

    @property
    def log(self) -> Path:
        """Where it writes what it does."""
        return self.data_dir / "chain_stacks_devnet.log"

    def check_alone(self) -> None:
        """Raise ``ConfigError`` when a till has its books in the folder already."""
        found = self._address()
        if found is not None and _is_alive(found.pid) and _is_healthy(found.url):
            raise ConfigError(
                f"A till runs already at {found.url} (process {found.pid}), with its books in "
                f"{self.data_dir}. What to do with it stands in the terminal that started it, and "
                "Ctrl-C there ends it."
            )

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
        with self.log.open("ab") as file:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*self.command, "serve"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                start_new_session=True,
            )
        try:
            yield process, self._ready(process)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _ready(self, process: subprocess.Popen[bytes]) -> str:
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            found = self._address()
            # One that was killed leaves its note behind, and another may answer at that address.
            if found is not None and found.pid == process.pid and _is_healthy(found.url):
                return found.url
            time.sleep(0.1)
        said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        last = [line.removeprefix("stacktill: ") for line in said]
        raise ConfigError("\n".join(["The till did not start:", *last, f"(the whole: {self.log})"]))

    def _address(self) -> _Address | None:
        try:
            return msgspec.json.decode((self.data_dir / "server.json").read_bytes(), type=_Address)
        except (FileNotFoundError, msgspec.DecodeError):
            return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
