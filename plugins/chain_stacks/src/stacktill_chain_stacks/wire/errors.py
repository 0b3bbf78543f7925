"""The one error of the wire module."""

from __future__ import annotations

__all__ = ["WireError"]


class WireError(ValueError):
    """Bytes, a text or a value that Stacks does not allow; the message says what is wrong with it."""
