"""The SQLite storage keeps the contract of storages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stacktill.testing import plugin_context
from stacktill.testing.storage import StorageContract
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.storage import SqliteStorage, open_storage


class TestSqliteStorage(StorageContract):
    @pytest.fixture
    async def storage(self, tmp_path: Path) -> AsyncIterator[SqliteStorage]:
        context = plugin_context("storage_sqlite", SqliteConfig(), tmp_path)
        async with open_storage(context) as storage:
            await storage.migrate()
            yield storage
