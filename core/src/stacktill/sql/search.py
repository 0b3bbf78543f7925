"""Searches made into SQL: newest first, one page, at a cost that does not grow with the history."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from operator import ge, gt, le, lt
from typing import Any

import sqlalchemy as sa

from stacktill.domain.errors import InvalidParameter
from stacktill.plugin.storage import Clause, Search
from stacktill.sql.dialect import Prepared, SqlDialect
from stacktill.sql.queries import limited
from stacktill.sql.registry import MAPPERS
from stacktill.sql.tables import metadata_entries

__all__ = ["Searcher"]

SHAPES_KEPT = 256
"""How many compiled searches are kept; callers make their shapes, so there is no end to them."""

RENAMED: dict[str, dict[str, str]] = {
    "payment_intents": {"amount": "amount_sats"},
    "charges": {"amount": "amount_sats"},
    "refunds": {"amount": "amount_sats"},
    "prices": {"unit_amount": "unit_amount_sats"},
}
"""Fields that the API calls by another name than the column."""

CONSTANT: dict[str, dict[str, str | int]] = {
    "charges": {"currency": "btc", "disputed": 0},
    "refunds": {"currency": "btc"},
    "prices": {"type": "one_time"},
}
"""Fields that are the same for every object of a table."""

HIDDEN = {"id", "merchant_id", "livemode", "body", "client_secret"}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {">": gt, ">=": ge, "<": lt, "<=": le}
MAX_INTEGER = 2**63 - 1


class Searcher:
    """Compiles searches, and keeps the last ones that were compiled."""

    def __init__(self, dialect: SqlDialect) -> None:
        self._dialect = dialect
        self._kept: OrderedDict[Any, Prepared] = OrderedDict()

    def statement(self, table: str, query: Search) -> tuple[str, list[Any]]:
        """The SQL of a search and its values; raise ``InvalidParameter`` for a bad clause."""
        fields = _Fields(MAPPERS[table].table)
        values: dict[str, Any] = {
            "table": table,
            "owner": query.merchant_id,
            "livemode": int(query.livemode),
            "before": query.before_id,
            "limit": query.limit,
        }
        for number, clause in enumerate(query.clauses):
            fields.bind(clause, number, values)
        shape = (
            table,
            query.any_clause,
            query.before_id is None,
            tuple((c.field, c.operator, c.value is None, c.negated) for c in query.clauses),
        )
        # A metadata key is a value, not a part of the shape.
        key = tuple(
            tuple(("metadata.", *c[1:]) if c[0].startswith("metadata.") else c for c in part)
            if isinstance(part, tuple)
            else part
            for part in shape
        )
        prepared = self._kept.pop(key, None)
        if prepared is None:
            prepared = self._dialect.prepare(_Statement(fields, query).build())
        self._kept[key] = prepared
        while len(self._kept) > SHAPES_KEPT:
            self._kept.popitem(last=False)
        return prepared.sql, [values[name] for name in prepared.names]


class _Fields:
    """The fields of one table that can be searched."""

    def __init__(self, table: sa.Table) -> None:
        self.table = table
        self._renamed = RENAMED.get(table.name, {})
        self._constant = CONSTANT.get(table.name, {})

    def column(self, field: str) -> sa.ColumnElement[Any]:
        """What stands for a field in SQL."""
        if field in self._constant:
            return sa.literal_column(repr(self._constant[field]))
        found = self.table.columns.get(self._renamed.get(field, field))
        if found is None or field in HIDDEN:
            raise InvalidParameter(
                f"Field `{field}` cannot be searched here.", param="query", code="parameter_invalid"
            )
        return found

    def bind(self, clause: Clause, number: int, values: dict[str, Any]) -> None:
        """Put the values of a clause under the names that its SQL uses."""
        field, _, key = clause.field.partition(".")
        if field == "metadata":
            values[f"k{number}"] = key
            values[f"v{number}"] = clause.value if clause.operator == "=" else None
            if clause.operator == "~":
                values[f"v{number}"] = _pattern(clause.value)
            return
        column = self.column(clause.field)
        if clause.value is None:
            return
        if clause.operator == "~":
            values[f"v{number}"] = _pattern(clause.value)
        else:
            values[f"v{number}"] = _typed(clause, column)


class _Statement:
    """One search, made into one statement."""

    def __init__(self, fields: _Fields, query: Search) -> None:
        self._fields = fields
        self._table = fields.table
        self._query = query

    def build(self) -> sa.Select[Any]:
        """The statement: ids, newest first."""
        numbered = list(enumerate(self._query.clauses))
        if not self._query.any_clause or len(numbered) < 2:
            return self._page(numbered)
        # Each alternative has an index of its own to read a page from; the newest of all pages win.
        pages = [self._page([one]).subquery() for one in numbered]
        united = sa.union(*(sa.select(page.c.id) for page in pages)).subquery()
        return limited(sa.select(united.c.id).order_by(united.c.id.desc()))

    def _page(self, numbered: Sequence[tuple[int, Clause]]) -> sa.Select[Any]:
        leading = next((one for one in numbered if _leads(one[1])), None)
        rest = [one for one in numbered if one is not leading]
        table = self._table
        if leading is None:
            identity: sa.ColumnElement[str] = table.c.id
            query = sa.select(identity.label("id")).where(
                table.c.merchant_id == _bound("owner", str),
                table.c.livemode == _bound("livemode", int),
            )
        else:
            # The entries of one pair are kept in the order of ids: read them from the newest on.
            entries = metadata_entries.alias("leading")
            identity = entries.c.object_id
            query = sa.select(identity.label("id")).where(*self._pair(entries, leading[0]))
        if leading is None or "deleted" in table.c or any(not _is_metadata(c) for _, c in rest):
            if leading is not None:
                query = query.join(table, table.c.id == identity)
            if "deleted" in table.c:
                query = query.where(table.c.deleted == sa.literal_column("0"))
        for number, clause in rest:
            query = query.where(self._condition(number, clause, identity))
        if self._query.before_id is not None:
            query = query.where(identity < _bound("before", str))
        return limited(query.order_by(identity.desc()))

    def _condition(
        self, number: int, clause: Clause, identity: sa.ColumnElement[str]
    ) -> sa.ColumnElement[bool]:
        if _is_metadata(clause):
            made = self._entry(number, clause, identity)
        else:
            made = self._comparison(number, clause)
        return sa.not_(made) if clause.negated else made

    def _entry(
        self, number: int, clause: Clause, identity: sa.ColumnElement[str]
    ) -> sa.ColumnElement[bool]:
        entries = metadata_entries.alias(f"entry{number}")
        query: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(entries)
        found = query.where(entries.c.object_id == identity)
        if clause.value is None:
            return sa.not_(found.where(*self._pair(entries, number)[:4]).exists())
        if clause.operator == "~":
            like = _like(entries.c.value, number)
            return found.where(*self._pair(entries, number)[:4], like).exists()
        if clause.operator != "=":
            raise InvalidParameter("Metadata can only be searched with `:` and `~`.", param="query")
        return found.where(*self._pair(entries, number)).exists()

    def _comparison(self, number: int, clause: Clause) -> sa.ColumnElement[bool]:
        column = self._fields.column(clause.field)
        if clause.value is None:
            return column.is_(None)
        # A comparison with nothing is false, not unknown, so that its negation is true.
        present = column.is_not(None)
        if clause.operator == "~":
            return sa.and_(present, _like(column, number))
        bound = sa.bindparam(f"v{number}", type_=column.type)
        if clause.operator == "=":
            return sa.and_(present, column == bound)
        return sa.and_(present, COMPARISONS[clause.operator](column, bound))

    def _pair(self, entries: sa.FromClause, number: int) -> list[sa.ColumnElement[bool]]:
        return [
            entries.c.table_name == _bound("table", str),
            entries.c.merchant_id == _bound("owner", str),
            entries.c.livemode == _bound("livemode", int),
            entries.c.key == _bound(f"k{number}", str),
            entries.c.value == _bound(f"v{number}", str),
        ]


def _is_metadata(clause: Clause) -> bool:
    return clause.field.startswith("metadata.")


def _leads(clause: Clause) -> bool:
    """Whether a clause names one pair of metadata, whose entries can be read in order."""
    is_pair = clause.operator == "=" and clause.value is not None and not clause.negated
    return is_pair and _is_metadata(clause)


def _bound(name: str, kind: type) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=sa.BigInteger() if kind is int else sa.Text())


def _like(column: sa.ColumnElement[Any], number: int) -> sa.ColumnElement[bool]:
    return sa.func.lower(column).like(sa.func.lower(_bound(f"v{number}", str)), escape="\\")


def _pattern(value: str | int | None) -> str:
    text = str(value)
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return f"%{text}%"


def _typed(clause: Clause, column: sa.ColumnElement[Any]) -> str | int:
    """The value as the column holds it."""
    value = clause.value
    assert value is not None
    if isinstance(column.type, sa.SmallInteger) or clause.field == "disputed":
        return int(str(value).lower() in {"true", "1"})
    if not isinstance(column.type, sa.BigInteger):
        return str(value)
    try:
        return max(-MAX_INTEGER, min(int(value), MAX_INTEGER))
    except ValueError:
        raise InvalidParameter(
            f"Field `{clause.field}` is a number; {value!r} is not.", param="query"
        ) from None
