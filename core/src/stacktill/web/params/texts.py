"""Parameters that are words: free text, one of a list, yes or no, currencies."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stacktill.web.params import refusals
from stacktill.web.params.parameter import Parameter

__all__ = ["NO_NUL", "Boolean", "Currency", "Enum", "Text"]

NO_NUL = r"^[^\x00]*$"
"""The pattern of any text: the decoders refuse NUL everywhere."""


@dataclass(frozen=True, kw_only=True)
class Text(Parameter):
    """A string of ``min_length`` to ``max_length`` characters.

    ``pattern``, if given, must match the whole of it; write it without anchors and in what
    Python and ECMAScript have in common, for it is published too. A value that breaks the
    pattern is refused with ``pattern_code`` and ``pattern_message``.
    """

    max_length: int = 5_000
    min_length: int = 1
    pattern: str | None = None
    pattern_code: str | None = None
    pattern_message: str | None = None
    _matches: Callable[[str], object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        matches: Callable[[str], object] = bool
        if self.pattern is not None:
            matches = re.compile(self.pattern).fullmatch
        object.__setattr__(self, "_matches", matches)

    def read(self, value: Any, name: str, typed: bool) -> str:
        """The string, as sent."""
        if type(value) is not str:
            raise refusals.invalid(name, f"Invalid string: {refusals.shown(value)}")
        if not self.min_length <= len(value) <= self.max_length:
            raise self._wrong_length(value, name)
        if not self._matches(value):
            message = self.pattern_message or "It must match {pattern}."
            message = message.replace("{pattern}", str(self.pattern))
            message = f"Invalid {name}: {refusals.shown(value)}. {message}"
            raise refusals.invalid(name, message, code=self.pattern_code)
        return value

    def _wrong_length(self, value: str, name: str) -> Exception:
        bound = f"at most {self.max_length:,}"
        if len(value) < self.min_length:
            bound = f"at least {self.min_length:,}"
        message = f"Invalid string: {name} must have {bound} characters, but has {len(value):,}."
        return refusals.invalid(name, message, code=self.pattern_code)

    def shape(self, form: bool) -> dict[str, Any]:
        """A string between the lengths that matches the pattern."""
        return {
            "type": "string",
            "minLength": max(1, self.min_length),
            "maxLength": self.max_length,
            "pattern": NO_NUL if self.pattern is None else f"^(?:{self.pattern})$",
        }

    def shape_or_empty(self, form: bool) -> dict[str, Any]:
        """For free text simply no least length, so that readers see one schema and not two."""
        if self.pattern is not None or self.min_length > 1:
            return Parameter.shape_or_empty(self, form)
        schema = self.shape(form)
        del schema["minLength"]
        if not form:
            schema["type"] = ["string", "null"]
        return schema


@dataclass(frozen=True)
class Enum(Parameter):
    """One of the ``values``, spelled exactly so."""

    values: tuple[str, ...]
    _known: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", frozenset(self.values))

    def read(self, value: Any, name: str, typed: bool) -> str:
        """The word, as declared."""
        if type(value) is str and value in self._known:
            return value
        listed = ", ".join(self.values)
        message = f"Invalid {name}: {refusals.shown(value)}. It must be one of: {listed}."
        raise refusals.invalid(name, message)

    def shape(self, form: bool) -> dict[str, Any]:
        """The list of words."""
        return {"type": "string", "enum": list(self.values)}


@dataclass(frozen=True, kw_only=True)
class Boolean(Parameter):
    """``true`` or ``false``."""

    def read(self, value: Any, name: str, typed: bool) -> bool:
        """The truth value; forms have the words, JSON its own booleans."""
        if typed:
            if type(value) is bool:
                return value
        elif value == "true":
            return True
        elif value == "false":
            return False
        message = f"Invalid boolean: {refusals.shown(value)}. Send true or false."
        raise refusals.invalid(name, message)

    def shape(self, form: bool) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Currency(Parameter):
    """One of the ``supported`` currency codes (given in lower case), in any case; read lowered."""

    supported: tuple[str, ...]

    def read(self, value: Any, name: str, typed: bool) -> str:
        """The code in lower case."""
        if type(value) is str and value.isascii():
            code = value.lower()
            if code in self.supported:
                return code
        message = (
            f"Invalid currency: {refusals.shown(value)}. "
            f"The supported currencies are: {', '.join(self.supported)}."
        )
        raise refusals.invalid(name, message)

    def shape(self, form: bool) -> dict[str, Any]:
        """A pattern that takes each code in either case."""
        codes = ("".join(f"[{c}{c.upper()}]" for c in code) for code in self.supported)
        return {"type": "string", "pattern": f"^(?:{'|'.join(codes)})$"}
