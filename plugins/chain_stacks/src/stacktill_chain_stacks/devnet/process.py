"""The local chain's own process: found in this repository, started with Node, ended with its context."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stacktill.domain.errors import ConfigError
from stacktill_chain_stacks.devnet.remote import Remote

__all__ = ["running_chain"]

MAIN = Path("contracts/devnet/main.mjs")
SDK = Path("contracts/node_modules/@stacks/clarinet-sdk")
STOP_SECONDS = 20
OLDEST_NODE = 20


@contextmanager
def running_chain(remote: Remote, *, interval: int, burn_every: int) -> Iterator[bool]:
    """The chain, for as long as the context; the value says whether it was started for it.

    One that runs already is taken as it is and goes on afterwards. Raise ``ConfigError`` when Node or
    what it needs is missing.
    """
    if remote.state() is not None:
        yield False
        return
    process = _start(remote.port, interval, burn_every)
    try:
        _wait(process)
        yield True
    finally:
        _end(process)


def _start(port: int, interval: int, burn_every: int) -> subprocess.Popen[str]:
    root = _repository()
    node = _node()
    if not (root / SDK).is_dir():
        raise ConfigError(
            f"The local chain's own needs are missing: npm ci --prefix {root}/contracts"
        )
    options = {"--port": port, "--interval": interval, "--burn-every": burn_every}
    words = [str(word) for pair in options.items() for word in pair]
    # Its input ends with this process, however that ends; a session of its own keeps Ctrl-C from it.
    return subprocess.Popen(  # noqa: S603 - our own program
        [node, str(root / MAIN), *words, "--with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise ConfigError(
            f"The local chain needs Node {OLDEST_NODE} or newer, and there is no 'node' here."
        )
    asked = subprocess.run(  # noqa: S603 - what is on the path
        [node, "--version"], capture_output=True, text=True, check=False, timeout=STOP_SECONDS
    )
    version = asked.stdout.strip()
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdecimal() or int(major) < OLDEST_NODE:
        raise ConfigError(
            f"The local chain needs Node {OLDEST_NODE} or newer; {node} is {version or 'none'}."
        )
    return node


def _wait(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("READY "):
            # Nobody reads on, and a full pipe would stop it.
            threading.Thread(target=_drain, args=(process.stdout,), daemon=True).start()
            return
    raise ConfigError("The local chain ended before it was ready; what it said stands above.")


def _drain(lines: Iterator[str]) -> None:
    for _ in lines:
        pass


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _repository() -> Path:
    """The checkout that holds the chain: around where we are, or around this file."""
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if (folder / MAIN).is_file():
                return folder
    raise ConfigError(
        f"{MAIN} is not found: the local chain is part of stacktill's repository. Run this in a clone of it."
    )
