"""Parameters that hold others: hashes and arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stacktill.web.params import refusals
from stacktill.web.params.parameter import Parameter, read_value
from stacktill.web.params.table import Groups, Table

__all__ = ["Hash", "ListOf", "numbered_items"]

_LONGEST_INDEX = 9
"""Digits of an array index; indexes may have gaps, since they only give the order."""


@dataclass(frozen=True)
class Hash(Parameter):
    """A hash of declared parameters; ``exclusive`` and ``needed`` as in `Table`."""

    parameters: Mapping[str, Parameter]
    exclusive: Groups = field(default=(), kw_only=True)
    needed: Groups = field(default=(), kw_only=True)
    _table: Table = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        table = Table(self.parameters, exclusive=self.exclusive, needed=self.needed)
        object.__setattr__(self, "_table", table)

    def read(self, value: Any, name: str, typed: bool) -> dict[str, Any]:
        """The hash of parsed values, only of those that were sent or have a default."""
        if type(value) is not dict:
            raise refusals.invalid(name, f"Invalid object: {refusals.shown(value)}")
        return self._table.read(value, name, typed)

    def shape(self, form: bool) -> dict[str, Any]:
        """An object of the declared properties."""
        schema = self._table.shape(form)
        if form and self.required:
            schema["minProperties"] = 1
        return schema


@dataclass(frozen=True)
class ListOf(Parameter):
    """An array of ``min_items`` to ``max_items`` values that each read as ``item``."""

    item: Parameter
    max_items: int = field(default=100, kw_only=True)
    min_items: int = field(default=0, kw_only=True)

    def read(self, value: Any, name: str, typed: bool) -> list[Any]:
        """The list of parsed values, in order."""
        items = numbered_items(value, name, typed)
        if not self.min_items <= len(items) <= self.max_items:
            bound = f"{self.min_items} to {self.max_items}"
            message = f"Invalid array: {name} must have {bound} values, but has {len(items)}."
            raise refusals.invalid(name, message)
        item = self.item
        return [read_value(item, each, f"{name}[{index}]", typed) for index, each in items]

    def shape(self, form: bool) -> dict[str, Any]:
        """An array of the items' schema."""
        fewest = self.min_items
        if form and fewest <= 1:
            fewest = int(self.required)
        return {
            "type": "array",
            "items": self.item.json_schema(form),
            "minItems": fewest,
            "maxItems": self.max_items,
        }


def numbered_items(value: Any, name: str, typed: bool) -> list[tuple[int, Any]]:
    """The items of an array with their indexes, from a list or from a form's ``a[0]`` spelling."""
    if type(value) is list:
        return list(enumerate(value))
    if typed or type(value) is not dict or not _are_indexes(value):
        raise refusals.invalid(name, f"Invalid array: {refusals.shown(value)}")
    return sorted(((int(key), each) for key, each in value.items()), key=lambda pair: pair[0])


def _are_indexes(keys: Iterable[str]) -> bool:
    return all(
        key.isascii()
        and key.isdigit()
        and len(key) <= _LONGEST_INDEX
        and (key == "0" or key[0] != "0")
        for key in keys
    )
