"""How the database is: whether it answers, how large it is, how much room there is."""

from __future__ import annotations

import shutil
from pathlib import Path

from stacktill.plugin import Health, StorageUnavailable, UnitOfWork
from stacktill_storage_sqlite.reading import Reader

__all__ = ["LOW_DISK", "examine"]

LOW_DISK = 0.2
"""The share of the disk below which to warn."""


def _touch(uow: UnitOfWork) -> None:
    uow.plugin_state.get("core/health")


def examine(reader: Reader, path: Path, waiting: int) -> Health:
    """Read one row, and look at the sizes; figures are bytes, shares of one, and counts."""
    disk = shutil.disk_usage(path.parent)
    figures = {
        "database_bytes": float(_size(path)),
        "log_bytes": float(_size(path.with_name(path.name + "-wal"))),
        "disk_free_bytes": float(disk.free),
        "disk_free_share": disk.free / disk.total,
        "queued_writes": float(waiting),
    }
    try:
        reader.run(_touch, (), {})
    except StorageUnavailable as error:
        return Health(ok=False, detail=str(error), figures=figures)
    if figures["disk_free_share"] < LOW_DISK:
        percent = int(figures["disk_free_share"] * 100)
        return Health(ok=True, detail=f"only {percent} % of the disk is free", figures=figures)
    return Health(ok=True, figures=figures)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
