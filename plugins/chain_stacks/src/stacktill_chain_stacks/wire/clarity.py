"""The values of Clarity, as plain frozen objects.

Source: SIP-005, "Clarity Value Representation". ``encoding.py`` writes them, ``decoding.py`` reads them,
``literals.py`` writes and reads them as people do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.names import check_name
from stacktill_chain_stacks.wire.principals import Principal

__all__ = [
    "Ascii",
    "Bool",
    "Buffer",
    "Err",
    "Int",
    "List",
    "Nothing",
    "Ok",
    "Some",
    "Tuple",
    "UInt",
    "Utf8",
    "Value",
]

_LONGEST_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Int:
    """A signed number of 128 bits."""

    value: int

    def __post_init__(self) -> None:
        if not -(1 << 127) <= self.value < 1 << 127:
            raise WireError("an int has 128 bits")


@dataclass(frozen=True, slots=True)
class UInt:
    """A number of 128 bits without a sign."""

    value: int

    def __post_init__(self) -> None:
        if not 0 <= self.value < 1 << 128:
            raise WireError("a uint is not negative and has 128 bits")


@dataclass(frozen=True, slots=True)
class Bool:
    """True or false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Buffer:
    """Bytes."""

    value: bytes

    def __post_init__(self) -> None:
        _check_size(len(self.value))


@dataclass(frozen=True, slots=True)
class Ascii:
    """A text of printable ASCII."""

    value: str

    def __post_init__(self) -> None:
        _check_size(len(self.value))
        if not all(" " <= letter <= "~" or letter in "\t\n\f\r" for letter in self.value):
            raise WireError("a string-ascii holds printable ASCII only")


@dataclass(frozen=True, slots=True)
class Utf8:
    """A text of Unicode."""

    value: str

    def __post_init__(self) -> None:
        try:
            _check_size(len(self.value.encode("utf-8")))
        except UnicodeEncodeError as error:
            raise WireError("a string-utf8 holds no lone surrogates") from error


@dataclass(frozen=True, slots=True)
class Nothing:
    """``none``."""


@dataclass(frozen=True, slots=True)
class Some:
    """``(some …)``."""

    value: Value


@dataclass(frozen=True, slots=True)
class Ok:
    """``(ok …)``."""

    value: Value


@dataclass(frozen=True, slots=True)
class Err:
    """``(err …)``."""

    value: Value


@dataclass(frozen=True, slots=True)
class List:
    """A list of values, which Clarity wants to be of one type."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True, unsafe_hash=False)
class Tuple:
    """Named values; equal whatever their order, since they are written in the order of their names."""

    items: Mapping[str, Value]

    def __post_init__(self) -> None:
        if not self.items:
            raise WireError("a tuple holds at least one value")
        for name in self.items:
            check_name(name)
        object.__setattr__(self, "items", MappingProxyType(dict(self.items)))

    def __hash__(self) -> int:
        return hash(frozenset(self.items.items()))


Value: TypeAlias = (
    Int | UInt | Bool | Buffer | Ascii | Utf8 | Principal | Nothing | Some | Ok | Err | List | Tuple
)
"""Any value; a principal is one of them."""


def _check_size(count: int) -> None:
    if count > _LONGEST_BYTES:
        raise WireError(f"a value holds at most {_LONGEST_BYTES} bytes")
