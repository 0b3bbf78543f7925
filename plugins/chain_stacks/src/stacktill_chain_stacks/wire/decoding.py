"""Clarity values out of bytes; whatever the bytes are, the answer is a value or ``WireError``."""

from __future__ import annotations

from collections.abc import Callable

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
from stacktill_chain_stacks.wire.encoding import DEEPEST, LARGEST_BYTES
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.names import read_name
from stacktill_chain_stacks.wire.principals import Principal, read_account, read_contract
from stacktill_chain_stacks.wire.reader import Reader

__all__ = ["decode_buffer", "decode_value", "from_hex", "read_principal", "read_value"]

_LONGEST = 1_048_576
_BUFFER = b"\x02"
_BUFFER_HEAD_BYTES = 5


def decode_value(data: bytes) -> Value:
    """The value that exactly these bytes are."""
    if len(data) > LARGEST_BYTES:
        raise WireError(f"a value has at most {LARGEST_BYTES} bytes")
    reader = Reader(data)
    value = read_value(reader)
    reader.finish()
    return value


def decode_buffer(data: bytes) -> bytes:
    """What is in the buffer that exactly these bytes are; much faster than ``decode_value``."""
    if data[:1] != _BUFFER or len(data) < _BUFFER_HEAD_BYTES:
        raise WireError("a buffer is needed here")
    if int.from_bytes(data[1:_BUFFER_HEAD_BYTES], "big") != len(data) - _BUFFER_HEAD_BYTES:
        raise WireError("a buffer has as many bytes as it says")
    return data[_BUFFER_HEAD_BYTES:]


def from_hex(text: str) -> bytes:
    """The bytes behind hex digits, with or without 0x; blanks are not taken."""
    digits = text.removeprefix("0x")
    try:
        data = bytes.fromhex(digits)
    except ValueError as error:
        raise WireError("hex digits are 0-9 and a-f, and come in pairs") from error
    if len(data) * 2 != len(digits):
        raise WireError("hex digits have no blanks between them")
    return data


def read_value(reader: Reader, depth: int = DEEPEST) -> Value:
    """The next value, at most ``depth`` deep."""
    if depth == 0:
        raise WireError(f"values lie more than {DEEPEST} deep in one another")
    kind = reader.number(1)
    if kind in _CONSTANTS:
        return _CONSTANTS[kind]
    if kind in _PLAIN:
        return _PLAIN[kind](reader)
    if kind in _WRAPPERS:
        return _WRAPPERS[kind](read_value(reader, depth - 1))
    if kind == 0x0B:
        return List(tuple(read_value(reader, depth - 1) for _ in range(_count(reader))))
    if kind == 0x0C:
        return _tuple(reader, depth)
    raise WireError(f"there is no kind of value {kind:#04x}")


def read_principal(reader: Reader) -> Principal:
    """The next value, which must be a principal."""
    value = read_value(reader)
    if not isinstance(value, Principal):
        raise WireError("a principal is needed here")
    return value


def _text(reader: Reader) -> str:
    try:
        return reader.sized(4, limit=_LONGEST).decode("utf-8")
    except UnicodeDecodeError as error:
        raise WireError("a string-utf8 is not UTF-8") from error


def _tuple(reader: Reader, depth: int) -> Tuple:
    pairs: dict[str, Value] = {}
    last = ""
    for _ in range(_count(reader)):
        name = read_name(reader)
        if name <= last:
            raise WireError("the names in a tuple come in order, and each once")
        pairs[name] = read_value(reader, depth - 1)
        last = name
    return Tuple(pairs)


def _count(reader: Reader) -> int:
    count = reader.number(4)
    # Every value has at least a byte, so more of them than bytes is a lie that would cost memory.
    if count > reader.left():
        raise WireError(f"{count} values are announced in {reader.left()} bytes")
    return count


_CONSTANTS: dict[int, Value] = {0x03: Bool(value=True), 0x04: Bool(value=False), 0x09: Nothing()}
_PLAIN: dict[int, Callable[[Reader], Value]] = {
    0x00: lambda reader: Int(int.from_bytes(reader.take(16), "big", signed=True)),
    0x01: lambda reader: UInt(reader.number(16)),
    0x02: lambda reader: Buffer(reader.sized(4, limit=_LONGEST)),
    0x05: read_account,
    0x06: read_contract,
    0x0D: lambda reader: Ascii(reader.sized(4, limit=_LONGEST).decode("latin-1")),
    0x0E: lambda reader: Utf8(_text(reader)),
}
_WRAPPERS: dict[int, Callable[[Value], Value]] = {0x07: Ok, 0x08: Err, 0x0A: Some}
