"""secp256k1, by libsecp256k1: the one module that touches private keys."""

from __future__ import annotations

import re

import coincurve

from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.hashes import hash160
from stacktill_chain_stacks.wire.principals import MAINNET_VERSIONS, TESTNET_VERSIONS, Principal

__all__ = ["PrivateKey", "address_of", "recover"]

_KEY = re.compile(r"(?:0x)?([0-9a-fA-F]{64})(01)?")
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


class PrivateKey:
    """A private key; it is never shown, neither by ``repr`` nor in an error."""

    __slots__ = ("_key", "public_key")

    def __init__(self, secret: bytes) -> None:
        try:
            self._key = coincurve.PrivateKey(secret)
        except ValueError as error:
            raise WireError("this is no private key of secp256k1") from error
        self.public_key: bytes = self._key.public_key.format(compressed=True)

    @classmethod
    def parse(cls, text: str) -> PrivateKey:
        """Read 64 hex digits, with or without the 01 behind that Stacks' tools write."""
        found = _KEY.fullmatch(text.strip())
        if found is None:
            raise WireError("a private key is 64 hex digits, or 66 that end in 01")
        return cls(bytes.fromhex(found.group(1)))

    def sign(self, digest: bytes) -> bytes:
        """A recoverable signature of a 32-byte digest as R, S, V (65 bytes), S low; the same each time."""
        return self._key.sign_recoverable(digest, hasher=None)

    def principal(self, *, mainnet: bool) -> Principal:
        """The account of this key."""
        return address_of(self.public_key, mainnet=mainnet)

    def __repr__(self) -> str:
        return "PrivateKey(…)"


def address_of(public_key: bytes, *, mainnet: bool) -> Principal:
    """The account of a public key (33 bytes, or 65 uncompressed)."""
    versions = MAINNET_VERSIONS if mainnet else TESTNET_VERSIONS
    return Principal(versions[0], hash160(public_key))


def recover(digest: bytes, signature: bytes, *, compressed: bool = True) -> bytes:
    """The public key behind a signature (R, S, V) of a digest.

    Raise ``WireError`` when there is none, or when S is high: such a signature has a twin.
    """
    if len(signature) != 65 or signature[64] > 3:
        raise WireError("a signature has 65 bytes, the last of them from 0 to 3")
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        raise WireError("the signature's S is high, which Stacks does not take")
    try:
        key = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception as error:
        raise WireError("the signature fits no key") from error
    return bytes(key.format(compressed=compressed))
