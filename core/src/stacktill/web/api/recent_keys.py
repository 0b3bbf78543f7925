"""Keys that were let in an instant ago, so that a busy shop's key is not looked up for every request."""

from __future__ import annotations

import time
from typing import NamedTuple

from stacktill.application.keys import authenticate
from stacktill.domain.merchants import ApiKey, Merchant
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.shell.keys import digest_of

__all__ = ["Owner", "RecentKeys"]

REMEMBERED_SECONDS = 0.02
"""So long may a key that another process revokes still open: no longer than a request is on its way."""
REMEMBERED_KEYS = 1_024


class Owner(NamedTuple):
    """A key's record and its store."""

    key: ApiKey
    merchant: Merchant


class RecentKeys:
    """Remembers whom a key belongs to, by its hash, for an instant.

    Whoever changes keys or stores in this process calls ``forget`` before telling that it is done, so
    that what is revoked opens nothing from then on.
    """

    def __init__(self) -> None:
        self._owners: dict[bytes, tuple[float, Owner]] = {}
        self._changes = 0

    def owner(self, digest: bytes | None, now: int) -> Owner | None:
        """The owner of a key that was let in an instant ago and is still usable at Unix second ``now``."""
        found = None if digest is None else self._owners.get(digest)
        if found is None or time.monotonic() > found[0] or not found[1].key.usable(now):
            return None
        return found[1]

    def look_up(self, uow: UnitOfWork, presented: str, now: int) -> Owner:
        """The owner by the books; raise ``Unauthenticated`` or ``Forbidden`` when there is none."""
        changes = self._changes
        owner = Owner(*authenticate(uow, presented, now))
        if changes != self._changes:
            return owner  # It may have been read, by another thread, before what has changed.
        if len(self._owners) >= REMEMBERED_KEYS:
            self._owners.clear()
        self._owners[digest_of(presented)] = (time.monotonic() + REMEMBERED_SECONDS, owner)
        return owner

    def forget(self) -> None:
        """Keys or stores may have changed."""
        self._changes += 1
        self._owners.clear()
