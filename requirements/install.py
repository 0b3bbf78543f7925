"""Make ``.venv`` hold exactly what the locks say, with this checkout's own packages on top.

Usage: ``python3 requirements/install.py runtime|dev``. It needs Python 3.11 and nothing else, pip
checks every file against its hash, and a second run with nothing changed takes no time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import threading
import time
import venv
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
COMMAND = VENV / "bin" / "stacktill"
LOG = VENV / "install.log"
LOCKS = {"runtime": ("runtime.txt", "build.txt"), "dev": ("dev.txt",)}
REFRESH_SECONDS = 0.2
HEARTBEAT_SECONDS = 10.0


class Progress:
    """One line that says how far pip is: redrawn on a terminal, repeated now and then in a log."""

    def __init__(self, title: str, total: int) -> None:
        self.title = title
        self.total = total
        self.done = 0
        self.unpacking = False
        self._started = self._printed = time.monotonic()

    def feed(self, line: str) -> None:
        """Learn from one line of pip's output."""
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            self.done = min(self.done + 1, self.total)
        elif line.startswith("Ignoring "):
            self.total -= 1
        elif line.startswith("Installing collected packages"):
            self.unpacking = True

    def show(self, *, last: bool = False) -> None:
        """Print the line if it is time to."""
        now = time.monotonic()
        step = "unpacking" if self.unpacking else f"{self.done} of {self.total}"
        text = f"{self.title}: {'done' if last else step}, {now - self._started:.0f} s"
        if sys.stdout.isatty():
            print(f"\r\033[K{text}", end="\n" if last else "", flush=True)
        elif last or now - self._printed >= HEARTBEAT_SECONDS:
            self._printed = now
            print(text, flush=True)


def packages() -> list[Path]:
    """Return the folders of our own distributions: the root, the core, then every plugin."""
    plugins = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
    return [ROOT, ROOT / "core", *plugins]


def fingerprint(kind: str) -> str:
    """Return a digest of all that decides what the environment must hold."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    locks = [ROOT / "requirements" / name for name in LOCKS[kind]]
    for path in [*locks, *(folder / "pyproject.toml" for folder in packages())]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp(kind: str) -> Path:
    """Return where the digest of the last complete installation of a kind is kept."""
    return VENV / f"stacktill-{kind}.stamp"


def installed(kind: str) -> bool:
    """Tell whether the environment already holds what it must."""
    made = stamp(kind)
    return made.exists() and made.read_text() == fingerprint(kind) and COMMAND.exists()


def make_environment() -> None:
    """Create ``.venv`` unless a working one is there."""
    works = (
        PYTHON.exists()
        and not subprocess.run(
            [PYTHON, "-m", "pip", "--version"], check=False, capture_output=True
        ).returncode
    )
    if works:
        return
    print(f"making {VENV.name} with Python {sys.version.split()[0]}", flush=True)
    venv.create(VENV, with_pip=True, symlinks=True, upgrade_deps=False)


def pip_install(title: str, total: int, *arguments: str | Path) -> None:
    """Run ``pip install``, showing how far it is; on a fault print its output and stop."""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    progress = Progress(title, total)
    with (
        LOG.open("w+") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as pip,
    ):
        assert pip.stdout is not None
        reader = threading.Thread(target=follow, args=(pip.stdout, log, progress), daemon=True)
        reader.start()
        while reader.is_alive():
            progress.show()
            reader.join(REFRESH_SECONDS)
        if pip.wait():
            log.seek(0)
            sys.exit(f"\n{log.read()}\n{title}: pip failed, see above")
    progress.show(last=True)


def follow(output: TextIO, log: TextIO, progress: Progress) -> None:
    """Keep pip's output in a file and let the progress line learn from it."""
    for line in output:
        log.write(line)
        progress.feed(line.strip())


def install(kind: str) -> None:
    """Bring the environment to what the locks and the workspace say."""
    stamp(kind).unlink(missing_ok=True)
    make_environment()
    names = LOCKS[kind]
    total = sum((ROOT / "requirements" / name).read_text().count("==") for name in names)
    locks = [f"--requirement=requirements/{name}" for name in names]
    pip_install("installing the pinned libraries", total, "--require-hashes", *locks)
    editable = [f"--editable={folder}" for folder in packages()]
    ours = ("--no-deps", "--no-build-isolation", *editable)
    pip_install("installing stacktill itself", len(editable), *ours)
    stamp(kind).write_text(fingerprint(kind))


def main() -> None:
    """Install one kind of environment, one installation at a time per checkout."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this very check
        sys.exit(f"stacktill needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    kind = sys.argv[1] if len(sys.argv) > 1 else "dev"
    if kind not in LOCKS:
        sys.exit(f"unknown kind {kind!r}; say one of: {', '.join(LOCKS)}")
    with Path(__file__).open() as this_file:
        fcntl.flock(this_file, fcntl.LOCK_EX)
        if not installed(kind):
            install(kind)


if __name__ == "__main__":
    main()
