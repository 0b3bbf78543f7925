"""Whatever is done to the sandbox, its balances are what its canonical blocks say."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from stacktill.domain.errors import InvalidParameter
from stacktill.plugin import Chain, SandboxOrder, SandboxScript, Transfer
from stacktill.testing import plugin_context
from stacktill_chain_sandbox.accounts import SUPPLY
from stacktill_chain_sandbox.config import SandboxConfig
from stacktill_chain_sandbox.principals import FAUCET, MINT, SBTC_ASSET, named_address
from stacktill_chain_sandbox.sandbox import FILE_NAME, open_sandbox

PEOPLE = [named_address(name) for name in ("alice", "bob", "carol", "dave")]
ASSETS = [SBTC_ASSET, f"{PEOPLE[0]}.sbtc-token::sbtc-token"]
_WRONG_PROJECTIONS = """
SELECT * FROM balances WHERE projected <> mined + coalesce((
    SELECT sum(
        iif(recipient = balances.address, amount, 0) + iif(fee_recipient = balances.address, fee, 0)
        - iif(sender = balances.address, amount + fee, 0)
    ) FROM transactions
    WHERE height IS NULL AND fail IS NULL AND asset = balances.asset
), 0)
"""
AMOUNTS = st.integers(1, 100)
FAILURES = [None, None, None, "abort_by_response", "abort_by_post_condition"]


class SandboxBooks(RuleBasedStateMachine):
    """A model that replays the canonical blocks from genesis after every step.

    The model knows three things beside the blocks: what the faucet gave to senders it had not seen,
    which orders can fail, and which transactions were dropped.
    """

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = TemporaryDirectory()
        self.granted: dict[tuple[str, str], int] = defaultdict(int)
        self.seen: set[str] = {FAUCET}
        self.failing: set[str] = set()
        self.ordered: set[str] = set()
        self.dropped: set[str] = set()

    @initialize()
    def open(self) -> None:
        config = SandboxConfig(stacks_blocks_per_bitcoin_block=3)
        context = plugin_context("chain_sandbox", config, Path(self.folder.name))
        self.opening = open_sandbox(context)
        self.chain: Chain = self.runner.run(self.opening.__aenter__())
        assert self.chain.script is not None
        self.script: SandboxScript = self.chain.script

    @rule(
        sender=st.sampled_from([None, *PEOPLE]),
        recipient=st.sampled_from(PEOPLE),
        asset=st.sampled_from(ASSETS),
        amount=st.integers(1, 100),
        fail=st.sampled_from(FAILURES),
        fee=st.one_of(st.none(), st.tuples(st.integers(1, 30), st.sampled_from(PEOPLE))),
    )
    def pay(
        self,
        *,
        sender: str | None,
        recipient: str,
        asset: str,
        amount: int,
        fail: str | None,
        fee: tuple[int, str] | None,
    ) -> None:
        if sender == recipient or (fee is not None and sender == fee[1]):
            return
        order = SandboxOrder(recipient, amount, sender=sender, asset=asset, fail=fail)
        if fee is not None:
            order = replace(order, fee_sats=fee[0], fee_recipient=fee[1])
        try:
            txid = self.runner.run(self.script.pay(order))
        except InvalidParameter:
            # A sender that was never seen is funded, so only others can lack cover.
            assert sender in self.seen
            return
        assert txid not in self.ordered, "a txid was given twice"
        self.ordered.add(txid)
        if fail is not None:
            self.failing.add(txid)
        elif sender is not None and sender not in self.seen:
            self.granted[asset, sender] += order.amount_sats + order.fee_sats
        self.seen |= {sender or FAUCET, recipient, order.fee_recipient or recipient}

    @rule(recipient=st.sampled_from(PEOPLE), asset=st.sampled_from(ASSETS), amount=AMOUNTS)
    def mint(self, *, recipient: str, asset: str, amount: int) -> None:
        order = SandboxOrder(recipient, amount, asset=asset, minted=True)
        self.ordered.add(self.runner.run(self.script.pay(order)))
        self.seen.add(recipient)

    @rule(sender=st.sampled_from(PEOPLE), asset=st.sampled_from(ASSETS), amount=AMOUNTS)
    def burn(self, *, sender: str, asset: str, amount: int) -> None:
        try:
            txid = self.runner.run(
                self.script.pay(SandboxOrder(None, amount, sender=sender, asset=asset))
            )
        except InvalidParameter:
            assert sender in self.seen
            return
        self.ordered.add(txid)
        if sender not in self.seen:
            self.granted[asset, sender] += amount
        self.seen.add(sender)

    @rule(count=st.integers(1, 4), bitcoin=st.booleans())
    def mine(self, count: int, bitcoin: bool) -> None:
        self.runner.run(self.script.mine(count, bitcoin=bitcoin))

    @rule(depth=st.integers(1, 8), drop=st.booleans())
    def reorg(self, depth: int, drop: bool) -> None:
        before = self.replay()
        tip = self.runner.run(self.chain.tip())
        if depth > tip.height:
            return
        after_tip = self.runner.run(self.script.reorg(depth, drop=drop))
        assert after_tip.height == tip.height + 1
        after = {transfer.txid for _, transfer in self.replay()}
        kept = {transfer.txid for height, transfer in before if height <= tip.height - depth}
        orphaned = {transfer.txid for _, transfer in before} - kept
        assert kept <= after
        if drop:
            assert not orphaned & after
            self.dropped |= orphaned
        else:
            assert orphaned <= after

    @rule()
    def restart(self) -> None:
        self.runner.run(self.opening.__aexit__(None, None, None))
        self.open()

    @invariant()
    def books_equal_blocks(self) -> None:
        balances: dict[tuple[str, str], int] = defaultdict(int)
        for asset in ASSETS:
            balances[asset, FAUCET] = SUPPLY
        for (asset, address), amount in self.granted.items():
            balances[asset, address] += amount
            balances[asset, FAUCET] -= amount
        for _, transfer in self.replay():
            assert transfer.txid not in self.failing | self.dropped
            balances[transfer.asset, transfer.sender or MINT] -= transfer.amount
            balances[transfer.asset, transfer.recipient or MINT] += transfer.amount
            assert transfer.sender is None or balances[transfer.asset, transfer.sender] >= 0
        for asset in ASSETS:
            told = {
                address: self.runner.run(self.script.balance(address, asset))
                for address in [FAUCET, MINT, *PEOPLE]
            }
            assert told == {address: balances[asset, address] for address in told}
            assert sum(told.values()) == SUPPLY

    @invariant()
    def projections_count_the_mempool(self) -> None:
        connection = sqlite3.connect(Path(self.folder.name) / FILE_NAME)
        wrong = connection.execute(_WRONG_PROJECTIONS).fetchall()
        connection.close()
        assert not wrong

    def replay(self) -> list[tuple[int, Transfer]]:
        """All canonical transfers with their heights, over blocks that link."""
        found = self.runner.run(self._read())
        places = [(transfer.txid, transfer.event_index) for _, transfer in found]
        assert len(set(places)) == len(places)
        assert {txid for txid, _ in places} <= self.ordered
        return found

    async def _read(self) -> list[tuple[int, Transfer]]:
        tip = await self.chain.tip()
        found: list[tuple[int, Transfer]] = []
        parent_hash = "0" * 64
        for height in range(tip.height + 1):
            block = await self.chain.block(height)
            assert block is not None
            assert block.parent_hash == parent_hash
            parent_hash = block.hash
            found += [(height, transfer) for transfer in await self.chain.transfers(block)]
        return found

    def teardown(self) -> None:
        if hasattr(self, "opening"):
            self.runner.run(self.opening.__aexit__(None, None, None))
        self.folder.cleanup()
        self.runner.close()


TestSandboxBooks = SandboxBooks.TestCase
TestSandboxBooks.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
