"""Strict decoding of a settings table: every fault is found, and each says where it is."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

import msgspec

__all__ = ["Decoded", "EnvText", "Place", "RawTable", "decode_table", "nearest"]

S = TypeVar("S", bound=msgspec.Struct)

_KINDS = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "a table",
    "str": "a text",
}
_MISMATCH = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_BOUND = re.compile(r"Expected `([^`]+)`( .+)")
_PATH = re.compile(r" - at `\$([^`]*)`$")
_SHOWN_LETTERS = 40


@dataclass(frozen=True, slots=True)
class EnvText:
    """A value from the environment: a text until the type of its setting is known."""

    variable: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table stands: its file (None: no file says anything) and its dotted name."""

    file: str | None
    table: str

    def __str__(self) -> str:
        """The place as the operator finds it: ``config.toml [server]``."""
        table = f"[{self.table}]" if self.table else ""
        return " ".join(part for part in (self.file, table) if part) or "settings"

    def inner(self, key: str) -> Place:
        """The place of a table inside this one."""
        return Place(self.file, f"{self.table}.{key}" if self.table else key)


class RawTable(dict[str, Any]):
    """A table as it was written, not yet decoded, that knows its place."""

    def __init__(self, values: Mapping[str, Any], place: Place) -> None:
        super().__init__(values)
        self.place = place


@dataclass(frozen=True, slots=True)
class Decoded(Generic[S]):
    """A table as its struct, or None and what is wrong with it, one line per fault."""

    value: S | None
    faults: tuple[str, ...]


def nearest(name: str, known: Iterable[str]) -> str:
    """``(did you mean 'port'?)`` with a space before it, or nothing when no known name is close."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    # A name that somebody began, such as timeout for timeout_seconds, looks unlike it by letters.
    close += [one for one in names if len(name) >= 3 and one.startswith(name)]
    return f" (did you mean '{close[0]}'?)" if close else ""


def decode_table(struct: type[S], raw: Mapping[str, Any], place: Place) -> Decoded[S]:
    """Decode a table into its struct; a fault in one setting does not hide the next one."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    given, faults = _secrets_read(raw, fields)
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in fields:
            faults.append(_unknown(key, value, place, fields))
            continue
        found, wrong = _decode_value(fields[key].type, value, key, place)
        faults += wrong
        values[fields[key].name] = found
    faults += [
        f"{place}: '{name}' is missing and has no default"
        for name, field in fields.items()
        if field.required and name not in given
    ]
    if faults:
        return Decoded(None, tuple(faults))
    try:
        return Decoded(struct(**values), ())
    except (ValueError, TypeError) as error:
        return Decoded(None, (f"{place}: {error}",))


def _secrets_read(
    raw: Mapping[str, Any], fields: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The table with each ``KEY_FILE`` variable replaced by what its file holds."""
    given = dict(raw)
    faults: list[str] = []
    for key, value in raw.items():
        target = key.removesuffix("_file")
        if key in fields or target == key or target not in fields or not isinstance(value, EnvText):
            continue
        del given[key]
        if isinstance(raw.get(target), EnvText):
            faults.append(f"{value.variable}: {raw[target].variable} is set too; keep one of them")
            continue
        try:
            text = Path(value.text).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            faults.append(f"{value.variable}: cannot read {value.text}: {reason}")
            continue
        given[target] = EnvText(value.variable, text)
    return given, faults


def _unknown(key: str, value: Any, place: Place, fields: Mapping[str, Any]) -> str:
    inner = next(_env_texts(value), None)
    if inner is not None:
        setting = place.inner(key).table
        return f"{inner.variable}: there is no setting '{setting}'{nearest(key, fields)}"
    if not place.table:
        return f"{place}: unknown table or field '{key}'{nearest(key, fields)}"
    return f"{place}: unknown field '{key}'{nearest(key, fields)}"


def _env_texts(value: Any) -> Iterator[EnvText]:
    if isinstance(value, EnvText):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _env_texts(inner)


def _decode_value(kind: Any, value: Any, key: str, place: Place) -> tuple[Any, list[str]]:
    table = _struct_in(kind)
    if table is not None and isinstance(value, Mapping):
        decoded = decode_table(table, value, place.inner(key))
        return decoded.value, list(decoded.faults)
    where = f"{place}: {key}"
    try:
        if isinstance(value, EnvText):
            where = value.variable
            return _from_text(value.text, kind), []
        return msgspec.convert(value, kind, strict=True), []
    except msgspec.ValidationError as error:
        return None, [f"{where}: {_explained(str(error), value, kind)}"]


def _bare(kind: Any) -> Any:
    """A type without ``Annotated`` and without ``None``."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        rest = [one for one in get_args(kind) if one is not type(None)]
        return _bare(rest[0]) if len(rest) == 1 else kind
    return kind


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    bare = _bare(kind)
    is_struct = isinstance(bare, type) and issubclass(bare, msgspec.Struct)
    return bare if is_struct else None


def _from_text(text: str, kind: Any) -> Any:
    """A variable's text as a value: lists by comma, tables as JSON, the rest as it looks."""
    bare = _bare(kind)
    holder = get_origin(bare) or bare
    if text == "" and _takes_none(kind):
        return None
    if holder is dict or _struct_in(kind) is not None:
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError as error:
            raise msgspec.ValidationError("expected a table written as JSON") from error
    if holder in (tuple, list, set, frozenset):
        items = [item.strip() for item in text.split(",")] if text.strip() else []
        return msgspec.convert(items, kind, strict=False)
    return msgspec.convert(text, kind, strict=False)


def _takes_none(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        return _takes_none(get_args(kind)[0])
    return type(None) in get_args(kind)


def _explained(error: str, value: Any, kind: Any) -> str:
    """The library's words in ours: what was expected, what was found, and at which item."""
    path = _PATH.search(error)
    at = f", at {path[1]}" if path and path[1] else ""
    error = _PATH.sub("", error)
    if get_origin(_bare(kind)) is Literal:
        return f"expected one of {', '.join(map(str, get_args(_bare(kind))))}"
    mismatch = _MISMATCH.search(error)
    if mismatch:
        wanted = " or ".join(_KINDS.get(word, word) for word in mismatch[1].split(" | "))
        return f"expected {wanted}, found {_shown(value, kind, mismatch[2])}{at}"
    bound = _BOUND.search(error)
    if bound:
        wanted = _KINDS.get(bound[1], bound[1])
        return f"expected {wanted}{bound[2]}, found {_shown(value, kind, bound[1])}{at}"
    return f"{error[:1].lower()}{error[1:]}{at}"


def _shown(value: Any, kind: Any, found: str) -> str:
    """What was found: the value itself where it cannot be a secret, else only what kind it is."""
    text = value.text if isinstance(value, EnvText) else value
    is_plain = _bare(kind) in (int, float, bool) and isinstance(text, str | int | float)
    if is_plain and len(str(text)) <= _SHOWN_LETTERS:
        return repr(text)
    return _KINDS.get(found, found)
