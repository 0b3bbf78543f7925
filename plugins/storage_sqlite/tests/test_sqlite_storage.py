"""What is particular to SQLite: the file, its log, other processes, copies, and the end."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from stacktill.domain.errors import ConfigError
from stacktill.plugin import StorageUnavailable, UnitOfWork
from stacktill.testing import plugin_context
from stacktill.testing.storage import add, count_up, numbers
from stacktill.testing.storage_samples import intent
from stacktill_storage_sqlite import checkpoints, plugin
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.connections import connect
from stacktill_storage_sqlite.storage import FILE_NAME, SqliteStorage, open_storage


def opened(folder: Path, **settings: Any) -> Any:
    """The storage of a folder, to be entered."""
    return open_storage(plugin_context("storage_sqlite", SqliteConfig(**settings), folder))


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[SqliteStorage]:
    async with opened(tmp_path) as storage:
        await storage.migrate()
        yield storage


def test_the_plugin_introduces_itself() -> None:
    assert plugin.stacktill_plugin().config is SqliteConfig
    assert plugin.stacktill_storage().open is open_storage


async def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with opened(folder) as storage:
        assert await storage.migrate() == ["0001_initial"]
        await storage.write(count_up)
        assert folder.stat().st_mode & 0o777 == 0o700
        for path in folder.iterdir():
            assert path.stat().st_mode & 0o077 == 0, path


async def test_every_commit_waits_for_the_disk(tmp_path: Path) -> None:
    connection = connect(tmp_path / "db", SqliteConfig())
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


async def test_a_path_may_be_set(tmp_path: Path) -> None:
    path = tmp_path / "else" / "where.db"
    async with opened(tmp_path, path=str(path)) as storage:
        await storage.migrate()
    assert path.exists()
    assert not (tmp_path / FILE_NAME).exists()


async def test_a_path_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ConfigError, match=r"\[plugins.storage_sqlite\]"):
        async with opened(tmp_path):
            pass


async def test_without_tables_it_is_unavailable(tmp_path: Path) -> None:
    async with opened(tmp_path) as storage:
        for ask in (storage.read, storage.scan, storage.write):
            with pytest.raises(StorageUnavailable, match="no such table"):
                await ask(count_up)
        assert not (await storage.health()).ok
        await storage.migrate()
        assert await storage.write(count_up) == 1
        assert (await storage.health()).ok


async def test_what_was_queued_is_written_before_the_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as storage:
        await storage.migrate()
        works = [asyncio.ensure_future(storage.write(count_up)) for _ in range(50)]
        await asyncio.sleep(0)
    assert sorted(await asyncio.gather(*works)) == list(range(1, 51))
    with pytest.raises(StorageUnavailable):
        await storage.write(count_up)
    # The log is in the file, and nobody works for it any more.
    assert os.listdir(tmp_path) == [FILE_NAME]  # noqa: PTH208
    names = {thread.name for thread in threading.enumerate()}
    assert not {name for name in names if name.startswith(("sqlite", "Thread-"))}


async def test_another_process_that_writes_too_long_makes_it_unavailable(tmp_path: Path) -> None:
    async with opened(tmp_path, busy_timeout_seconds=0.05) as storage:
        await storage.migrate()
        other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="locked"):
            await storage.write(count_up)
        assert await storage.read(lambda uow: uow.plugin_state.find({})) == []
        other.execute("ROLLBACK")
        other.close()
        assert await storage.write(count_up) == 1


async def test_the_queue_has_an_end(tmp_path: Path) -> None:
    go = threading.Event()

    def wait(uow: UnitOfWork) -> None:
        go.wait(10)

    async with opened(tmp_path, queue_limit=5) as storage:
        await storage.migrate()
        works = [asyncio.ensure_future(storage.write(wait))]
        await asyncio.sleep(0.1)  # the writer has taken it from the queue by then
        works += [asyncio.ensure_future(storage.write(count_up)) for _ in range(8)]
        await asyncio.sleep(0.01)
        go.set()
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        refused = [one for one in outcomes if isinstance(one, StorageUnavailable)]
        assert len(refused) == 3
        assert await storage.write(count_up) == 6


async def test_a_defect_in_a_use_case_is_its_callers(storage: SqliteStorage) -> None:
    def stop(uow: UnitOfWork) -> None:
        raise StopIteration

    def misuse(uow: UnitOfWork) -> None:
        uow.plugin_state.find({"nothing": 1})

    outcomes = await asyncio.gather(
        storage.write(stop), storage.write(misuse), storage.write(count_up), return_exceptions=True
    )
    assert [type(one) for one in outcomes] == [RuntimeError, ValueError, int]


async def test_readings_see_one_moment(storage: SqliteStorage) -> None:
    await storage.write(count_up)
    half, done = threading.Event(), threading.Event()

    def look(uow: UnitOfWork) -> tuple[Any, Any]:
        first = uow.plugin_state.find({})
        half.set()
        assert done.wait(10)
        return first, uow.plugin_state.find({})

    reading = asyncio.ensure_future(storage.scan(look))
    await asyncio.to_thread(half.wait, 10)
    assert await storage.write(count_up) == 2
    done.set()
    first, second = await reading
    assert first == second


async def test_a_long_reading_delays_nobody(storage: SqliteStorage) -> None:
    go = threading.Event()
    slow = [asyncio.ensure_future(storage.scan(lambda _: go.wait(10))) for _ in range(3)]
    await asyncio.sleep(0.05)
    started = time.perf_counter()
    await storage.write(count_up)
    assert await storage.read(lambda uow: uow.plugin_state.find({})) != []
    assert time.perf_counter() - started < 1
    go.set()
    assert await asyncio.gather(*slow) == [True] * 3


async def test_the_log_does_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "INTERVAL_SECONDS", 0.05)
    monkeypatch.setattr(checkpoints, "BEHIND_FRAMES", 500)
    number = iter(range(1_000_000))
    largest = written = 0
    async with opened(tmp_path) as storage:
        await storage.migrate()
        end = time.perf_counter() + 3

        async def work() -> None:
            while time.perf_counter() < end:
                await storage.write(add, intent(next(number), description="x" * 1_000))

        async def watch() -> None:
            nonlocal largest
            while time.perf_counter() < end:
                largest = max(largest, int((await storage.health()).figures["log_bytes"]))
                await asyncio.sleep(0.02)

        await asyncio.gather(watch(), *(work() for _ in range(16)))
        written = next(number) * 2_000
    assert largest < max(written / 2, 8_000_000)


class Copy(NamedTuple):
    """What a copy of the books holds."""

    integrity: str
    ids: list[str]


def read_copy(path: Path) -> Copy:
    """Open a copy by itself, without anything beside it."""
    connection = sqlite3.connect(path)
    try:
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
        rows = connection.execute("SELECT id FROM payment_intents ORDER BY id").fetchall()
    finally:
        connection.close()
    return Copy(integrity, [row[0] for row in rows])


async def test_a_copy_is_whole_while_others_write(storage: SqliteStorage, tmp_path: Path) -> None:
    await storage.write(add, *(intent(n) for n in range(500)))
    target = tmp_path / "copies" / "books.db"
    target.parent.mkdir()
    going = True

    async def work() -> None:
        number = 500
        while going:
            await storage.write(add, intent(number), intent(number + 1))
            number += 2

    writer = asyncio.ensure_future(work())
    for _ in range(3):
        await storage.backup(target)
    going = False
    await writer
    copy = read_copy(target)
    assert copy.integrity == "ok"
    assert len(copy.ids) >= 500
    assert len(copy.ids) % 2 == 0
    assert copy.ids == [intent(n).id for n in range(len(copy.ids))]
    assert [path.name for path in target.parent.iterdir()] == ["books.db"]
    assert target.stat().st_mode & 0o077 == 0


async def test_a_copy_that_fails_leaves_nothing(storage: SqliteStorage, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    (folder / "books.db").mkdir(parents=True)
    with pytest.raises(OSError, match=r"books\.db"):
        await storage.backup(folder / "books.db")
    assert [path.name for path in folder.iterdir()] == ["books.db"]


async def test_a_copy_opens_as_the_books(tmp_path: Path) -> None:
    async with opened(tmp_path / "one") as storage:
        await storage.migrate()
        await storage.write(add, intent(1))
        await storage.backup(tmp_path / "copy.db")
    (tmp_path / "two").mkdir()
    shutil.copy(tmp_path / "copy.db", tmp_path / "two" / FILE_NAME)
    async with opened(tmp_path / "two") as storage:
        assert await storage.migrate() == []
        assert await storage.read(numbers, {}) == [1]
        await storage.write(add, intent(2))


async def test_little_room_is_said(storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        total: int = 1_000
        used: int = 850
        free: int = 150

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage())
    health = await storage.health()
    assert health.ok
    assert "15 %" in health.detail
    assert health.figures["disk_free_share"] == 0.15


async def test_readings_of_one_turn_share_a_snapshot(storage: SqliteStorage) -> None:
    def began(uow: UnitOfWork) -> object:
        numbers(uow, {})
        return storage._reader._session.frames

    first, second = await asyncio.gather(storage.read(began), storage.read(began))
    assert first is second
    await asyncio.sleep(0)
    assert await storage.read(began) is not first


async def test_whoever_knows_of_a_commit_reads_it(storage: SqliteStorage) -> None:
    """However turns, commits and snapshots of other readers fall together."""
    is_over = False

    async def look_on() -> None:
        while not is_over:
            await storage.read(numbers, {})
            await asyncio.sleep(0)

    async def keep_and_look(number: int) -> None:
        await storage.write(add, intent(number))
        assert await storage.read(numbers, {"id": f"pi_{number:024d}"}) == [number]

    lookers = [asyncio.create_task(look_on()) for _ in range(4)]
    for start in range(1, 200, 8):
        await asyncio.gather(*(keep_and_look(start + more) for more in range(8)))
    is_over = True
    await asyncio.gather(*lookers)


async def test_what_another_process_wrote_is_read_in_the_next_turn(storage: SqliteStorage) -> None:
    other = sqlite3.connect(storage.path)
    before = await storage.read(numbers, {})
    await storage.write(add, intent(1))
    with other:
        other.execute("DELETE FROM payment_intents")
    other.close()
    await asyncio.sleep(0)
    assert await storage.read(numbers, {}) == before


async def test_a_reading_that_raises_leaves_the_snapshot_to_the_others(
    storage: SqliteStorage,
) -> None:
    def fail(uow: UnitOfWork) -> None:
        numbers(uow, {})
        raise LookupError("not here")

    await storage.write(add, intent(1))
    results = await asyncio.gather(
        storage.read(numbers, {}),
        storage.read(fail),
        storage.read(numbers, {}),
        return_exceptions=True,
    )
    assert isinstance(results[1], LookupError)
    assert results[0] == results[2] == [1]
