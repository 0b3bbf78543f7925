"""Reads JSON bodies into the tree that form bodies give, with JSON's own types at the leaves."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from stacktill.domain.errors import InvalidRequest
from stacktill.web.params import refusals
from stacktill.web.params.form import MAXIMUM_KEYS

__all__ = ["MAXIMUM_DEPTH", "decode_json"]

MAXIMUM_DEPTH = 64
"""Objects and arrays inside one another, the outermost included."""


def decode_json(body: bytes) -> dict[str, Any]:
    """Decode a JSON object; an empty body is an empty object, as with forms.

    The standard library's scanner is used because it shows repeated keys, which faster ones
    hide. Raises `InvalidRequest` for what is no JSON object in UTF-8 or is too large in shape,
    `InvalidParameter` for a key that occurs twice.
    """
    if not body:
        return {}
    try:
        text = body.decode()
        tree = _DECODER.decode(text)
    except UnicodeDecodeError:
        message = "The request is not valid UTF-8. Encode the JSON body as UTF-8."
        raise InvalidRequest(message) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        message = "The request body is not valid JSON. Check its syntax and its numbers."
        raise InvalidRequest(message) from None
    if type(tree) is not dict:
        raise InvalidRequest("The JSON body must be an object: put the parameters between { and }.")
    if _needs_walk(text):
        _walk(tree)
    return tree


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        # The key may hold half of a surrogate pair, which no answer can carry.
        repeated = key.encode(errors="replace").decode()
        message = f"You passed the parameter '{refusals.shown(repeated)}' twice. Send it once."
        raise refusals.invalid(repeated, message)
    return tree


def _constant(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _needs_walk(text: str) -> bool:
    r"""Whether the body may break a limit: NUL and surrogates come only as ``\u`` escapes."""
    return (
        "\\u" in text
        or text.count("{") + text.count("[") > MAXIMUM_DEPTH
        or text.count(",") >= MAXIMUM_KEYS
    )


def _walk(tree: dict[str, Any]) -> None:
    count = 0
    level: list[Any] = [tree]
    for depth in range(MAXIMUM_DEPTH + 1):
        if not level:
            return
        if depth == MAXIMUM_DEPTH:
            raise _too_deep()
        below: list[Any] = []
        for node in level:
            count += len(node)
            if count > MAXIMUM_KEYS:
                message = f"The request has more than {MAXIMUM_KEYS:,} parameters. Send fewer."
                raise InvalidRequest(message)
            below.extend(_checked_children(node))
        level = below


def _checked_children(node: dict[str, Any] | list[Any]) -> list[Any]:
    if isinstance(node, dict):
        for key in node:
            _check_string(key)
        values = list(node.values())
    else:
        values = node
    for value in values:
        if type(value) is str:
            _check_string(value)
    return [value for value in values if type(value) is dict or type(value) is list]


def _check_string(text: str) -> None:
    if "\0" in text:
        raise InvalidRequest("The request contains a NUL character. Remove it and try again.")
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "The request contains half of a surrogate pair. Send whole characters."
        raise InvalidRequest(message) from None


def _too_deep() -> InvalidRequest:
    return InvalidRequest(f"The JSON body is nested too deeply: {MAXIMUM_DEPTH} levels at most.")
