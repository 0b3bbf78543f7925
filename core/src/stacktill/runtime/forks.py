"""Where our blocks and the chain's part ways, found before anything is taken back."""

from __future__ import annotations

from stacktill.application.chain_blocks import KEPT_BLOCKS
from stacktill.domain.accounting import ChainBlock
from stacktill.plugin.chain import Block, Chain, ChainUnavailable
from stacktill.plugin.storage import Storage, UnitOfWork

__all__ = ["common_ancestor"]


async def common_ancestor(chain: Chain, storage: Storage, here: ChainBlock) -> int:
    """The height of the highest block that is ours and the chain's; ``here.height`` without a fork.

    The chain's blocks must link to one another all the way down to one of ours: a source that talks
    nonsense cannot make us take anything back. A source that merely has not got as far as we have (its
    tip is one of our own blocks) lags, and is no fork. Raise ``ChainUnavailable`` when the source
    contradicts itself, or when the fork is deeper than the blocks that we remember. A fork below the
    very first block of the books answers the height below that block.
    """
    child: Block | None = None
    height = here.height
    while True:
        ours = await storage.read(_applied, here.chain_id, height)
        if ours is None:
            if here.height - height < KEPT_BLOCKS:
                return height  # Nothing was forgotten yet: the books began above this height.
            raise ChainUnavailable(
                f"the chain forked below block {height + 1}, the lowest that is remembered"
            )
        theirs = await chain.block(height)
        if theirs is not None:
            _check_link(theirs, child, height)
            if theirs.hash == ours.hash:
                return height if child is not None else here.height
            child = theirs
        height -= 1


def _check_link(block: Block, child: Block | None, height: int) -> None:
    if block.height != height or (child is not None and child.parent_hash != block.hash):
        raise ChainUnavailable(f"the chain's blocks at {height} and {height + 1} do not link")


def _applied(uow: UnitOfWork, chain_id: str, height: int) -> ChainBlock | None:
    return uow.chain_blocks.get(f"{chain_id}/{height}")
