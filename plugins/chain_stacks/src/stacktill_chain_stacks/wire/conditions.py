"""Spending conditions: who signs a transaction, with which nonce, for which fee.

Source: SIP-005, "Transaction authorization". Conditions of several keys are read and written, so that any
account's transaction can be shown; only those of one key are signed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.hashes import hash160
from stacktill_chain_stacks.wire.keys import recover
from stacktill_chain_stacks.wire.reader import Reader

__all__ = [
    "NO_SIGNATURE",
    "Condition",
    "ManyKeys",
    "OneKey",
    "encode_condition",
    "read_condition",
    "signer_hash",
]

NO_SIGNATURE = bytes(65)
P2PKH, P2WPKH = 0, 2
_MANY = (1, 3, 5, 7)
_MOST_FIELDS = 10_000
_FIELD_BYTES = {0: 33, 1: 33, 2: 65, 3: 65}


@dataclass(frozen=True, slots=True)
class OneKey:
    """One key signs; ``signature`` is V, R, S as transactions hold it, or zeros."""

    signer: bytes
    nonce: int
    fee: int
    signature: bytes = NO_SIGNATURE
    hash_mode: int = P2PKH
    is_compressed: bool = True

    def __post_init__(self) -> None:
        _check_numbers(self.nonce, self.fee)
        if self.hash_mode == P2WPKH and not self.is_compressed:
            raise WireError("a witness address takes compressed keys only")


@dataclass(frozen=True, slots=True)
class ManyKeys:
    """Several keys sign; each field is its kind (0 to 3) and a public key or a signature."""

    signer: bytes
    nonce: int
    fee: int
    hash_mode: int
    fields: tuple[tuple[int, bytes], ...]
    required: int

    def __post_init__(self) -> None:
        _check_numbers(self.nonce, self.fee)


Condition: TypeAlias = OneKey | ManyKeys


def encode_condition(condition: Condition) -> bytes:
    """The bytes of a condition."""
    head = bytes([condition.hash_mode]) + condition.signer
    head += condition.nonce.to_bytes(8, "big") + condition.fee.to_bytes(8, "big")
    if isinstance(condition, OneKey):
        return head + bytes([not condition.is_compressed]) + condition.signature
    fields = b"".join(bytes([kind]) + data for kind, data in condition.fields)
    count = len(condition.fields).to_bytes(4, "big")
    return head + count + fields + condition.required.to_bytes(2, "big")


def read_condition(reader: Reader) -> Condition:
    """The next condition."""
    mode = reader.number(1)
    if mode not in (P2PKH, P2WPKH, *_MANY):
        raise WireError(f"there is no hash mode {mode}")
    signer, nonce, fee = reader.take(20), reader.number(8), reader.number(8)
    if mode in _MANY:
        fields = _read_fields(reader)
        return ManyKeys(signer, nonce, fee, mode, fields, reader.number(2))
    encoding = reader.number(1)
    if encoding > 1:
        raise WireError(f"there is no encoding {encoding} of keys")
    signature = reader.take(65)
    return OneKey(signer, nonce, fee, signature, mode, encoding == 0)


def signer_hash(condition: OneKey, digest: bytes) -> bytes:
    """The hash of the key that signed a digest under this condition: whose signature it really is."""
    signature = condition.signature[1:] + condition.signature[:1]
    key = recover(digest, signature, compressed=condition.is_compressed)
    # A witness address hashes the script that names the key's hash.
    return hash160(key if condition.hash_mode == P2PKH else b"\x00\x14" + hash160(key))


def _read_fields(reader: Reader) -> tuple[tuple[int, bytes], ...]:
    count = reader.number(4)
    if count > min(reader.left(), _MOST_FIELDS):
        raise WireError(f"{count} fields of an authorization are too many")
    fields = []
    for _ in range(count):
        kind = reader.number(1)
        if kind not in _FIELD_BYTES:
            raise WireError(f"an authorization has no kind of field {kind}")
        fields.append((kind, reader.take(_FIELD_BYTES[kind])))
    return tuple(fields)


def _check_numbers(nonce: int, fee: int) -> None:
    if not 0 <= nonce < 1 << 64 or not 0 <= fee < 1 << 64:
        raise WireError("a nonce and a fee have 64 bits each")
