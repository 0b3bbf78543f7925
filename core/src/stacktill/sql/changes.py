"""Changes that wait to be written: one per row, however often a transaction touches it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

__all__ = [
    "ADD",
    "PASS",
    "REMOVE",
    "REPLACE",
    "SAVE",
    "STAMP",
    "Change",
    "Frame",
    "Written",
    "joined",
]

ADD, SAVE, REMOVE, REPLACE, PASS, STAMP = range(6)
"""Insert; update; delete; delete and insert again; insert and delete again, because the id may be
taken and the insertion has to fail then; update an event's position alone."""

Pairs = dict[str, str]


class Change(NamedTuple):
    """What is to happen to a row.

    ``item`` is the object as it shall be; of a removal the object as it was, where the table keeps
    metadata entries; of a stamp the position. ``before`` is the metadata that the database has now.
    """

    kind: int
    item: Any
    before: Pairs | None = None


class Written(Protocol):
    """A table as its changes see it; ``known`` is what the transaction knows of its rows, by id."""

    known: dict[str, Any]

    def write(self, changes: dict[str, Change]) -> None:
        """Carry changes out."""
        ...


class Frame:
    """What one use case, or one attempt inside it, has changed and not yet written.

    ``journal`` remembers what was known of each row before, to be put back when it raises.
    ``in_savepoint`` says that a part of it has been written, under a savepoint of its own.
    """

    __slots__ = ("changes", "in_savepoint", "journal")

    def __init__(self) -> None:
        self.changes: dict[Written, dict[str, Change]] = {}
        self.journal: list[tuple[dict[str, Any], str, Any]] = []
        self.in_savepoint = False


def joined(earlier: Change, later: Change) -> Change:
    """Two changes of one row as one."""
    if later.kind == REMOVE:
        if earlier.kind in {ADD, PASS}:
            return Change(PASS, earlier.item, earlier.before)
        return Change(REMOVE, later.item, earlier.before)
    kind = later.kind
    if earlier.kind in {ADD, PASS} and kind != STAMP:
        kind = ADD
    elif kind == ADD and earlier.kind in {REMOVE, REPLACE}:
        kind = REPLACE
    elif kind in {SAVE, STAMP}:
        kind = kind if earlier.kind == STAMP else earlier.kind
    return Change(kind, later.item, earlier.before)
