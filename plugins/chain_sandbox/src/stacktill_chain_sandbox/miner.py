"""Making blocks: on top of the chain, and in the place of those that a fork orphans."""

from __future__ import annotations

from itertools import pairwise

from stacktill.plugin import Block
from stacktill_chain_sandbox.database import Database
from stacktill_chain_sandbox.principals import MINT
from stacktill_chain_sandbox.transactions import SUCCESS, Transaction

__all__ = ["Miner"]

_GENESIS_BLOCKS = 6
_NO_PARENT = "0" * 64
# Far from the Stacks heights, so that a program which takes one for the other is found out.
_FIRST_BURN_HEIGHT = 100
# A block's transactions are held in memory while it is made and while it is read.
_TRANSACTIONS_PER_BLOCK = 5_000


class Miner:
    """Writes blocks; each call belongs into one transaction of the database.

    ``now`` is the chain's Unix time; a block is never older than its parent.
    """

    def __init__(self, database: Database, *, stacks_blocks_per_bitcoin_block: int) -> None:
        self._database = database
        self._stacks_blocks_per_bitcoin_block = stacks_blocks_per_bitcoin_block

    def start(self, now: int) -> None:
        """Make the first blocks, unless there are any."""
        if self._database.blocks.tip() is not None:
            return
        state = self._database.state
        burn_hash = state.new_hash("bitcoin_blocks_made", _NO_PARENT)
        genesis_hash = state.new_hash("blocks_made", _NO_PARENT, burn_hash)
        genesis = Block(0, genesis_hash, _NO_PARENT, _FIRST_BURN_HEIGHT, burn_hash, now)
        self._database.blocks.add(genesis)
        self.mine(_GENESIS_BLOCKS - 1, bitcoin=False, now=now)

    def mine(self, count: int, *, bitcoin: bool, now: int) -> Block:
        """Put blocks on top and return the last; the first ones take what the mempool holds.

        With ``bitcoin`` each of them begins a new Bitcoin block.
        """
        tip = self._tip()
        for _ in range(count):
            tip = self._mine_block(tip, bitcoin=bitcoin or self._bitcoin_is_due(tip), now=now)
        return tip

    def replace(self, depth: int, *, drop: bool, now: int) -> Block:
        """Replace the last ``depth`` blocks by a fork that is one block longer; return its tip.

        Where the orphaned blocks began a Bitcoin block, the fork begins another one: Stacks forks
        deeply only because Bitcoin did.
        """
        ancestor = self._database.blocks.at(self._tip().height - depth)
        if ancestor is None:
            raise ValueError("the chain has fewer blocks than a fork is to replace")
        burn_heights = self._database.blocks.burn_heights_above(ancestor.height)
        self._orphan_above(ancestor.height, drop=drop)
        tip = ancestor
        for before, burn_height in pairwise([ancestor.burn_height, *burn_heights]):
            tip = self._mine_block(tip, bitcoin=burn_height > before, now=now)
        return self.mine(1, bitcoin=tip.burn_height > ancestor.burn_height, now=now)

    def _tip(self) -> Block:
        tip = self._database.blocks.tip()
        if tip is None:
            raise ValueError("the chain has no genesis block yet")
        return tip

    def _bitcoin_is_due(self, tip: Block) -> bool:
        """Whether the tip's Bitcoin block is full: its first Stacks block lies far enough back."""
        first = self._database.blocks.at(tip.height - self._stacks_blocks_per_bitcoin_block + 1)
        return first is not None and first.burn_height == tip.burn_height

    def _mine_block(self, parent: Block, *, bitcoin: bool, now: int) -> Block:
        state = self._database.state
        burn_height, burn_hash = parent.burn_height, parent.burn_hash
        if bitcoin:
            burn_height += 1
            burn_hash = state.new_hash("bitcoin_blocks_made", parent.burn_hash)
        height = parent.height + 1
        transactions = self._database.transactions.waiting(_TRANSACTIONS_PER_BLOCK)
        for transaction in transactions:
            self._execute(transaction, height)
        txids = [transaction.txid for transaction in transactions]
        block_hash = state.new_hash("blocks_made", parent.hash, burn_hash, txids)
        time = max(now, parent.time)
        block = Block(height, block_hash, parent.hash, burn_height, burn_hash, time)
        self._database.blocks.add(block)
        return block

    def _execute(self, transaction: Transaction, height: int) -> None:
        """Carry a transaction out in a block; without cover it aborts, as with a real token."""
        accounts = self._database.accounts
        asset, total = transaction.asset, transaction.total
        status = transaction.fail or SUCCESS
        is_covered = (
            transaction.sender == MINT or accounts.mined(asset, transaction.sender) >= total
        )
        if transaction.fail is None and not is_covered:
            # The projection counted it as paid; it is not.
            status = "abort_by_response"
            accounts.add(asset, transaction.sender, projected=total)
            for recipient, amount in transaction.parts:
                accounts.add(asset, recipient, projected=-amount)
        elif transaction.fail is None:
            accounts.add(asset, transaction.sender, mined=-total)
            for recipient, amount in transaction.parts:
                accounts.add(asset, recipient, mined=amount)
        self._database.transactions.put_in_block(transaction, height, status)

    def _orphan_above(self, height: int, *, drop: bool) -> None:
        """Undo all blocks above a height; their transactions wait again, or vanish."""
        for transaction in self._database.transactions.above(height):
            self._undo(transaction, drop=drop)
        if drop:
            self._database.transactions.remove_above(height)
        else:
            self._database.transactions.return_above(height)
        self._database.blocks.remove_above(height)

    def _undo(self, transaction: Transaction, *, drop: bool) -> None:
        accounts = self._database.accounts
        has_moved = transaction.status == SUCCESS
        is_planned = transaction.fail is None and not drop
        for recipient, amount in transaction.parts:
            moved = amount if has_moved else 0
            # The projection keeps what is still going to happen: it contains what has moved.
            projected = moved - (amount if is_planned else 0)
            asset = transaction.asset
            accounts.add(asset, transaction.sender, mined=moved, projected=projected)
            accounts.add(asset, recipient, mined=-moved, projected=-projected)
