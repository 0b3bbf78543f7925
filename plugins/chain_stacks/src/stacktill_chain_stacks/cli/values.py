"""What people type, made into values; each error says what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from stacktill.domain.errors import InvalidRequest
from stacktill_chain_stacks.wire.clarity import Value
from stacktill_chain_stacks.wire.decoding import from_hex
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.literals import parse_literal
from stacktill_chain_stacks.wire.post_conditions import PostCondition, read_post_condition
from stacktill_chain_stacks.wire.principals import Principal
from stacktill_chain_stacks.wire.reader import Reader

__all__ = ["contract_of", "literals", "post_conditions_of", "principal_of", "text_of", "txid_of"]

_TXID = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")


def principal_of(text: str) -> Principal:
    """An account or a contract."""
    try:
        return Principal.parse(text.removeprefix("'"))
    except WireError as error:
        raise InvalidRequest(f"'{text[:60]}' is no principal: {error}.") from error


def contract_of(text: str) -> Principal:
    """A contract."""
    principal = principal_of(text)
    if principal.contract is None:
        raise InvalidRequest(f"'{text[:60]}' is an account; name a contract: ADDRESS.name")
    return principal


def literals(texts: Iterable[str]) -> tuple[Value, ...]:
    """Values of Clarity."""
    found = []
    for text in texts:
        try:
            found.append(parse_literal(text))
        except WireError as error:
            raise InvalidRequest(f"'{text[:60]}' is no value of Clarity: {error}.") from error
    return tuple(found)


def post_conditions_of(texts: Iterable[str]) -> tuple[PostCondition, ...]:
    """Post-conditions in hex."""
    found = []
    for text in texts:
        try:
            reader = Reader(from_hex(text))
            found.append(read_post_condition(reader))
            reader.finish()
        except WireError as error:
            raise InvalidRequest(f"'{text[:60]}' is no post-condition in hex: {error}.") from error
    return tuple(found)


def txid_of(text: str) -> str:
    """A transaction id in lower case without 0x."""
    found = _TXID.fullmatch(text.strip())
    if found is None:
        raise InvalidRequest(f"'{text[:80]}' is no transaction id: it has 64 hex digits.")
    return found.group(1).lower()


def text_of(path: Path) -> str:
    """What stands in a file."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{path} holds no text.") from error
