"""What a till on the local chain leaves for the commands beside it: its address, and keys for play."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec

from stacktill.domain.errors import ConfigError

__all__ = ["Note", "begin_folder", "read_note", "write_note"]

NAME = "chain_stacks_devnet.json"


class Note(msgspec.Struct, frozen=True):
    """A till on the local chain: the chain that it follows, where it is, and whose keys open it.

    Without a key its store is not made yet.
    """

    chain: str
    url: str = ""
    merchant: str = ""
    secret_key: str = ""
    publishable_key: str = ""


def read_note(folder: Path) -> Note | None:
    """The note in a data folder, or None."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Note)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ConfigError(f"{folder / NAME} cannot be understood; remove {folder}") from error


def write_note(folder: Path, note: Note) -> None:
    """Leave it for this user's commands only."""
    path = folder / NAME
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(note))


def begin_folder(folder: Path, chain: str) -> Note:
    """The note of a folder that knows this very chain; else a new one, in a folder that is empty but for it.

    Books of a local chain that is gone are removed. Raise ``ConfigError`` for a folder that is not ours.
    """
    note = read_note(folder)
    if note is not None and note.chain == chain and note.secret_key:
        return note
    if note is not None:
        shutil.rmtree(folder)
    elif folder.is_dir() and any(folder.iterdir()):
        raise ConfigError(
            f"{folder} holds other books than those of a local chain; name another folder in "
            "server.data_dir or in STACKTILL__SERVER__DATA_DIR."
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = Note(chain)
    write_note(folder, new)
    return new
