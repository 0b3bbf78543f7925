"""Every hash of the sandbox, derived from plain values so that two equal runs make equal chains."""

from __future__ import annotations

import hashlib

__all__ = ["digest"]


def digest(*parts: object) -> str:
    """64 lower-case hex digits that depend on all parts and on nothing else."""
    # ascii() of a tuple of plain values is unambiguous and the same in every Python.
    return hashlib.sha256(ascii(parts).encode("ascii")).hexdigest()
