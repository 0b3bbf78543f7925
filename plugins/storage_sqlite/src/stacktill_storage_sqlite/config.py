"""The settings of the SQLite storage."""

from __future__ import annotations

from typing import Annotated

import msgspec

from stacktill.plugin import PluginConfig

__all__ = ["SqliteConfig"]

Count = Annotated[int, msgspec.Meta(ge=1)]


class SqliteConfig(PluginConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of ``[plugins.storage_sqlite]``.

    ``path``: the file; by default ``stacktill.sqlite3`` in the appliance's data folder.
    ``cache_mib``: how much of the file each of the three connections keeps in memory, in MiB.
    ``batch_limit``: how many writes one flush to disk may carry.
    ``queue_limit``: how many writes may wait; a further one is refused.
    ``busy_timeout_seconds``: how long to wait while another process writes.
    ``scan_connections``: how many long readings may run at once.
    """

    path: str | None = None
    cache_mib: Count = 16
    batch_limit: Count = 256
    queue_limit: Count = 10_000
    busy_timeout_seconds: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    scan_connections: Count = 2
