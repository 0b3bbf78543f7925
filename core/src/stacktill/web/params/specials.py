"""The parameters that Stripe's API has everywhere: metadata, expand, and filters by time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stacktill.web.params import refusals
from stacktill.web.params.compounds import numbered_items
from stacktill.web.params.numbers import Timestamp
from stacktill.web.params.parameter import Parameter
from stacktill.web.params.table import Table
from stacktill.web.params.texts import NO_NUL

__all__ = ["Expand", "Metadata", "Range"]


@dataclass(frozen=True, kw_only=True)
class Metadata(Parameter):
    """The caller's own keys and values: 50 keys of 40 characters, values of 500.

    Reads as a dict in which None means «remove this key» (sent as an empty string or null);
    the whole reads as None when all keys are to be removed. Characters are counted, not bytes.
    """

    unsettable: bool = True
    max_keys: int = 50
    max_key_length: int = 40
    max_value_length: int = 500

    def read(self, value: Any, name: str, typed: bool) -> dict[str, str | None]:
        """The keys that were sent, with their values or None."""
        if type(value) is not dict:
            message = f"Invalid object: {refusals.shown(value)}. Metadata is a hash of strings."
            raise refusals.invalid(name, message)
        if len(value) > self.max_keys:
            message = f"Metadata can have up to {self.max_keys} keys, but you sent {len(value)}."
            raise refusals.invalid(name, message)
        longest_key, longest_value = self.max_key_length, self.max_value_length
        parsed: dict[str, str | None] = {}
        for key, each in value.items():
            if each is None or each == "":
                parsed[key] = None
            elif type(each) is str and len(each) <= longest_value:
                parsed[key] = each
            else:
                raise self._wrong_value(each, f"{name}[{key}]")
            if not 0 < len(key) <= longest_key or "[" in key or "]" in key:
                raise self._wrong_key(key, name)
        return parsed

    def _wrong_value(self, value: object, name: str) -> Exception:
        if type(value) is str:
            limit = f"up to {self.max_value_length} characters"
            message = f"Metadata values can have {limit}, but this one has {len(value):,}."
        else:
            message = f"Metadata values must be strings, but this one is {refusals.shown(value)}."
        return refusals.invalid(name, message)

    def _wrong_key(self, key: str, name: str) -> Exception:
        message = (
            f"Invalid metadata key: '{refusals.shown(key)}'. "
            f"Keys have 1 to {self.max_key_length} characters, none of them [ or ]."
        )
        return refusals.invalid(name, message)

    def shape(self, form: bool) -> dict[str, Any]:
        """An object with any names within the limits, whose values are strings or null."""
        # On a form every single value is text: a client may as well write the number 7 there.
        types = ["string", "number", "boolean", "null"] if form else ["string", "null"]
        schema: dict[str, Any] = {
            "type": "object",
            "maxProperties": self.max_keys,
            "propertyNames": {
                "minLength": 1,
                "maxLength": self.max_key_length,
                "pattern": r"^[^\[\]\x00]+$",
            },
            "additionalProperties": {
                "type": types,
                "maxLength": self.max_value_length,
                "pattern": NO_NUL,
            },
        }
        if form and self.required:
            schema["minProperties"] = 1
        return schema


@dataclass(frozen=True)
class Expand(Parameter):
    """Which references to answer with whole objects: some of ``paths``, such as ``data.customer``.

    Reads as a list of paths, each once, in the order they were sent.
    """

    paths: tuple[str, ...]
    max_items: int = field(default=20, kw_only=True)
    max_levels: int = field(default=4, kw_only=True)

    def read(self, value: Any, name: str, typed: bool) -> list[str]:
        """The paths to expand."""
        items = numbered_items(value, name, typed)
        if len(items) > self.max_items:
            message = f"You can expand up to {self.max_items} properties in one request."
            raise refusals.invalid(name, message)
        parsed: dict[str, None] = {}
        for _, path in items:
            if type(path) is not str or path not in self.paths:
                raise self._not_expandable(path, name)
            parsed[path] = None
        return list(parsed)

    def _not_expandable(self, path: object, name: str) -> Exception:
        if type(path) is str and path.removeprefix("data.").count(".") >= self.max_levels:
            named = refusals.shown(path)
            message = f"You cannot expand more than {self.max_levels} levels deep ({named})."
            return refusals.invalid(name, message)
        message = f"This property cannot be expanded ({refusals.shown(path)})."
        return refusals.invalid(name, message)

    def shape(self, form: bool) -> dict[str, Any]:
        """An array of the known paths."""
        return {
            "type": "array",
            "items": {"type": "string", "enum": list(self.paths)},
            "minItems": int(form and self.required),
            "maxItems": self.max_items,
        }


_MOMENT = Timestamp()
_BOUNDS = Table(
    {
        "gt": Timestamp(description="Later than this."),
        "gte": Timestamp(description="At this time or later."),
        "lt": Timestamp(description="Earlier than this."),
        "lte": Timestamp(description="At this time or earlier."),
    }
)


@dataclass(frozen=True, kw_only=True)
class Range(Parameter):
    """A filter by time in Unix seconds: one moment, or bounds ``gt``, ``gte``, ``lt``, ``lte``.

    Reads as a dict of the bounds that were sent; one moment reads as ``gte`` and ``lte`` of it.
    """

    def read(self, value: Any, name: str, typed: bool) -> dict[str, int]:
        """The bounds, both inclusive and exclusive, by their names."""
        if type(value) is dict:
            return _BOUNDS.read(value, name, typed)
        moment = _MOMENT.read(value, name, typed)
        return {"gte": moment, "lte": moment}

    def shape(self, form: bool) -> dict[str, Any]:
        """A moment, or an object of bounds."""
        bounds = _BOUNDS.shape(form)
        if form and self.required:
            bounds["minProperties"] = 1
        return {"anyOf": [_MOMENT.shape(form), bounds]}
