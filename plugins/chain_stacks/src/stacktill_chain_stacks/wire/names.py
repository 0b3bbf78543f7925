"""The names of contracts, functions, assets and tuple keys: what Clarity allows, and how they are written."""

from __future__ import annotations

import re

from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.reader import Reader

__all__ = ["check_contract_name", "check_name", "name_bytes", "read_contract_name", "read_name"]

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_!?+<>=/*-]{0,127}|[-+=/*]|[<>]=?")
_CONTRACT = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,39}")
_LONGEST = 128


def check_name(text: str) -> str:
    """The text, when it can name a function, an asset or a key."""
    if not _NAME.fullmatch(text):
        raise WireError(f"{text[:40]!r} is no name of Clarity")
    return text


def check_contract_name(text: str) -> str:
    """The text, when it can name a contract."""
    if not _CONTRACT.fullmatch(text):
        raise WireError(f"{text[:40]!r} is no name of a contract")
    return text


def name_bytes(text: str) -> bytes:
    """A name behind its length in one byte."""
    return bytes([len(text)]) + text.encode("ascii")


def read_name(reader: Reader) -> str:
    """The next name."""
    return check_name(_read(reader))


def read_contract_name(reader: Reader) -> str:
    """The next name of a contract."""
    return check_contract_name(_read(reader))


def _read(reader: Reader) -> str:
    # Bytes beyond ASCII become letters that no name may have.
    return reader.sized(1, limit=_LONGEST).decode("latin-1")
