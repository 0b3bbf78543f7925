"""A second server on the same folder is refused; a command that writes beside the server is safe."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.processes.checker import check_answers
from tests.processes.mortal import Mortal
from tests.processes.writers import Writers
from tests.served import COMMAND, Shop

COMMANDS = 3


@pytest.mark.xdist_group("processes")
def test_a_second_server_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    box = Mortal(tmp_path / "data")
    with closing(box):
        box.live()
        second = subprocess.run(
            [COMMAND, "serve"],
            cwd=tmp_path,
            env=box.environ | {"STACKTILL__SERVER__PORT": "0"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode not in (0, None)
        assert "Another server already runs on" in second.stderr + second.stdout
        assert "Traceback" not in second.stderr + second.stdout
        assert box.shop().intent()["status"] == "requires_action"
        box.end()


@pytest.mark.xdist_group("processes")
def test_merchants_are_created_while_the_server_writes(tmp_path: Path) -> None:
    box = Mortal(tmp_path / "data")
    with closing(box):
        box.live()
        shop = box.shop()
        with Writers(shop, seed=3) as writers:
            made = [
                json.loads(
                    box.run("merchant", "create", "--name", f"N {n}", "--email", "n@n.io", "--json")
                )
                for n in range(COMMANDS)
            ]
            writers.stop()
            check_answers(shop, writers)
        for one in made:
            with httpx.Client(timeout=30) as client:
                keys = (one["secret_key"], one["publishable_key"])
                new = Shop(box.url, one["merchant"]["id"], *keys, client)
                intent = new.intent(500)
                assert new.pay(intent)["payment_intent"]["status"] == "succeeded"
        box.end()
    assert _integrity(box.data_dir) == "ok"


@pytest.mark.xdist_group("processes")
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_every_acknowledged_write_was_flushed_to_disk(tmp_path: Path) -> None:
    box = Mortal(tmp_path / "data")
    with closing(box):
        box.live()
        shop = box.shop()
        counts = tmp_path / "counts"
        watch = [
            "strace",
            "-f",
            "-p",
            str(box.pid),
            "-e",
            "trace=fsync,fdatasync",
            "-o",
            str(counts),
        ]
        tracer = subprocess.Popen(watch, stderr=subprocess.PIPE)
        assert tracer.stderr is not None
        if b"attached" not in tracer.stderr.readline():
            tracer.kill()
            pytest.skip("this machine does not let one process trace another")
        for _ in range(20):
            shop.intent()
        tracer.terminate()
        tracer.communicate(timeout=20)
        flushes = [line for line in counts.read_text().splitlines() if "sync(" in line]
        assert len(flushes) >= 20, flushes
        box.end()


def _integrity(data_dir: Path) -> str:
    with closing(sqlite3.connect(data_dir / "stacktill.sqlite3")) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
