"""Clarity values as people write them: ``u100``, ``0xff``, ``"text"``, ``'SP….name``, ``{a: (some u1)}``."""

from __future__ import annotations

import re
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
from stacktill_chain_stacks.wire.decoding import from_hex
from stacktill_chain_stacks.wire.encoding import DEEPEST
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.principals import Principal

__all__ = ["parse_literal", "show_value"]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>u?"(?:[^"\\]|\\.)*")|(?P<mark>[(){}:,])|(?P<word>[^\s(){}:,"]+))""",
    re.DOTALL,
)
_NUMBER = re.compile(r"u?[0-9]{1,39}|-[0-9]{1,39}")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL)
_WORDS: dict[str, Value] = {"true": Bool(value=True), "false": Bool(value=False), "none": Nothing()}
_WRAPPERS: dict[str, Callable[[Value], Value]] = {"some": Some, "ok": Ok, "err": Err}
_NAMES = {Some: "some", Ok: "ok", Err: "err"}


def parse_literal(text: str) -> Value:
    """The value that a text writes; raise ``WireError`` when it writes none."""
    tokens = _Tokens(text)
    value = _value(tokens, DEEPEST)
    tokens.finish()
    return value


def show_value(value: Value) -> str:
    """A value as ``parse_literal`` reads it."""
    match value:
        case Some(inner) | Ok(inner) | Err(inner):
            return f"({_NAMES[type(value)]} {show_value(inner)})"
        case List(items):
            return " ".join(["(list", *map(show_value, items)]) + ")"
        case Tuple(pairs):
            inside = (f"{name}: {show_value(pairs[name])}" for name in sorted(pairs))
            return f"{{{', '.join(inside)}}}"
    return _SHOWN[type(value)](value)


class _Tokens:
    """The words and marks of a text, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0

    def next(self) -> str:
        """The next token."""
        found = _TOKEN.match(self._text, self._at)
        if found is None and self._at == len(self._text):
            raise WireError("it ends too soon")
        if found is None:
            raise WireError(f"{self._text[self._at :][:40]!r} is no value of Clarity")
        self._at = found.end()
        return found.group().strip()

    def peek(self) -> str:
        """The next token, which stays the next; empty at the end."""
        found = _TOKEN.match(self._text, self._at)
        return "" if found is None else found.group().strip()

    def expect(self, mark: str) -> None:
        """Take a token that must be this one."""
        found = self.next() if self.peek() else "the end"
        if found != mark:
            raise WireError(f"{mark!r} is needed where {found[:40]!r} stands")

    def finish(self) -> None:
        """Refuse what nobody asked for."""
        if self._at < len(self._text):
            raise WireError(f"{self._text[self._at :].strip()[:40]!r} is left over")


def _value(tokens: _Tokens, depth: int) -> Value:
    if depth == 0:
        raise WireError(f"values lie more than {DEEPEST} deep in one another")
    word = tokens.next()
    if word == "(":
        return _form(tokens, depth)
    if word == "{":
        return _tuple(tokens, depth)
    return _plain(word)


def _plain(word: str) -> Value:
    if word in _WORDS:
        return _WORDS[word]
    if _NUMBER.fullmatch(word):
        return UInt(int(word[1:])) if word[0] == "u" else Int(int(word))
    if word.startswith("0x"):
        return Buffer(from_hex(word))
    if word.startswith('u"'):
        return Utf8(_unescaped(word[2:-1]))
    if word.startswith('"'):
        return Ascii(_unescaped(word[1:-1]))
    return Principal.parse(word.removeprefix("'"))


def _form(tokens: _Tokens, depth: int) -> Value:
    name = tokens.next()
    if name in _WRAPPERS:
        value = _WRAPPERS[name](_value(tokens, depth - 1))
        tokens.expect(")")
        return value
    if name == "list":
        items = []
        while tokens.peek() != ")":
            items.append(_value(tokens, depth - 1))
        tokens.expect(")")
        return List(tuple(items))
    raise WireError(f"({name[:40]} …) is no value: write (some …), (ok …), (err …) or (list …)")


def _tuple(tokens: _Tokens, depth: int) -> Tuple:
    pairs: dict[str, Value] = {}
    while True:
        name = tokens.next()
        tokens.expect(":")
        if name in pairs:
            raise WireError(f"the tuple names {name[:40]!r} twice")
        pairs[name] = _value(tokens, depth - 1)
        if tokens.peek() != ",":
            tokens.expect("}")
            return Tuple(pairs)
        tokens.expect(",")


def _unescaped(text: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        if found.group(1):
            number = int(found.group(1), 16)
            if number > 0x10FFFF:
                raise WireError(f"there is no letter {number:#x}")
            return chr(number)
        letter = found.group(2)
        if letter not in _ESCAPES:
            raise WireError(f"a text has no escape \\{letter}")
        return _ESCAPES[letter]

    return _ESCAPE.sub(replaced, text)


def _escaped(text: str) -> str:
    shown = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(
        letter if letter.isprintable() else f"\\u{{{ord(letter):x}}}" for letter in shown
    )


_SHOWN: dict[type, Callable[[Any], str]] = {
    Int: lambda one: str(one.value),
    UInt: lambda one: f"u{one.value}",
    Bool: lambda one: "true" if one.value else "false",
    Buffer: lambda one: f"0x{one.value.hex()}",
    Ascii: lambda one: f'"{_escaped(one.value)}"',
    Utf8: lambda one: f'u"{_escaped(one.value)}"',
    Nothing: lambda _: "none",
    Principal: lambda one: f"'{one}",
}
