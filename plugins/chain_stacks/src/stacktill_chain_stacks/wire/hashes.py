"""The hashes that Stacks is made of."""

from __future__ import annotations

import hashlib

from stacktill_chain_stacks.wire.ripemd import ripemd160

__all__ = ["hash160", "sha256", "sha512_256"]


def sha256(data: bytes) -> bytes:
    """32 bytes: addresses' checksums and signed messages."""
    return hashlib.sha256(data).digest()


def sha512_256(data: bytes) -> bytes:
    """32 bytes: transaction ids and what is signed of a transaction."""
    return hashlib.new("sha512_256", data).digest()


def hash160(data: bytes) -> bytes:
    """20 bytes: what an address says of a public key or a script."""
    inner = sha256(data)
    try:
        return hashlib.new("ripemd160", inner).digest()
    except ValueError:
        # A hardened OpenSSL leaves this old algorithm out.
        return ripemd160(inner)
