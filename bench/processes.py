"""Starting the appliance and the ceiling as processes of their own, and ending them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

__all__ = ["Appliance", "Box", "Ceiling", "ceiling", "command_line", "resident_mb"]

START_SECONDS = 60.0
STOP_SECONDS = 30.0
SECRET_KEY = re.compile(r"sk_test_\w+")


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The ceiling app while it runs."""

    pid: int
    port: int


@dataclass(frozen=True, slots=True)
class Appliance:
    """The appliance while it runs; ``ready_seconds`` is from its start to the first good health."""

    pid: int
    port: int
    key: str
    ready_seconds: float

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


def command_line() -> list[str]:
    """The installed command."""
    return [str(Path(sys.executable).parent / "stacktill")]


class Box:
    """A data folder with an appliance that can be started again and again."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self._settings = dict(settings or {})
        self._key = ""
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """The appliance's settings; the limit is there, but out of the way."""
        return {
            **os.environ,
            "STACKTILL__SERVER__DATA_DIR": str(self.data_dir),
            "STACKTILL__SERVER__PORT": "0",
            "STACKTILL__LIMITS__REQUESTS_PER_SECOND": "1000000",
            **self._settings,
        }

    @contextmanager
    def served(self) -> Iterator[Appliance]:
        """Serve until the block ends."""
        note = self.data_dir / "server.json"
        note.unlink(missing_ok=True)
        started = time.perf_counter()
        with (
            (self.folder / "out.txt").open("w+b") as out,
            (self.folder / "log.txt").open("ab") as log,
        ):
            process = subprocess.Popen(
                [*command_line(), "serve"], env=self.environment, stdout=out, stderr=log
            )
            try:
                port = self._wait_for_port(process, note)
                _wait_for_health(process, port)
                seconds = time.perf_counter() - started
                yield Appliance(process.pid, port, self._read_key(), seconds)
            finally:
                _stop(process)

    def use_key(self, key: str) -> None:
        """A key that was made before the first start."""
        self._key = key

    def _wait_for_port(self, process: subprocess.Popen[bytes], note: Path) -> int:
        for _ in _until(START_SECONDS):
            if note.exists():
                return int(json.loads(note.read_text())["url"].rpartition(":")[2])
            self._check(process)
        raise RuntimeError(f"the appliance did not start; see {self.folder}/log.txt")

    def _check(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is not None:
            said = (self.folder / "log.txt").read_text()[-2000:]
            raise RuntimeError(f"the appliance ended with {process.returncode}: {said}")

    def _read_key(self) -> str:
        if not self._key:
            found = SECRET_KEY.search((self.folder / "out.txt").read_text())
            if found is None:
                raise RuntimeError("the appliance printed no test key at its first start")
            self._key = found.group()
        return self._key


@contextmanager
def ceiling(folder: Path) -> Iterator[Ceiling]:
    """Serve the ceiling app until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bench.ceiling", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield Ceiling(process.pid, int(process.stdout.readline()))
    finally:
        _stop(process)


def resident_mb(pid: int) -> float:
    """Resident memory of a process and all below it, in MB (10^6 bytes)."""
    root = psutil.Process(pid)
    found = [one.memory_info().rss for one in (root, *root.children(recursive=True))]
    return float(sum(found)) / 1e6


def _wait_for_health(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in _until(START_SECONDS):
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/health/ready", timeout=5
            ) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None:
                raise
    raise RuntimeError("the appliance did not become ready")


def _until(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.01)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
