"""The memo that ties a transfer on chain to a wish: 34 letters that a wallet's text field takes, as hex."""

from __future__ import annotations

import hashlib
from base64 import b32encode

__all__ = ["intent_memo", "refund_memo"]

HASH_BYTES = 20
"""160 bits of the hash fill, in base32, what a memo has left beside its two letters of tag."""


def intent_memo(intent_id: str) -> str:
    """The memo a payer sends with the payment of an intent (34 bytes, hex)."""
    return _memo("st", f"stacktill/intent/{intent_id}")


def refund_memo(refund_id: str) -> str:
    """The memo a merchant's wallet sends with a refund (34 bytes, hex)."""
    return _memo("sr", f"stacktill/refund/{refund_id}")


def _memo(tag: str, name: str) -> str:
    # Wallets take a memo as text, so its bytes must be letters that a person can copy.
    digest = hashlib.sha256(name.encode()).digest()[:HASH_BYTES]
    return (tag + b32encode(digest).decode().lower()).encode().hex()
