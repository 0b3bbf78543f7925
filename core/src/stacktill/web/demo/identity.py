"""What the demo shop knows of itself between two starts: its keys, its endpoint, its secrets."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

__all__ = ["Identity", "new_cookie_key", "read_identity", "write_identity"]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that a shop keeps on its server."""

    secret_key: str
    publishable_key: str
    cookie_key: str
    endpoint: str = ""
    webhook_secret: str = ""


def new_cookie_key() -> str:
    """A key for the visitors' cookies."""
    return secrets.token_hex(32)


def read_identity(path: Path) -> Identity | None:
    """The identity in a file; None when there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Identity)
    except (OSError, msgspec.DecodeError):
        return None


def write_identity(path: Path, identity: Identity) -> None:
    """Keep an identity where only this box's user can read it."""
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(identity))
    draft.replace(path)
