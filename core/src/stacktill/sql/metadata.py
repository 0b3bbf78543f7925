"""The side table by which objects are found by their metadata, kept in step with the objects."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from stacktill.sql.changes import PASS, REMOVE, Change
from stacktill.sql.dialect import SqlDialect
from stacktill.sql.session import Session
from stacktill.sql.tables import metadata_entries

__all__ = ["MetadataEntries"]


class MetadataEntries:
    """Writes the pairs that a change adds, and takes away those that it drops."""

    def __init__(self, dialect: SqlDialect) -> None:
        table = metadata_entries
        self._insert = dialect.prepare(sa.insert(table))
        self._delete = dialect.prepare(
            sa.delete(table).where(*(c == sa.bindparam(c.name) for c in table.columns))
        )
        order = tuple(column.name for column in table.columns)
        assert self._insert.names == self._delete.names == order

    def write(self, session: Session, table: str, changes: dict[str, Change]) -> None:
        """Bring the entries of changed objects up to date; equal metadata costs nothing."""
        gone: list[list[Any]] = []
        new: list[list[Any]] = []
        for key, change in changes.items():
            before = change.before or {}
            owner = change.item
            after = {} if change.kind in {PASS, REMOVE} else owner.metadata
            if after is before or after == before:
                continue
            place = [table, owner.merchant_id, int(owner.livemode)]
            gone += ([*place, *pair, key] for pair in before.items() if pair not in after.items())
            new += ([*place, *pair, key] for pair in after.items() if pair not in before.items())
        if gone:
            session.execute_many(self._delete.sql, gone)
        if new:
            session.execute_many(self._insert.sql, new)
