"""The statements of one table, each compiled once."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from stacktill.plugin.storage import Where
from stacktill.sql.conditions import Conditions, Shape
from stacktill.sql.dialect import Prepared, SqlDialect
from stacktill.sql.mappers import Mapper

__all__ = ["BLOCK_ROWS", "Queries", "limited"]

BLOCK_ROWS = 16
"""How many rows one statement inserts where there are that many.

The driver lets go of the interpreter's lock for each statement that it runs, and has to wait for it
afterwards: row by row, the thread that writes would spend its time queueing behind the event loop.
"""

T = TypeVar("T")


class Queries(Generic[T]):
    """Compiled statements of one table; shared by all sessions of a database."""

    def __init__(self, mapper: Mapper[T], dialect: SqlDialect) -> None:
        table = mapper.table
        self.mapper = mapper
        self.name = table.name
        self._dialect = dialect
        self._conditions = Conditions(table, dialect)
        self._finds: dict[tuple[Shape, str, bool, bool], str] = {}
        self._prunes: dict[Shape, str] = {}
        self._by_id = table.c.id == sa.bindparam("key", type_=table.c.id.type)

    # Compiled when first asked for: a short command should not pay for every table.

    @cached_property
    def get(self) -> str:
        """Select one row by its id."""
        return self._dialect.prepare(self._select().where(self._by_id)).sql

    @cached_property
    def get_locked(self) -> str:
        """Select one row by its id, and keep others from changing it."""
        query = self._select().where(self._by_id).with_for_update()
        return self._dialect.prepare(query).sql

    @cached_property
    def insert(self) -> str:
        """Insert a row of all columns in the table's order."""
        table = self.mapper.table
        return self._in_order(sa.insert(table), tuple(c.name for c in table.columns))

    @cached_property
    def insert_block(self) -> str:
        """Insert ``BLOCK_ROWS`` rows at once, their values one row after the other."""
        columns = self.mapper.table.columns
        rows = [
            {c.name: sa.bindparam(f"{c.name}_{row}", type_=c.type) for c in columns}
            for row in range(BLOCK_ROWS)
        ]
        names = tuple(f"{c.name}_{row}" for row in range(BLOCK_ROWS) for c in columns)
        return self._in_order(sa.insert(self.mapper.table).values(rows), names)

    @cached_property
    def update(self) -> str:
        """Set the columns that may change, of the row whose id comes last; empty when none may."""
        names, table = self.mapper.changing, self.mapper.table
        if not names:
            return ""
        changes = {name: sa.bindparam(name, type_=table.c[name].type) for name in names}
        update = sa.update(table).where(self._by_id).values(changes)
        return self._in_order(update, (*names, "key"))

    @cached_property
    def delete(self) -> str:
        """Delete one row by its id."""
        return self._dialect.prepare(sa.delete(self.mapper.table).where(self._by_id)).sql

    def find(
        self, where: Where, order: str, *, descending: bool, single: bool
    ) -> tuple[str, list[Any]] | None:
        """The statement and its values but for the limit, which comes last; None: nothing fits.

        Rows with the same value of ``order`` come in the order of their ids, unless ``single``: for
        one row, any index that leads with ``order`` will do.
        """
        read = self._conditions.read(where)
        if read is None:
            return None
        shape, values = read
        key = (shape, order, descending, single)
        sql = self._finds.get(key)
        if sql is None:
            sql = self._finds[key] = self._find(key)
        return sql, values

    def prune(self, where: Where) -> tuple[str, list[Any]] | None:
        """The deletion of the first rows that fit, and its values but for the limit."""
        read = self._conditions.read(where)
        if read is None:
            return None
        shape, values = read
        sql = self._prunes.get(shape)
        if sql is None:
            sql = self._prunes[shape] = self._prune(shape)
        return sql, values

    def _select(self) -> sa.Select[Any]:
        return sa.select(*self.mapper.selected)

    def _find(self, key: tuple[Shape, str, bool, bool]) -> str:
        shape, order, descending, single = key
        columns = [self._conditions.column(order)]
        if order != "id" and not single:
            columns.append(self._conditions.column("id"))
        query = self._select().where(*self._conditions.clauses(shape))
        query = query.order_by(*((c.desc() if descending else c.asc()) for c in columns))
        return self._counted(self._dialect.prepare(limited(query)), shape)

    def _prune(self, shape: Shape) -> str:
        table = self.mapper.table
        fitting = sa.select(table.c.id).where(*self._conditions.clauses(shape))
        statement = sa.delete(table).where(table.c.id.in_(limited(fitting)))
        return self._counted(self._dialect.prepare(statement), shape)

    def _in_order(self, statement: sa.ClauseElement, names: tuple[str, ...]) -> str:
        prepared = self._dialect.prepare(statement)
        assert prepared.names == names, f"{self.name}: {prepared.names} are not {names}"
        return prepared.sql

    def _counted(self, prepared: Prepared, shape: Shape) -> str:
        bound = sum(how in {"value", "listed"} for _, how in shape)
        expected = (*(f"w{number}" for number in range(bound)), "limit")
        assert prepared.names == expected, f"{self.name}: {prepared.names} are not {expected}"
        return prepared.sql


def limited(query: sa.Select[Any]) -> sa.Select[Any]:
    """The query with the parameter ``limit``; and an offset, as SQLite's compiler adds one."""
    limit = sa.bindparam("limit", type_=sa.Integer)
    return query.limit(limit).offset(sa.literal_column("0", type_=sa.Integer))
