"""The SQLite storage keeps the contract of storages."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stacktill.testing import plugin_context
from stacktill.testing.storage import StorageContract
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.migrating import migrate
from stacktill_storage_sqlite.storage import FILE_NAME, SqliteStorage, open_storage


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with its tables: copying it is quicker than making one per test."""
    path = tmp_path_factory.mktemp("template") / FILE_NAME
    migrate(path, SqliteConfig())
    return path


class TestSqliteStorage(StorageContract):
    @pytest.fixture
    async def storage(self, template: Path, tmp_path: Path) -> AsyncIterator[SqliteStorage]:
        shutil.copy(template, tmp_path / FILE_NAME)
        context = plugin_context("storage_sqlite", SqliteConfig(), tmp_path)
        async with open_storage(context) as storage:
            yield storage
