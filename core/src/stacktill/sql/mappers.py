"""Between an entity and its row: as columns only, or as columns to ask for beside a JSON body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from stacktill.sql.tables.columns import BIG, FIXED

__all__ = ["DocumentMapper", "Mapper", "RowMapper"]

T = TypeVar("T")
Row = tuple[Any, ...]

_encode = msgspec.json.Encoder().encode


def _from_flag(value: int | None) -> bool | None:
    return None if value is None else value == 1


def _to_flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


class Mapper(Generic[T]):
    """How the entities of one table become rows and come back.

    ``derived`` makes the values of columns that are no attribute of the entity.
    """

    selected: tuple[sa.Column[Any], ...]
    """What a query reads of a row."""

    made: tuple[str, ...] = ()
    """Columns that the mapper itself fills."""

    def __init__(
        self,
        table: sa.Table,
        entity: type[T],
        *,
        derived: dict[str, Callable[[T], Any]] | None = None,
    ) -> None:
        self.table = table
        self.entity = entity
        self.derived = derived or {}
        names = [column.name for column in table.columns]
        self.has_metadata = "merchant_id" in names and any(
            field.name == "metadata"
            for field in fields(entity)  # type: ignore[arg-type]
        )
        self.changing = tuple(c.name for c in table.columns if not c.info.get(FIXED))
        made = {*self.derived, *self.made}
        self._attributes = ["id" if name in made else name for name in names]
        self._places = {name: place for place, name in enumerate(names)}
        self._changing = [self._places[name] for name in self.changing] + [self._places["id"]]
        self._converters = [
            (self._places[column.name], convert)
            for column in table.columns
            if (convert := self._writer(column)) is not None
        ]

    def identify(self, item: T) -> str:
        """The row's id."""
        found: str = item.id  # type: ignore[attr-defined]
        return found

    def row(self, item: T) -> list[Any]:
        """All values of the row, in the order of the table's columns."""
        raise NotImplementedError

    def update(self, item: T) -> list[Any]:
        """The values that may change, and the id last."""
        row = self.row(item)
        return [row[place] for place in self._changing]

    def read(self, row: Row) -> T:
        """The entity of a selected row."""
        raise NotImplementedError

    @staticmethod
    def _writer(column: sa.Column[Any]) -> Callable[[Any], Any] | None:
        if isinstance(column.type, sa.SmallInteger):
            return _to_flag
        return str if column.info.get(BIG) else None

    def _convert(self, values: list[Any]) -> None:
        for place, convert in self._converters:
            values[place] = convert(values[place])


class DocumentMapper(Mapper[T]):
    """The entity is kept whole as JSON in ``body``; the other columns repeat what is asked for.

    ``decoded_kept`` is of how many bodies the entity is remembered, for what is read all the time and
    hardly ever changes: entities are never altered, so one can serve everybody who reads this body.
    """

    made = ("body",)

    def __init__(
        self,
        table: sa.Table,
        entity: type[T],
        *,
        derived: dict[str, Callable[[T], Any]] | None = None,
        decoded_kept: int = 0,
    ) -> None:
        super().__init__(table, entity, derived=derived)
        self.selected = (table.c.body,)
        self._get = attrgetter(*self._attributes)
        self._body = self._places["body"]
        decode: Callable[[str], T] = msgspec.json.Decoder(entity).decode
        self._decode = lru_cache(decoded_kept)(decode) if decoded_kept else decode

    def row(self, item: T) -> list[Any]:
        """All values of the row, in the order of the table's columns."""
        values = list(self._get(item))
        for name, derive in self.derived.items():
            values[self._places[name]] = derive(item)
        self._convert(values)
        values[self._body] = _encode(item).decode()
        return values

    def read(self, row: Row) -> T:
        """The entity of a selected row."""
        return self._decode(row[0])


class RowMapper(Mapper[T]):
    """Every attribute is a column, and nothing else is kept."""

    def __init__(
        self,
        table: sa.Table,
        entity: type[T],
        *,
        derived: dict[str, Callable[[T], Any]] | None = None,
    ) -> None:
        super().__init__(table, entity, derived=derived)
        self.selected = tuple(c for c in table.columns if c.name not in self.derived)
        self._names = tuple(column.name for column in self.selected)
        names = [name for name in self._attributes if name != "id" or "id" not in self.derived]
        self._kept = attrgetter(*names)
        self._keyed = bool(self.derived)
        self._readers = [
            (column.name, convert)
            for column in self.selected
            if (convert := self._reader(column)) is not None
        ]

    def identify(self, item: T) -> str:
        """The row's id."""
        if self._keyed:
            found: str = self.derived["id"](item)
            return found
        return super().identify(item)

    def row(self, item: T) -> list[Any]:
        """All values of the row, in the order of the table's columns."""
        values = list(self._kept(item))
        if self._keyed:
            values.insert(0, self.derived["id"](item))
        self._convert(values)
        return values

    def read(self, row: Row) -> T:
        """The entity of a selected row."""
        values = dict(zip(self._names, row, strict=True))
        for name, convert in self._readers:
            values[name] = convert(values[name])
        return self.entity(**values)

    @staticmethod
    def _reader(column: sa.Column[Any]) -> Callable[[Any], Any] | None:
        if isinstance(column.type, sa.SmallInteger):
            return _from_flag
        return int if column.info.get(BIG) else None
