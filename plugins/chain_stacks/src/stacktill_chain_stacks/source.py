"""Where blocks and their transfers are read: the port between the chain and whatever tells of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from stacktill.plugin import Block, ChainUnavailable, PartlyUnread, Transfer
from stacktill_chain_stacks.client.api import ApiClient
from stacktill_chain_stacks.client.http import NotUnderstood
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.client.shapes import ApiBlock, ApiTransaction
from stacktill_chain_stacks.identity import Identity
from stacktill_chain_stacks.transfers import transfers_of

__all__ = ["ApiSource", "ChainSource"]

_MOVING = ("contract_call", "smart_contract")
READINGS_AT_ONCE = 4
"""Fewer than the failures that make a host count as down."""
SMALLER_PAGES = (10, 1)


class ChainSource(Protocol):
    """Tells of canonical blocks. Everything raises ``ChainUnavailable`` when it cannot."""

    name: str

    async def check(self) -> None:
        """Raise ``WrongNetwork`` when the source is on another network, or means another sBTC."""
        ...

    async def tip(self) -> Block:
        """The canonical tip."""
        ...

    async def block(self, height: int) -> Block | None:
        """The canonical block of a height, or None above the tip."""
        ...

    async def transfers(self, block: Block) -> tuple[Transfer, ...]:
        """All transfers of a block in chain order, as long as it is canonical.

        Raise ``PartlyUnread`` when some of its transactions cannot be read, and the others can.
        """
        ...


class ApiSource:
    """A host of the Stacks Blockchain API, believed only once it has shown that it is on our network."""

    def __init__(self, api: ApiClient, node: NodeClient, identity: Identity) -> None:
        self.name = api.name
        self._api = api
        self._node = node
        self._identity = identity
        self._known = False
        # One after the other: else a few such transactions make the host look as if it were down.
        self._slowly = asyncio.Lock()

    async def tip(self) -> Block:
        """The canonical tip."""
        await self.check()
        found = await self._api.block("latest")
        if found is None:
            raise ChainUnavailable(
                f"{self.name} shows no block: does it speak version 9 of the API?"
            )
        return _plain(found)

    async def block(self, height: int) -> Block | None:
        """The canonical block of a height, or None above the tip."""
        await self.check()
        found = await self._api.block(height)
        return None if found is None else _plain(found)

    async def transfers(self, block: Block) -> tuple[Transfer, ...]:
        """All transfers of a block in chain order; the block is still canonical after they were read."""
        await self.check()
        listed = await self._api.transactions(block.hash)
        moving = [one for one in listed if _may_move(one)]
        limit = asyncio.Semaphore(READINGS_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._events(one, limit)) for one in moving]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        after = await self._api.block(block.height)
        if after is None or after.index_block_hash != f"0x{block.hash}":
            raise ChainUnavailable(f"Block {block.hash} is not, or no longer, canonical.")
        if after.tx_count != len(listed):
            raise ChainUnavailable(
                f"{self.name} lists {len(listed)} of {after.tx_count} transactions of {block.hash}."
            )
        return self._gathered([task.result() for task in tasks])

    async def check(self) -> None:
        """Look once whether the host is on our network and means the same sBTC."""
        if not self._known:
            await self._identity.check(self._node)
            self._known = True

    def _gathered(self, read: list[list[Transfer] | _Unread]) -> tuple[Transfer, ...]:
        """The transfers of all transactions; raise ``PartlyUnread`` when some could not be read."""
        found = [one for one in read if not isinstance(one, _Unread)]
        unread = [one for one in read if isinstance(one, _Unread)]
        transfers = tuple(transfer for part in found for transfer in part)
        if len(unread) > 1 and not found:
            raise ChainUnavailable(f"{self.name} shows no events at all: {unread[0].why}")
        if unread:
            raise PartlyUnread(unread[0].why, transfers, tuple(one.txid for one in unread))
        return transfers

    async def _events(
        self, one: ApiTransaction, limit: asyncio.Semaphore
    ) -> list[Transfer] | _Unread:
        txid = one.tx_id.removeprefix("0x")
        async with limit:
            try:
                return transfers_of(txid, await self._api.events(txid))
            except NotUnderstood as error:
                return _Unread(txid, str(error))
            except ChainUnavailable:
                async with self._slowly:
                    return await self._events_slowly(txid)

    async def _events_slowly(self, txid: str) -> list[Transfer] | _Unread:
        """The events in smaller pages; unread when the host answers everything but them.

        What is too much for a host makes it fail, and anybody can put that on the chain.
        """
        why = ""
        for page in SMALLER_PAGES:
            await self._api.block("latest")
            try:
                return transfers_of(txid, await self._api.events(txid, page=page))
            except ChainUnavailable as error:
                why = str(error)
        await self._api.block("latest")
        return _Unread(txid, why)


@dataclass(frozen=True, slots=True)
class _Unread:
    """A transaction whose events could not be made out."""

    txid: str
    why: str


def _may_move(one: ApiTransaction) -> bool:
    return one.status == "success" and one.type in _MOVING and one.event_count != 0


def _plain(block: ApiBlock) -> Block:
    return Block(
        height=block.height,
        hash=block.index_block_hash.removeprefix("0x"),
        parent_hash=block.parent_index_block_hash.removeprefix("0x"),
        burn_height=block.burn_block_height,
        burn_hash=block.burn_block_hash.removeprefix("0x"),
        time=block.block_time,
    )
