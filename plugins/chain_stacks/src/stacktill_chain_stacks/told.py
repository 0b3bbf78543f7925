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
from stacktill_chain_stacks.client.events import NodeEvent
from stacktill_chain_stacks.client.shapes import Hash, Height
from stacktill_chain_stacks.transfers import transfers_of

__all__ = ["ToldBlock", "read_told_block"]


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
    events: list[NodeEvent]
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
    events: defaultdict[str, list[NodeEvent]] = defaultdict(list)
    for event in sorted(told.events, key=lambda one: one.event_index):
        if event.committed:
            events[event.txid].append(event)
    moved: list[Transfer] = []
    for transaction in sorted(told.transactions, key=lambda one: one.tx_index):
        if transaction.status == "success":
            moved += transfers_of(_bare(transaction.txid), events[transaction.txid])
    return tuple(moved)


def _bare(hash: str) -> str:
    return hash.removeprefix("0x")
