"""What a node tells of a block it has processed, made into a block and its transfers.

Source: the node's documentation of its event dispatcher, ``POST /new_block``. Events count over the whole
block there; each transaction's are taken by themselves, so that both kinds of source tell the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from stacktill.plugin import Block, Transfer
from stacktill_chain_stacks.client.shapes import (
    Amount,
    ApiEvent,
    ContractLog,
    Decoded,
    FtAsset,
    Hash,
    Height,
    Name,
)
from stacktill_chain_stacks.transfers import transfers_of

__all__ = ["ToldBlock", "read_told_block"]


class _Moved(msgspec.Struct, frozen=True):
    asset_identifier: Name
    sender: Name
    recipient: Name
    amount: Amount


class _Printed(msgspec.Struct, frozen=True):
    contract_identifier: Name
    topic: str
    raw_value: str


class _Event(msgspec.Struct, frozen=True):
    txid: Hash
    event_index: Height
    committed: bool
    type: str
    ft_transfer_event: _Moved | None = None
    contract_event: _Printed | None = None


class _Transaction(msgspec.Struct, frozen=True):
    txid: Hash
    tx_index: Height
    status: str


class _Told(msgspec.Struct, frozen=True):
    block_hash: Hash
    block_height: Height
    index_block_hash: Hash
    parent_index_block_hash: Hash
    burn_block_hash: Hash
    burn_block_height: Height
    burn_block_time: Height
    transactions: list[_Transaction]
    events: list[_Event]
    # Blocks from before Nakamoto have no time of their own.
    block_time: Annotated[int, Meta(ge=0)] | None = None


@dataclass(frozen=True, slots=True)
class ToldBlock:
    """A block as a node told of it; ``header_hash`` is the name that the node's tip goes by."""

    block: Block
    header_hash: str
    transfers: tuple[Transfer, ...]


def read_told_block(body: bytes) -> ToldBlock:
    """The block in a message; raise ``ValueError`` when it is none."""
    told = msgspec.json.decode(body, type=_Told)
    block = Block(
        height=told.block_height,
        hash=_bare(told.index_block_hash),
        parent_hash=_bare(told.parent_index_block_hash),
        burn_height=told.burn_block_height,
        burn_hash=_bare(told.burn_block_hash),
        time=told.burn_block_time if told.block_time is None else told.block_time,
    )
    return ToldBlock(block, _bare(told.block_hash), _transfers(told))


def _transfers(told: _Told) -> tuple[Transfer, ...]:
    events: defaultdict[str, list[_Event]] = defaultdict(list)
    for event in sorted(told.events, key=lambda one: one.event_index):
        if event.committed:
            events[event.txid].append(event)
    moved: list[Transfer] = []
    for transaction in sorted(told.transactions, key=lambda one: one.tx_index):
        if transaction.status == "success":
            own = [_plain(event) for event in events[transaction.txid]]
            moved += transfers_of(_bare(transaction.txid), own)
    return tuple(moved)


def _plain(event: _Event) -> ApiEvent:
    moved, printed = event.ft_transfer_event, event.contract_event
    asset = log = None
    if moved is not None:
        asset = FtAsset(
            type="transfer",
            asset_identifier=moved.asset_identifier,
            amount=moved.amount,
            sender=moved.sender,
            recipient=moved.recipient,
        )
    if printed is not None:
        value = Decoded(hex=printed.raw_value)
        log = ContractLog(printed.contract_identifier, printed.topic, value)
    return ApiEvent(event.event_index, event.type, asset, log)


def _bare(hash: str) -> str:
    return hash.removeprefix("0x")
