"""A node of our own as a source: it tells of every block, and says which of them is its tip."""

from __future__ import annotations

import sqlite3

from stacktill.plugin import Block, ChainUnavailable, Transfer
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.identity import Identity
from stacktill_chain_stacks.journal import KEPT_BLOCKS, Journal

__all__ = ["NodeSource"]

MOST_BLOCKS_BEHIND = 5


class NodeSource:
    """Answers from the journal, along the fork that the node holds for canonical.

    ``alone`` says that no other source can fill a gap: then the chain seems to begin with the first block
    that the node has told of.
    """

    def __init__(
        self, node: NodeClient, journal: Journal, identity: Identity, *, alone: bool
    ) -> None:
        self.name = f"{node.name} (observer)"
        self._node = node
        self._journal = journal
        self._identity = identity
        self._alone = alone
        self._known = False
        self._canonical: dict[int, str] = {}

    async def check(self) -> None:
        """Look once whether the node is on our network and means the same sBTC."""
        if not self._known:
            await self._identity.check(self._node)
            self._known = True

    async def tip(self) -> Block:
        """The node's tip, or the newest that it has told of; it knows a little earlier than it tells."""
        await self.check()
        info = await self._node.info()
        try:
            named = self._journal.tip_named(info.stacks_tip, info.stacks_tip_height)
            tip = named or self._journal.highest()
            if tip is None:
                raise ChainUnavailable(f"{self.name} has not told of any block yet.")
            self._follow(tip)
        except sqlite3.Error as error:
            raise ChainUnavailable(f"What {self.name} told cannot be read: {error}.") from error
        if info.stacks_tip_height - tip.height > MOST_BLOCKS_BEHIND:
            raise ChainUnavailable(
                f"{self.name} is at block {info.stacks_tip_height} and told of {tip.height} last: "
                "is its events_observer set to the till?"
            )
        return tip

    async def block(self, height: int) -> Block | None:
        """The block at a height of the node's fork, or None above its tip."""
        tip = await self.tip()
        if height > tip.height:
            return None
        hash = self._canonical.get(height)
        block = None if hash is None else self._journal.block(hash)
        if block is None and not (self._alone and height < self._first()):
            raise ChainUnavailable(f"{self.name} never told of block {height}.")
        return block

    async def transfers(self, block: Block) -> tuple[Transfer, ...]:
        """The transfers of a block of the node's fork."""
        await self.tip()
        if self._canonical.get(block.height) != block.hash:
            raise ChainUnavailable(f"Block {block.hash} is not, or no longer, canonical.")
        found = self._journal.transfers(block.hash)
        if found is None:
            raise ChainUnavailable(f"{self.name} never told of block {block.hash}.")
        return found

    def _follow(self, tip: Block) -> None:
        """Learn the fork below a tip, down to where it is known; below a gap nothing is."""
        fresh: dict[int, str] = {}
        block: Block | None = tip
        while block is not None and self._canonical.get(block.height) != block.hash:
            fresh[block.height] = block.hash
            block = self._journal.block(block.parent_hash)
        if not fresh and max(self._canonical, default=-1) == tip.height:
            return
        top = -1 if block is None else block.height
        lowest = tip.height - KEPT_BLOCKS
        kept = {height: hash for height, hash in self._canonical.items() if lowest < height <= top}
        self._canonical = kept | fresh

    def _first(self) -> int:
        lowest = self._journal.lowest_height()
        return 0 if lowest is None else lowest
