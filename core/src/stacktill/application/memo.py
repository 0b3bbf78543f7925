"""The memo that ties a transfer on chain to a wish: 34 letters that a wallet's text field takes, as hex.

A contract's terms have room for 16 bytes only. They are the beginning of the same hash, so that either
names the payment.
"""

from __future__ import annotations

import hashlib
from base64 import b32decode, b32encode

__all__ = ["NAME_BYTES", "intent_memo", "memo_name", "memos_of_name", "refund_memo"]

HASH_BYTES = 20
"""160 bits of the hash fill, in base32, what a memo has left beside its two letters of tag."""
NAME_BYTES = 16
WHOLE_LETTERS = NAME_BYTES * 8 // 5
"""So many letters of a memo follow from its name alone; the next one only in part."""
INTENT_TAG = "st"


def intent_memo(intent_id: str) -> str:
    """The memo a payer sends with the payment of an intent (34 bytes, hex)."""
    return _memo(INTENT_TAG, f"stacktill/intent/{intent_id}")


def refund_memo(refund_id: str) -> str:
    """The memo a merchant's wallet sends with a refund (34 bytes, hex)."""
    return _memo("sr", f"stacktill/refund/{refund_id}")


def memo_name(memo: str) -> bytes:
    """The 16 bytes that name in a contract's terms what a memo (hex) names in a transfer."""
    letters = bytes.fromhex(memo).decode("ascii").removeprefix(INTENT_TAG)
    return b32decode(letters.upper())[:NAME_BYTES]


def memos_of_name(name: bytes) -> tuple[str, str]:
    """Bounds for the memo (hex) of the intent that 16 bytes name: not below the first, below the second."""
    letters = b32encode(name.ljust(HASH_BYTES, b"\0")).decode().lower()[:WHOLE_LETTERS]
    low = f"{INTENT_TAG}{letters}".encode().hex()
    return low, f"{low}g"


def _memo(tag: str, name: str) -> str:
    # Wallets take a memo as text, so its bytes must be letters that a person can copy.
    digest = hashlib.sha256(name.encode()).digest()[:HASH_BYTES]
    return (tag + b32encode(digest).decode().lower()).encode().hex()
