"""What nodes and APIs answer: only what is used, and nothing that looks different.

Source: the OpenAPI documents of the Stacks Blockchain API 9.0 and of the Stacks node 4.0. Fields that are not
named here are ignored; a named one of another type makes the answer unusable.
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

__all__ = [
    "Accepted",
    "Account",
    "Amount",
    "ApiBlock",
    "ApiStatus",
    "ApiTransaction",
    "Balance",
    "CallRead",
    "Decoded",
    "FeeEstimate",
    "Hash",
    "Height",
    "MempoolFees",
    "Name",
    "NodeInfo",
    "Nonces",
    "Page",
    "Pox",
    "Rejection",
    "Source",
    "Unconfirmed",
]

T = TypeVar("T")

Hash = Annotated[str, Meta(pattern=r"^0x[0-9a-f]{64}$")]
Height = Annotated[int, Meta(ge=0, lt=1 << 62)]
Amount = Annotated[str, Meta(pattern=r"^[0-9]{1,39}$")]
Name = Annotated[str, Meta(max_length=300)]


class ApiBlock(msgspec.Struct, frozen=True):
    """``/extended/v2/blocks/{x}``."""

    canonical: bool
    height: Height
    index_block_hash: Hash
    parent_index_block_hash: Hash
    block_time: Height
    burn_block_height: Height
    burn_block_hash: Hash
    tx_count: Height


class ChainTip(msgspec.Struct, frozen=True):
    """A part of ``ApiStatus``."""

    block_height: Height
    index_block_hash: Hash
    burn_block_height: Height


class ApiStatus(msgspec.Struct, frozen=True):
    """``/extended``."""

    server_version: str
    status: str
    chain_tip: ChainTip | None = None


class Cursor(msgspec.Struct, frozen=True):
    """Where a list goes on."""

    next: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list of version 3."""

    total: Height
    cursor: Cursor
    results: list[T]


class BlockPlace(msgspec.Struct, frozen=True):
    """The block of a mined transaction."""

    height: Height
    index_hash: Hash
    tx_index: Height
    time: float = 0


class BitcoinPlace(msgspec.Struct, frozen=True):
    """The Bitcoin block of a mined transaction."""

    height: Height


class Sender(msgspec.Struct, frozen=True):
    """Who sent a transaction."""

    address: Name
    nonce: Height


class Decoded(msgspec.Struct, frozen=True):
    """A Clarity value; ``hex`` counts, ``repr`` is for people only."""

    hex: str
    repr: str = ""


class CalledFunction(msgspec.Struct, frozen=True):
    """What a transaction calls."""

    contract_id: Name
    function_name: Name


class ApiTransaction(msgspec.Struct, frozen=True):
    """``/extended/v3/transactions/{id}``, and an entry of a block's list; mined or in the mempool."""

    tx_id: Hash
    type: str
    status: str
    sender: Sender
    fee_rate: Amount = "0"
    block: BlockPlace | None = None
    bitcoin_block: BitcoinPlace | None = None
    event_count: Height | None = None
    vm_error: str | None = None
    result: Decoded | None = None
    contract_call: CalledFunction | None = None
    replaced_by_tx_id: Hash | None = None
    receipt_time: float | None = None


class Balance(msgspec.Struct, frozen=True):
    """``/extended/v3/principals/{p}/balances/ft/{asset}``."""

    balance: Amount


class Nonces(msgspec.Struct, frozen=True):
    """``/extended/v3/principals/{p}/nonces``."""

    next_nonce: Height


class Priorities(msgspec.Struct, frozen=True):
    """What transactions of a kind pay, in micro-STX."""

    low_priority: float
    medium_priority: float
    high_priority: float


class MempoolFees(msgspec.Struct, frozen=True):
    """``/extended/v2/mempool/fees``."""

    all: Priorities
    contract_call: Priorities | None = None
    smart_contract: Priorities | None = None
    token_transfer: Priorities | None = None


class NodeInfo(msgspec.Struct, frozen=True):
    """``/v2/info``."""

    network_id: Height
    stacks_tip_height: Height
    burn_block_height: Height
    stacks_tip: str = ""
    server_version: str = ""
    is_fully_synced: bool | None = None


class Pox(msgspec.Struct, frozen=True):
    """``/v2/pox``; nodes from before epoch 4.0 name no sBTC contract."""

    pox_5_sbtc_contract: str | None = None


class Account(msgspec.Struct, frozen=True):
    """``/v2/accounts/{p}``; the balance is micro-STX in hex."""

    balance: Annotated[str, Meta(pattern=r"^0x[0-9a-f]{1,32}$")]
    nonce: Height


class Estimation(msgspec.Struct, frozen=True):
    """One of three guesses."""

    fee: Height


class FeeEstimate(msgspec.Struct, frozen=True):
    """``/v2/fees/transaction``."""

    estimations: Annotated[list[Estimation], Meta(min_length=1, max_length=10)]


class CallRead(msgspec.Struct, frozen=True):
    """``/v2/contracts/call-read/…``."""

    okay: bool
    result: str | None = None
    cause: str | None = None


class Source(msgspec.Struct, frozen=True):
    """``/v2/contracts/source/…``."""

    source: str


class Rejection(msgspec.Struct, frozen=True):
    """Why a node does not take a transaction, or makes no estimate."""

    error: str = ""
    reason: str = ""
    reason_data: dict[str, object] | None = None
    txid: str | None = None


class Unconfirmed(msgspec.Struct, frozen=True):
    """``/v2/transactions/unconfirmed/{txid}``."""

    tx: str


Accepted = Annotated[str, Meta(pattern=r"^(0x)?[0-9a-f]{64}$")]
"""A transaction that a node took: its id."""
