"""Messages that wallets sign: plain text, and structured data after SIP-018."""

from __future__ import annotations

from stacktill_chain_stacks.wire.clarity import Ascii, Tuple, UInt, Value
from stacktill_chain_stacks.wire.encoding import encode_value
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.hashes import sha256
from stacktill_chain_stacks.wire.keys import PrivateKey, address_of, recover
from stacktill_chain_stacks.wire.principals import Principal

__all__ = [
    "as_structured",
    "message_hash",
    "sign_message",
    "sign_structured",
    "signer_of_message",
    "signer_of_structured",
    "structured_hash",
]

_PREFIX = b"\x17Stacks Signed Message:\n"
_STRUCTURED_PREFIX = b"SIP018"


def message_hash(message: str) -> bytes:
    """What a wallet signs when it is asked to sign a text."""
    data = message.encode("utf-8")
    return sha256(_PREFIX + _length(len(data)) + data)


def structured_hash(domain: Value, message: Value) -> bytes:
    """What a wallet signs when it is asked to sign data for a domain (SIP-018)."""
    parts = (sha256(encode_value(value)) for value in (domain, message))
    return sha256(_STRUCTURED_PREFIX + b"".join(parts))


def as_structured(message: str, *, chain_id: int) -> tuple[Tuple, Tuple]:
    """A text as data for a domain, for wallets that sign no plain text: the domain, and the data.

    Raise ``WireError`` for a text that is not ASCII.
    """
    domain = Tuple(
        {"name": Ascii("stacktill"), "version": Ascii("1.0.0"), "chain-id": UInt(chain_id)}
    )
    return domain, Tuple({"message": Ascii(message)})


def sign_message(key: PrivateKey, message: str) -> bytes:
    """A text's signature as R, S, V (65 bytes)."""
    return key.sign(message_hash(message))


def sign_structured(key: PrivateKey, domain: Value, message: Value) -> bytes:
    """Structured data's signature as R, S, V (65 bytes)."""
    return key.sign(structured_hash(domain, message))


def signer_of_message(message: str, signature: bytes, *, mainnet: bool) -> Principal:
    """Whose signature of a text this is; raise ``WireError`` when it is nobody's."""
    return address_of(recover(message_hash(message), signature), mainnet=mainnet)


def signer_of_structured(
    domain: Value, message: Value, signature: bytes, *, mainnet: bool
) -> Principal:
    """Whose signature of structured data this is; raise ``WireError`` when it is nobody's."""
    return address_of(recover(structured_hash(domain, message), signature), mainnet=mainnet)


def _length(count: int) -> bytes:
    """A length as Bitcoin writes it: one byte, or a mark and the number, lowest byte first."""
    if count < 0xFD:
        return bytes([count])
    if count <= 0xFFFF:
        return b"\xfd" + count.to_bytes(2, "little")
    if count <= 0xFFFFFFFF:
        return b"\xfe" + count.to_bytes(4, "little")
    raise WireError("nobody signs a message of more than 4 GiB")
