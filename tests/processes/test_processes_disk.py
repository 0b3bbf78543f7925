"""A full disk: writes are refused without a false word, reads go on, and space is all it takes."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.processes.checker import check_answers, check_books
from tests.processes.mortal import Mortal
from tests.processes.writers import Writers
from tests.served import until

DISK_MIB = 24


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A small file system of its own; skips where this user may not mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk; the test with a limit runs everywhere")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.xdist_group("processes")
def test_a_full_disk_refuses_writes_and_heals(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        box = Mortal(disk / "data")
        box._log = tmp_path / "box.log"
        with closing(box):
            box.live()
            filler = disk / "filler"

            def fill() -> None:
                with filler.open("wb", buffering=0) as file:
                    try:
                        while True:
                            file.write(b"x" * 65_536)
                    except OSError:
                        pass

            _full_and_back(box, fill, filler.unlink)


@pytest.mark.xdist_group("processes")
def test_a_disk_that_takes_no_byte_refuses_writes_and_heals(tmp_path: Path) -> None:
    box = Mortal(tmp_path / "data")
    with closing(box):
        box.live()
        _, hard = resource.prlimit(box.pid, resource.RLIMIT_FSIZE)

        def limit(size: int) -> None:
            resource.prlimit(box.pid, resource.RLIMIT_FSIZE, (size, hard))

        _full_and_back(box, lambda: limit(0), lambda: limit(hard))


def _full_and_back(box: Mortal, fill: Callable[[], object], free: Callable[[], object]) -> None:
    shop = box.shop()
    known = shop.intent(metadata={"name": "known"})
    with Writers(shop, seed=4) as writers:
        until(lambda: len(writers.answers) > 40, seconds=30)
        fill()
        until(lambda: writers.unavailable > 20, seconds=30)
        # No write is acknowledged, and every reading goes on.
        refused = httpx.post(
            f"{shop.url}/v1/payment_intents",
            data={"amount": "5", "currency": "btc", "metadata[name]": "while full"},
            headers={"Authorization": f"Bearer {shop.secret_key}"},
            timeout=20,
        )
        assert refused.status_code in (503, 507), refused.text
        assert refused.json()["error"]["message"]
        assert shop.read(known)["id"] == known["id"]
        assert shop.get("/v1/payment_intents", {"limit": 3})["data"]
        assert not box.is_dead
        free()
        answered = len(writers.answers)
        until(lambda: len(writers.answers) > answered + 40, seconds=30)
        writers.stop()
    until(box._is_ready, seconds=30)
    check_answers(shop, writers)  # The one that was refused must not be there either.
    check_books(shop)
    box.end()
    with closing(sqlite3.connect(box.data_dir / "stacktill.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
