"""The memo that ties a transfer on chain to a wish: 2 bytes of tag and 32 bytes of hash, as hex."""

from __future__ import annotations

import hashlib

__all__ = ["intent_memo", "refund_memo"]


def intent_memo(intent_id: str) -> str:
    """The memo a payer sends with the payment of an intent (34 bytes, hex)."""
    return (b"st" + hashlib.sha256(b"stacktill/intent/" + intent_id.encode()).digest()).hex()


def refund_memo(refund_id: str) -> str:
    """The memo a merchant's wallet sends with a refund (34 bytes, hex)."""
    return (b"sr" + hashlib.sha256(b"stacktill/refund/" + refund_id.encode()).digest()).hex()
