"""Clarity values as bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stacktill_chain_stacks.wire.clarity import (
    Ascii,
    Bool,
    Buffer,
    Err,
    Int,
    List,
    Nothing,
    Ok,
    Some,
    Tuple,
    UInt,
    Utf8,
    Value,
)
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.names import name_bytes
from stacktill_chain_stacks.wire.principals import Principal, place_bytes

__all__ = ["DEEPEST", "LARGEST_BYTES", "encode_value", "hex_value", "principal_bytes"]

DEEPEST = 32
"""How many values may lie inside one another, the outermost included."""
LARGEST_BYTES = 2 * 1_048_576
"""The longest value that is read or written, in bytes."""

_WRAPPERS: dict[type, bytes] = {Ok: b"\x07", Err: b"\x08", Some: b"\x0a"}


def encode_value(value: Value) -> bytes:
    """The bytes of a value; raise ``WireError`` when it is too deep or too long."""
    data = _encoded(value, DEEPEST)
    if len(data) > LARGEST_BYTES:
        raise WireError(f"a value has at most {LARGEST_BYTES} bytes")
    return data


def hex_value(value: Value) -> str:
    """The bytes of a value as hex without 0x, as wallets take arguments."""
    return encode_value(value).hex()


def principal_bytes(value: Principal) -> bytes:
    """A principal as a Clarity value."""
    return (b"\x05" if value.contract is None else b"\x06") + place_bytes(value)


def _encoded(value: Value, depth: int) -> bytes:
    if depth == 0:
        raise WireError(f"values lie more than {DEEPEST} deep in one another")
    match value:
        case Some(inner) | Ok(inner) | Err(inner):
            return _WRAPPERS[type(value)] + _encoded(inner, depth - 1)
        case List(items):
            parts = [_encoded(item, depth - 1) for item in items]
            return b"\x0b" + len(parts).to_bytes(4, "big") + b"".join(parts)
        case Tuple(pairs):
            parts = [name_bytes(name) + _encoded(pairs[name], depth - 1) for name in sorted(pairs)]
            return b"\x0c" + len(parts).to_bytes(4, "big") + b"".join(parts)
    return _PLAIN[type(value)](value)


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


_PLAIN: dict[type, Callable[[Any], bytes]] = {
    Int: lambda one: b"\x00" + one.value.to_bytes(16, "big", signed=True),
    UInt: lambda one: b"\x01" + one.value.to_bytes(16, "big"),
    Buffer: lambda one: b"\x02" + _sized(one.value),
    Bool: lambda one: b"\x03" if one.value else b"\x04",
    Principal: principal_bytes,
    Nothing: lambda _: b"\x09",
    Ascii: lambda one: b"\x0d" + _sized(one.value.encode("ascii")),
    Utf8: lambda one: b"\x0e" + _sized(one.value.encode("utf-8")),
}
