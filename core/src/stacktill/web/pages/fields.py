"""Fields of JSON Schemas as people read them: name, type, bounds, and what is inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Field", "constant_fields", "fields_of", "type_of"]

INT64_BOUND = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field with its rules and the fields within it."""

    name: str
    type: str
    is_required: bool
    about: str
    rules: list[str]
    values: list[str]
    inner: list[Field]

    @classmethod
    def read(cls, name: str, schema: dict[str, Any], *, is_required: bool = False) -> Field:
        """The field that a schema describes."""
        core = _core(schema)
        return cls(
            name=name,
            type=type_of(schema),
            is_required=is_required,
            about=schema.get("description", ""),
            rules=_rules(core, schema),
            values=[value for value in core.get("enum", []) if isinstance(value, str) and value],
            inner=fields_of(core) or fields_of(_core(core.get("items", {}))),
        )


def fields_of(schema: dict[str, Any]) -> list[Field]:
    """The fields of an object; those that are always null are left to ``constant_fields``."""
    required = schema.get("required", [])
    return [
        Field.read(name, each, is_required=name in required)
        for name, each in schema.get("properties", {}).items()
        if each.get("type") != "null"
    ]


def constant_fields(schema: dict[str, Any]) -> list[str]:
    """The names of the fields that are always null."""
    return [
        name for name, each in schema.get("properties", {}).items() if each.get("type") == "null"
    ]


def type_of(schema: dict[str, Any]) -> str:
    """The type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return _either(schema)
    if is_list_of(schema):
        return _many("list", schema["properties"]["data"])
    kinds = schema.get("type", "empty")
    return " or ".join(
        _many("array", schema) if kind == "array" else kind
        for kind in ([kinds] if isinstance(kinds, str) else kinds)
    )


def _many(word: str, schema: dict[str, Any]) -> str:
    """What a list holds; one that says nothing of its items never has any."""
    return f"{word} of {type_of(schema['items'])}" if "items" in schema else f"empty {word}"


def _either(schema: dict[str, Any]) -> str:
    choices = schema["anyOf"]
    kinds = [kind for kind in map(type_of, choices) if kind != "empty"]
    if schema.get("x-expandable"):
        objects = [kind for kind in kinds[1:] if not kind.startswith("deleted_")]
        return f"id, or expanded {' or '.join(objects)}"
    return " or ".join(dict.fromkeys(kinds))


def is_list_of(schema: dict[str, Any]) -> bool:
    """Whether it is one page of a list or a search."""
    shown = schema.get("properties", {}).get("object", {}).get("const")
    return shown in ("list", "search_result")


def _core(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of values that are neither null nor empty."""
    for each in schema.get("anyOf", ()):
        if "properties" in each or "enum" in each or "items" in each or "pattern" in each:
            inner: dict[str, Any] = each
            return _core(inner)
    return schema


def _rules(core: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    rules = []
    least, most = core.get("minimum"), core.get("maximum")
    if least is not None and least > -INT64_BOUND:
        rules.append(f"at least {least:,}")
    if most is not None and most < INT64_BOUND:
        rules.append(f"at most {most:,}")
    if "maxLength" in core and core.get("type") in ("string", ["string", "null"]):
        rules.append(f"at most {core['maxLength']:,} characters")
    if "maxItems" in core:
        rules.append(f"at most {core['maxItems']:,} of them")
    if "default" in schema:
        rules.append(f"{str(schema['default']).lower()} when absent")
    return rules
