"""Conditions made into SQL: names only from the table, values always bound."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from stacktill.plugin.storage import Where
from stacktill.sql.dialect import SqlDialect
from stacktill.sql.tables.columns import BIG, LITERALS

__all__ = ["Conditions", "Shape"]

Shape = tuple[tuple[str, str], ...]
"""What makes two conditions the same statement: names with operators, and how each is compared."""

NULL, VALUE, LISTED = "null", "value", "listed"
OPERATORS = {"=", "!=", "<", "<=", ">", ">="}
MAX_INTEGER = 2**63 - 1


class Conditions:
    """Reads the conditions on one table."""

    def __init__(self, table: sa.Table, dialect: SqlDialect) -> None:
        self._table = table
        self._dialect = dialect
        self._literals: dict[str, frozenset[str]] = {
            key: column.info[LITERALS]
            for column in table.columns
            if column.info.get(LITERALS)
            for key in (column.name, f"{column.name} !=")
        }
        self._bigs = {
            key
            for column in table.columns
            if column.info.get(BIG)
            for key in (column.name, f"{column.name} =", f"{column.name} !=")
        }

    def read(self, where: Where) -> tuple[Shape, list[Any]] | None:
        """Return the shape and the values to bind; None when an empty list can meet nothing."""
        shape: list[tuple[str, str]] = []
        values: list[Any] = []
        literals = self._literals
        for name, value in where.items():
            if value is None:
                shape.append((name, NULL))
            elif isinstance(value, str):
                if name in literals and value in literals[name]:
                    shape.append((name, "=" + value))
                else:
                    shape.append((name, VALUE))
                    values.append(value)
            elif isinstance(value, int):
                shape.append((name, VALUE))
                values.append(str(value) if name in self._bigs else _bounded(value))
            else:
                members = list(value)
                if not members:
                    return None
                shape.append((name, LISTED))
                values.append(self._dialect.list_value(members))
        return tuple(shape), values

    def clauses(self, shape: Shape) -> list[sa.ColumnElement[bool]]:
        """The SQL of a shape; its parameters are ``w0``, ``w1`` … in order."""
        made = []
        count = 0
        for name, how in shape:
            made.append(self._clause(name, how, f"w{count}"))
            count += how in {VALUE, LISTED}
        return made

    def column(self, name: str) -> sa.Column[Any]:
        """The table's column of that name; raise ``ValueError`` when there is none."""
        found = self._table.columns.get(name)
        if found is None or name == "body":
            raise ValueError(f"{self._table.name} has no column {name!r} to ask for")
        return found

    def _clause(self, key: str, how: str, parameter: str) -> sa.ColumnElement[bool]:
        name, _, operator = key.partition(" ")
        operator = operator or "="
        column = self.column(name)
        if operator not in OPERATORS:
            raise ValueError(f"{key!r}: the operator must be one of {' '.join(sorted(OPERATORS))}")
        if how in {NULL, LISTED} or column.info.get(BIG):
            self._check(key, operator, how)
        if how == NULL:
            return column.is_(None) if operator == "=" else column.is_not(None)
        if how == LISTED:
            return self._dialect.one_of(column, parameter)
        if how != VALUE:
            named: sa.ColumnElement[Any] = sa.literal_column(f"'{how[1:]}'", type_=column.type)
            return column == named if operator == "=" else column != named
        bound = sa.bindparam(parameter, type_=column.type)
        if operator == "!=" and column.nullable:
            return column.is_distinct_from(bound)
        return column.op(operator if operator != "!=" else "<>", is_comparison=True)(bound)

    @staticmethod
    def _check(key: str, operator: str, how: str) -> None:
        allowed = {"="} if how == LISTED else {"=", "!="}
        if operator not in allowed:
            raise ValueError(f"{key!r}: this kind of value can only be compared with =")


def _bounded(value: int) -> int:
    """The number as a driver can bind it; nothing in a table lies beyond."""
    return max(-MAX_INTEGER, min(int(value), MAX_INTEGER))
