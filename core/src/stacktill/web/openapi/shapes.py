"""Short words for JSON Schema, so that a schema reads like the object it describes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = [
    "ADDRESS",
    "BOOLEAN",
    "INTEGER",
    "LIVEMODE",
    "METADATA",
    "MOMENT",
    "NULL",
    "SATS",
    "STRING",
    "Schema",
    "array",
    "constant",
    "expandable",
    "identifier",
    "ids_by_mode",
    "nullable",
    "page_of",
    "record",
    "ref",
    "search_of",
    "words",
]

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
NULL: Schema = {"type": "null"}
SATS: Schema = {"type": "integer", "minimum": 0, "description": "In sats."}
MOMENT: Schema = {"type": "integer", "minimum": 0, "description": "In Unix seconds."}
LIVEMODE: Schema = {"type": "boolean", "description": "Whether it is of live mode."}
METADATA: Schema = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "description": "Your own keys and values.",
}


def record(
    properties: dict[str, Schema], *, optional: Iterable[str] = (), about: str | None = None
) -> Schema:
    """An object whose properties are all present, but for the ``optional`` ones."""
    without = set(optional)
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in without],
    }
    return _said(schema, about)


def array(items: Schema, about: str | None = None) -> Schema:
    """A list of ``items``."""
    return _said({"type": "array", "items": items}, about)


def constant(value: str) -> Schema:
    """Always that word."""
    return {"type": "string", "const": value}


def words(*values: str, about: str | None = None) -> Schema:
    """One of these words."""
    return _said({"type": "string", "enum": list(values)}, about)


def identifier(prefix: str) -> Schema:
    """An id: the prefix that says what it names, then 24 letters and digits."""
    return {"type": "string", "pattern": f"^{prefix}_[0-9A-Za-z]{{24}}$"}


def nullable(schema: Schema, about: str | None = None) -> Schema:
    """The same, or null."""
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema and "const" not in schema:
        either: Schema = {**schema, "type": [kind, "null"]}
    else:
        inner = dict(schema)
        said = inner.pop("description", None)
        either = {"anyOf": [inner, NULL]}
        if said is not None:
            either["description"] = said
    return _said(either, about)


def ref(name: str) -> Schema:
    """The schema of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def expandable(*names: str, about: str | None = None) -> Schema:
    """An id, or with ``expand`` the whole object: one of those schemas."""
    schema: Schema = {
        "anyOf": [STRING, *(ref(name) for name in names)],
        "x-expandable": True,
    }
    return _said(schema, about)


def page_of(item: Schema) -> Schema:
    """One page of a list, newest first."""
    return record(
        {
            "object": constant("list"),
            "data": array(item),
            "has_more": {"type": "boolean", "description": "Whether there are more of them."},
            "url": {"type": "string", "pattern": "^/v1/"},
        }
    )


def search_of(item: Schema) -> Schema:
    """One page of what a search found, newest first."""
    return record(
        {
            "object": constant("search_result"),
            "data": array(item),
            "has_more": {"type": "boolean", "description": "Whether there are more of them."},
            "next_page": nullable(STRING, "Send it as page to go on."),
            "url": {"type": "string", "pattern": "^/v1/"},
        }
    )


def ids_by_mode(about: str) -> Schema:
    """A value for test mode and one for live mode, each of which may be missing."""
    return record({"test": nullable(STRING), "live": nullable(STRING)}, about=about)


def _said(schema: Schema, about: str | None) -> Schema:
    return schema if about is None else {**schema, "description": about}


ADDRESS = record(
    {
        name: nullable(STRING)
        for name in ("city", "country", "line1", "line2", "postal_code", "state")
    },
    about="A postal address.",
)
