"""The plugin: offers the SQLite storage to the appliance."""

from __future__ import annotations

from stacktill.plugin import PluginInfo, StorageBackend, hookimpl
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.storage import open_storage

__all__ = ["stacktill_plugin", "stacktill_storage"]


@hookimpl
def stacktill_plugin() -> PluginInfo:
    """Introduce the plugin."""
    return PluginInfo("Keeps the books in one SQLite file.", config=SqliteConfig)


@hookimpl
def stacktill_storage() -> StorageBackend:
    """Offer the storage."""
    return StorageBackend(open_storage)
