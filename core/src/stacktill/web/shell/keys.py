"""The API key that a request presents: found, fingerprinted and masked, never kept."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode

__all__ = ["mask_key", "presented_key"]

_PREFIX = re.compile(r"[a-z]{2}_(?:test|live)_")
_SHORTEST_WITH_TAIL = 16


def presented_key(authorization: bytes | None) -> str | None:
    """The key of an ``Authorization`` header: a Bearer token, or the user name of Basic."""
    if not authorization:
        return None
    scheme, _, rest = authorization.strip().partition(b" ")
    scheme = scheme.lower()
    if scheme == b"bearer":
        return rest.strip().decode("latin-1") or None
    if scheme != b"basic":
        return None
    try:
        user, _, _ = b64decode(rest.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return user.decode("latin-1") or None


def mask_key(key: str) -> str:
    """What may be shown of ``key``: its kind and, if it is long enough, its last four characters.

    ``sk_test_****1234`` for a secret key of test mode, ``****`` for something short and unknown.
    """
    prefix = _PREFIX.match(key)
    kind = prefix.group() if prefix else ""
    tail = key[-4:] if len(key) - len(kind) >= _SHORTEST_WITH_TAIL else ""
    return f"{kind}****{tail}"
