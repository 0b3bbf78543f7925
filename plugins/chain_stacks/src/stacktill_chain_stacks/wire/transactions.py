"""Transactions: bytes to objects and back, and the id that the chain knows them by.

Source: SIP-005, "Transaction encoding".
"""

from __future__ import annotations

from dataclasses import dataclass

from stacktill_chain_stacks.wire.conditions import Condition, encode_condition, read_condition
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.hashes import sha512_256
from stacktill_chain_stacks.wire.payloads import Payload, encode_payload, read_payload
from stacktill_chain_stacks.wire.post_conditions import (
    Mode,
    PostCondition,
    encode_post_condition,
    read_post_condition,
)
from stacktill_chain_stacks.wire.reader import Reader

__all__ = [
    "LARGEST_TRANSACTION_BYTES",
    "MAINNET_CHAIN_ID",
    "TESTNET_CHAIN_ID",
    "Transaction",
    "decode_transaction",
    "encode_transaction",
    "transaction_id",
]

MAINNET_CHAIN_ID = 0x00000001
TESTNET_CHAIN_ID = 0x80000000
LARGEST_TRANSACTION_BYTES = 2 * 1_048_576
_MAINNET, _TESTNET = 0x00, 0x80
_STANDARD, _SPONSORED = 0x04, 0x05
_ANYWHERE = 0x03


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction, signed or not; with a ``sponsor`` somebody else pays its fee."""

    payload: Payload
    origin: Condition
    sponsor: Condition | None = None
    chain_id: int = MAINNET_CHAIN_ID
    is_mainnet: bool = True
    mode: Mode = Mode.DENY
    post_conditions: tuple[PostCondition, ...] = ()
    anchor: int = _ANYWHERE

    def __post_init__(self) -> None:
        if not 0 <= self.chain_id < 1 << 32:
            raise WireError("a chain id has 32 bits")


def encode_transaction(transaction: Transaction) -> bytes:
    """The bytes of a transaction, as nodes take them."""
    head = bytes([_MAINNET if transaction.is_mainnet else _TESTNET])
    head += transaction.chain_id.to_bytes(4, "big")
    if transaction.sponsor is None:
        auth = bytes([_STANDARD]) + encode_condition(transaction.origin)
    else:
        auth = bytes([_SPONSORED]) + encode_condition(transaction.origin)
        auth += encode_condition(transaction.sponsor)
    conditions = [encode_post_condition(one) for one in transaction.post_conditions]
    modes = bytes([transaction.anchor, transaction.mode]) + len(conditions).to_bytes(4, "big")
    data = head + auth + modes + b"".join(conditions) + encode_payload(transaction.payload)
    if len(data) > LARGEST_TRANSACTION_BYTES:
        raise WireError(f"a transaction has at most {LARGEST_TRANSACTION_BYTES} bytes")
    return data


def decode_transaction(data: bytes) -> Transaction:
    """The transaction that exactly these bytes are; raise ``WireError`` when they are none."""
    if len(data) > LARGEST_TRANSACTION_BYTES:
        raise WireError(f"a transaction has at most {LARGEST_TRANSACTION_BYTES} bytes")
    reader = Reader(data)
    version, chain_id, auth = reader.number(1), reader.number(4), reader.number(1)
    if version not in (_MAINNET, _TESTNET):
        raise WireError(f"a transaction's version is 0x00 or 0x80, not {version:#04x}")
    if auth not in (_STANDARD, _SPONSORED):
        raise WireError(f"there is no kind of authorization {auth:#04x}")
    origin = read_condition(reader)
    sponsor = read_condition(reader) if auth == _SPONSORED else None
    anchor, mode = _read_modes(reader)
    conditions = _read_post_conditions(reader)
    payload = read_payload(reader)
    reader.finish()
    return Transaction(
        payload=payload,
        origin=origin,
        sponsor=sponsor,
        chain_id=chain_id,
        is_mainnet=version == _MAINNET,
        mode=mode,
        post_conditions=conditions,
        anchor=anchor,
    )


def transaction_id(transaction: Transaction) -> str:
    """The id in 64 hex digits; a sponsored transaction gets a new one when its sponsor signs."""
    return sha512_256(encode_transaction(transaction)).hex()


def _read_modes(reader: Reader) -> tuple[int, Mode]:
    anchor, mode = reader.number(1), reader.number(1)
    if anchor not in (1, 2, _ANYWHERE):
        raise WireError(f"there is no anchor mode {anchor}")
    if mode not in tuple(Mode):
        raise WireError(f"there is no post-condition mode {mode}")
    return anchor, Mode(mode)


def _read_post_conditions(reader: Reader) -> tuple[PostCondition, ...]:
    count = reader.number(4)
    if count > reader.left():
        raise WireError(f"{count} post-conditions are announced in {reader.left()} bytes")
    return tuple(read_post_condition(reader) for _ in range(count))
