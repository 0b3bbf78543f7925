"""The verbs of the Makefile and the installer behind them say what they do."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

VERBS = (
    "run",
    "run-devnet",
    "setup",
    "test",
    "check",
    "bench",
    "soak",
    "pictures",
    "contracts",
    "dist",
    "lock",
    "clean",
)


@pytest.fixture
def installer(repository: Path) -> ModuleType:
    """Return ``requirements/install.py`` as a module, without running it."""
    spec = importlib.util.spec_from_file_location("install", repository / "requirements/install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_make_alone_lists_every_verb(repository: Path) -> None:
    # A make around the tests would have this one tell which folders it enters.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    listed = subprocess.run(
        ["make"], cwd=repository, env=environ, capture_output=True, text=True, check=True
    )
    verbs = {line.split()[1] for line in listed.stdout.splitlines()}
    assert verbs >= set(VERBS)
    assert all(len(line.split()) > 4 for line in listed.stdout.splitlines()), "each says what for"


def test_a_machine_without_node_is_told_before_anything_is_installed(
    repository: Path, tmp_path: Path
) -> None:
    for tool in ("make", "sh"):
        path = shutil.which(tool)
        assert path is not None
        (tmp_path / tool).symlink_to(path)
    refused = subprocess.run(
        ["make", "run-devnet"],
        cwd=repository,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "needs Node 20 or newer" in refused.stderr
    assert not refused.stdout, "nothing was begun"


def test_an_unknown_kind_is_refused_with_the_known_ones(repository: Path) -> None:
    command = [sys.executable, "requirements/install.py", "everything"]
    refused = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr == "unknown kind 'everything'; say one of: runtime, dev\n"


def test_progress_counts_what_pip_says(
    installer: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = installer.Progress("installing", 4)
    progress.feed("Ignoring colorama: markers 'sys_platform == \"win32\"' don't match")
    progress.feed("Collecting pluggy==1.6.0 (from -r requirements/dev.txt (line 9))")
    progress.feed("  Downloading pluggy-1.6.0-py3-none-any.whl (20 kB)")
    progress.feed("Requirement already satisfied: rich==14.0.0 in a folder")
    assert (progress.done, progress.total, progress.unpacking) == (2, 3, False)
    progress.feed("Installing collected packages: pluggy")
    progress.show(last=True)
    assert progress.unpacking
    assert capsys.readouterr().out == "installing: done, 0 s\n"


def test_the_fingerprint_follows_the_locks_and_the_pyprojects(
    installer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installer, "ROOT", tmp_path)
    for folder in (tmp_path, tmp_path / "core", tmp_path / "plugins/one"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pyproject.toml").write_text("")
    (tmp_path / "requirements").mkdir()
    for name in ("build.txt", "dev.txt", "runtime.txt"):
        (tmp_path / "requirements" / name).write_text("")
    seen = {installer.fingerprint("dev")}
    (tmp_path / "requirements/dev.txt").write_text("pluggy==1.6.0")
    seen.add(installer.fingerprint("dev"))
    (tmp_path / "plugins/one/pyproject.toml").write_text("[project]")
    seen.add(installer.fingerprint("dev"))
    assert len(seen) == 3
    before = installer.fingerprint("runtime")
    (tmp_path / "requirements/dev.txt").write_text("pluggy==1.6.1")
    assert installer.fingerprint("runtime") == before
