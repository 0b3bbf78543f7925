"""The API key that a request presents: found, fingerprinted and masked, never kept."""

from __future__ import annotations

import binascii
from base64 import b64decode
from hashlib import sha256

__all__ = ["digest_of", "mask_key", "presented_key"]

_PREFIXES = frozenset(f"{kind}_{mode}_" for kind in ("sk", "pk", "rk") for mode in ("test", "live"))
_PREFIX_LENGTH = 8
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


def digest_of(key: str) -> bytes:
    """By what a presented key is known to whoever need not know the key itself: its SHA-256."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def mask_key(key: str) -> str:
    """What may be shown of ``key``: its kind and, if it is long enough, its last four characters.

    ``sk_test_****1234`` for a secret key of test mode, ``****`` for something short and unknown.
    """
    kind = key[:_PREFIX_LENGTH]
    if kind not in _PREFIXES:
        kind = ""
    tail = key[-4:] if len(key) - len(kind) >= _SHORTEST_WITH_TAIL else ""
    return f"{kind}****{tail}"
