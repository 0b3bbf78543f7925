"""What happens to the books when the process dies, when two processes write, and when the disk is full."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacktill.plugin import StorageUnavailable, UnitOfWork
from stacktill.testing import plugin_context
from stacktill.testing.storage_samples import ACCOUNT, intent, sample, transfer
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.storage import FILE_NAME, open_storage

CHILD = """
import asyncio, sys
from collections.abc import Iterator
from pathlib import Path
from stacktill.testing import plugin_context
from stacktill.testing.storage import count_up
from stacktill.testing.storage_samples import intent, sample, transfer
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.storage import open_storage

def keep(uow, number):
    uow.payment_intents.add(intent(number, metadata={"n": str(number)}))
    assert len(uow.payment_intents.find({"id": intent(number).id})) == 1
    uow.events.add(sample("events", number))
    uow.post(transfer(number, amount=1))
    count_up(uow)

async def main(folder, first, count):
    numbers = iter(range(first, first + count))
    async with open_storage(plugin_context("storage_sqlite", SqliteConfig(), Path(folder))) as storage:
        await storage.migrate()
        async def writer():
            for number in numbers:
                await storage.write(keep, number)
                print(number, flush=True)
        await asyncio.gather(*(writer() for _ in range(8)))

asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""


def child(folder: Path, first: int, count: int) -> subprocess.Popen[str]:
    """A process with eight writers that prints the number of each write it was promised."""
    command = [sys.executable, "-c", CHILD, str(folder), str(first), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def books(folder: Path) -> tuple[set[int], set[int], int, int]:
    """The numbers of intents and of events, the pending money and the counter."""

    def look(uow: UnitOfWork) -> tuple[set[int], set[int], int, int]:
        intents = {int(item.id[3:]) for item in uow.payment_intents.find({}, limit=10**6)}
        events = {int(item.id.rpartition("_")[2]) for item in uow.events.find({}, limit=10**6)}
        accounts = {item.code: item.balance for item in uow.ledger_accounts.find({})}
        assert sum(accounts.values()) == 0
        counter = uow.plugin_state.get("test/counter")
        return intents, events, accounts.get("pending", 0), int(counter.value) if counter else 0

    async with open_storage(plugin_context("storage_sqlite", SqliteConfig(), folder)) as storage:
        await storage.migrate()
        return await storage.read(look)


def check_file(folder: Path) -> None:
    """SQLite finds nothing wrong with the file."""
    connection = sqlite3.connect(folder / FILE_NAME)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()


async def test_a_killed_process_loses_nothing_it_promised(tmp_path: Path) -> None:
    chance = random.Random(7)
    promised: set[int] = set()
    for turn in range(4):
        process = child(tmp_path, turn * 1_000_000, 1_000_000)
        assert process.stdout is not None
        promised.add(int(process.stdout.readline()))
        time.sleep(chance.uniform(0.0, 0.5))  # noqa: ASYNC251 - nothing else runs here
        process.send_signal(signal.SIGKILL)
        promised |= {int(line) for line in process.stdout if line.endswith("\n")}
        process.wait()
        process.stdout.close()
        intents, events, pending, counter = await books(tmp_path)
        assert promised <= intents
        assert intents == events
        assert pending == counter == len(intents)
        # Eight writers had at most one unanswered write each, in each life.
        assert len(intents) - len(promised) <= 8 * (turn + 1)
        check_file(tmp_path)


async def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    await books(tmp_path)
    processes = [child(tmp_path, first, 300) for first in (1_000, 2_000)]
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert len(output.splitlines()) == 300
    intents, events, pending, counter = await books(tmp_path)
    assert intents == events == {*range(1_000, 1_300), *range(2_000, 2_300)}
    assert pending == counter == 600


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_promises_nothing_and_heals(small_disk: Path) -> None:
    folder = small_disk
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(700_000))
    promised: list[int] = []
    refused = 0

    async def write(number: int) -> None:
        nonlocal refused
        try:
            await storage.write(keep, number)
            promised.append(number)
        except StorageUnavailable:
            refused += 1

    context = plugin_context("storage_sqlite", SqliteConfig(), folder)
    async with open_storage(context) as storage:
        await storage.migrate()
        number = 0
        while refused < 100:
            await asyncio.gather(*(write(number + step) for step in range(8)))
            number += 8
            assert number < 20_000, "the disk does not fill"
        kept = await storage.read(lambda uow: uow.payment_intents.find({}, limit=10**6))
        assert [int(item.id[3:]) for item in kept] == sorted(promised)
        assert (await storage.health()).detail != "ok"
        ballast.unlink()
        before = refused
        await write(number)
        assert refused == before
    check_file(folder)
    intents, _, pending, _ = await books(folder)
    assert intents == set(promised)
    assert pending == len(promised)


def keep(uow: UnitOfWork, number: int) -> None:
    """Keep an intent, an event and a transfer."""
    uow.payment_intents.add(intent(number, description="x" * 500))
    uow.events.add(sample("events", number))
    uow.post(transfer(number, amount=1))
    assert uow.payment_intents.find({"merchant_id": ACCOUNT}, limit=1)
