"""The sentences with which a parameter is refused, each as an error ready to raise."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable

from stacktill.domain.errors import InvalidParameter, InvalidRequest

__all__ = [
    "empty",
    "exclusive",
    "invalid",
    "missing",
    "shown",
    "unknown",
]

SHOWN_CHARACTERS = 80
"""How much of a caller's own text an error message repeats."""


def shown(value: object) -> str:
    """The value as an error message may repeat it: in JSON's words and cut short."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list):
        return "[…]"
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > SHOWN_CHARACTERS:
        return f"{text[:SHOWN_CHARACTERS]}…"
    return text


def invalid(name: str, message: str, *, code: str | None = None) -> InvalidParameter:
    """The parameter ``name`` has a value it cannot have."""
    return InvalidParameter(message, code=code, param=shown(name))


def empty(name: str) -> InvalidParameter:
    """The parameter was sent empty, which asks to unset it, and it cannot be unset."""
    named = shown(name)
    message = (
        f"You passed an empty string for '{named}'. An empty value asks to unset a parameter, "
        f"but '{named}' cannot be unset: leave it out or give it a value."
    )
    return invalid(name, message, code="parameter_invalid_empty")


def missing(*names: str) -> InvalidParameter:
    """A required parameter, or all of those of which one is required, were not sent."""
    message = f"Missing required param: {' or '.join(names)}."
    return invalid(names[0], message, code="parameter_missing")


def unknown(name: str, key: str, known: Iterable[str]) -> InvalidParameter:
    """A parameter that nobody declared; names the nearest of the ``known`` keys beside it."""
    message = f"Received unknown parameter: {shown(name)}"
    near = difflib.get_close_matches(key, known, n=1) if len(key) <= SHOWN_CHARACTERS else []
    if near:
        message = f"{message}. Did you mean {near[0]}?"
    return invalid(name, message, code="parameter_unknown")


def exclusive(names: Iterable[str]) -> InvalidRequest:
    """Two parameters were sent of which only one may be."""
    listed = " and ".join(f"'{name}'" for name in names)
    message = f"You may send only one of these parameters: {listed}."
    return InvalidRequest(message, code="parameters_exclusive")
