"""The database file: where it lies, who may read it, and that a power cut leaves it there."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["prepare", "sync_folder"]


def prepare(path: Path) -> None:
    """Make the folder and an empty file that only the owner can read, and have both on disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)
    sync_folder(path.parent.parent)


def sync_folder(folder: Path) -> None:
    """Have a folder's list of names on disk: a new file is lost without it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
