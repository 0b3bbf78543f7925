"""Reads form bodies and query strings, with brackets in any spelling, into a tree of strings.

``a[b]=1`` makes a hash, ``a[]=1`` an array. ``a[0]=1`` stays a hash whose key is ``0``: only
the declaration knows whether ``line_items[0]`` is a place in an array or ``metadata[0]`` a key
of the caller's own (`ListOf` turns the former into a list, in the order of the indexes).
A name whose brackets do not match stays as it is, and so ends as an unknown parameter.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from stacktill.domain.errors import InvalidRequest
from stacktill.web.params import refusals

__all__ = ["MAXIMUM_BRACKETS", "MAXIMUM_KEYS", "decode_form"]

MAXIMUM_KEYS = 1_000
"""Parameters in one request: twenty line items with fifty metadata keys each."""

MAXIMUM_BRACKETS = 8
"""Brackets in one name. Seven is the deepest that Stripe's own API goes today:
``phases[0][items][0][price_data][product_data][metadata][key]`` and its like."""


def decode_form(body: bytes) -> dict[str, Any]:
    """Decode ``application/x-www-form-urlencoded`` bytes or a query string.

    Leaves are strings. Raises `InvalidRequest` for bytes that are no text and for too many
    parameters, `InvalidParameter` for one that is sent twice, in two shapes or too deep.
    """
    text = _text(body)
    tree: dict[str, Any] = {}
    for pair in text.split("&"):
        key, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            key, value = _unescaped(key), _unescaped(value)
        if key[-1:] == "]":
            _place(tree, key, value)
        elif not pair:
            continue
        elif key in tree:
            raise _clash(key, tree[key], value)
        else:
            tree[key] = value
    return tree


def _text(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _not_text() from None
    if "\0" in text or "%00" in text:
        raise InvalidRequest("The request contains a NUL character. Remove it and try again.")
    if text.count("&") >= MAXIMUM_KEYS:
        message = f"The request has more than {MAXIMUM_KEYS:,} parameters. Send fewer at a time."
        raise InvalidRequest(message)
    return text


def _unescaped(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise _not_text() from None


def _not_text() -> InvalidRequest:
    return InvalidRequest("The request is not valid UTF-8. Encode all parameters as UTF-8.")


def _place(tree: dict[str, Any], key: str, value: str) -> None:
    head, _, rest = key.partition("[")
    segments = rest[:-1].split("][")
    if not head or not key.count("[") == key.count("]") == len(segments):
        _assign(tree, [key], value, key)
        return
    if len(segments) > MAXIMUM_BRACKETS:
        message = f"The parameter '{refusals.shown(head)}' is nested too deeply: "
        raise refusals.invalid(head, f"{message}at most {MAXIMUM_BRACKETS} brackets are allowed.")
    _assign(tree, [head, *segments], value, key)


def _assign(node: dict[str, Any], path: list[str], value: str, key: str) -> None:
    """Put the value at the path below ``node``; ``key`` is the whole name, for errors."""
    name = path[0]
    if len(path) == 1:
        if name in node:
            raise _clash(key, node[name], value)
        node[name] = value
    elif path[1] == "":
        array = node.setdefault(name, [])
        if type(array) is not list:
            raise _clash(key, array, [])
        _append(array, path[2:], value, key)
    else:
        child = node.setdefault(name, {})
        if type(child) is not dict:
            raise _clash(key, child, {})
        _assign(child, path[1:], value, key)


def _append(array: list[Any], path: list[str], value: str, key: str) -> None:
    """Add to an array in the ``a[]`` spelling; a hash is complete when one of its keys recurs."""
    if not path:
        array.append(value)
        return
    if path[0] == "":
        raise refusals.invalid(key, f"Invalid array: {refusals.shown(key)} nests arrays.")
    if not array or type(array[-1]) is not dict or _holds(array[-1], path):
        array.append({})
    _assign(array[-1], path, value, key)


def _holds(node: Any, path: list[str]) -> bool:
    for name in path:
        if name == "":
            return False
        if type(node) is not dict:
            return True
        if name not in node:
            return False
        node = node[name]
    return True


def _clash(key: str, present: object, wanted: object) -> InvalidRequest:
    named = refusals.shown(key)
    if type(present) is type(wanted) is str:
        return refusals.invalid(key, f"You passed the parameter '{named}' twice. Send it once.")
    message = f"The parameter '{named}' is sent in two shapes. Send it as one value, hash or array."
    return refusals.invalid(key, message)
