"""Settings as lines of TOML, with secrets hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

__all__ = ["settings_lines", "toml_value"]

_SECRET = re.compile(r"(?:^|_)(?:secrets?|passwords?|tokens?|keys?|credentials?)(?:_|$)")
_PATHS = {"tls_key"}
HIDDEN = '"…"'


def settings_lines(settings: msgspec.Struct, table: str = "") -> Iterator[str]:
    """Each setting as ``key = value``, those of inner tables as ``table.key = value``."""
    for field in msgspec.structs.fields(settings):
        value = getattr(settings, field.name)
        name = f"{table}{field.encode_name}"
        if isinstance(value, msgspec.Struct):
            yield from settings_lines(value, f"{name}.")
        elif value is None:
            yield f"{name} is not set"
        elif name != "plugins":
            yield f"{name} = {HIDDEN if _is_secret(field.encode_name, value) else toml_value(value)}"


def toml_value(value: Any) -> str:
    """A plain value as TOML writes it."""
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        if not value:
            return "{}"
        inner = (f"{json.dumps(key)} = {toml_value(one)}" for key, one in value.items())
        return f"{{ {', '.join(inner)} }}"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False)


def _is_secret(name: str, value: Any) -> bool:
    if name in _PATHS:
        return False
    if _SECRET.search(name) and isinstance(value, str | list | tuple):
        return True
    texts = value if isinstance(value, list | tuple) else [value]
    return any("://" in text and "@" in urlsplit(text).netloc for text in texts if _is_text(text))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
