"""The contract suite of the chain port: what every chain plugin must hold.

A plugin's tests subclass ``ChainContract`` and say how their chain is opened::

    class TestMyChain(ChainContract):
        @pytest.fixture
        async def chain(self, tmp_path: Path) -> AsyncIterator[Chain]:
            async with open_my_chain(my_context(tmp_path)) as chain:
                yield chain

The tests need ``pytest`` and ``pytest-asyncio``, and a chain that answers. Those that give orders
run only on a chain with a ``script``.
"""

from __future__ import annotations

import asyncio
import json

import pytest

from stacktill.plugin import Block, Chain, ChainUnavailable, Health, RefundTerms
from stacktill.testing.chain_fixtures import check_links, recent_blocks
from stacktill.testing.chain_script import ChainScriptContract

__all__ = ["ChainContract"]

_FAR = 1_000_000
_UNKNOWN_HASH = "ab" * 32


@pytest.mark.asyncio
class ChainContract(ChainScriptContract):
    """Subclass it as ``Test…`` and override the fixture ``chain``; the test methods come along.

    A chain that gives merchants no settlement address overrides ``recipient`` as well.
    """

    # ------------------------------------------------------------------------------- reading

    async def test_it_has_a_name_and_one_asset(self, chain: Chain) -> None:
        """Network and chain id are set, and sBTC is a whole asset identifier."""
        assert chain.network
        assert chain.chain_id
        contract, separator, asset = chain.sbtc_asset.partition("::")
        assert separator
        assert chain.is_address(contract)
        assert asset

    async def test_blocks_link_by_parent_hash(self, chain: Chain) -> None:
        """Each recent block names the one below it as its parent; no clock runs backwards."""
        blocks = await recent_blocks(chain)
        assert blocks
        check_links(blocks)

    async def test_the_tip_is_the_block_at_its_height(self, chain: Chain) -> None:
        """``tip`` and ``block`` agree, unless a block came in between."""
        for _ in range(5):
            tip = await chain.tip()
            if await chain.block(tip.height) == tip:
                return
        pytest.fail("the tip is never the block at its own height")

    async def test_above_the_tip_there_is_no_block(self, chain: Chain) -> None:
        """A height that is not reached answers None, not an error."""
        tip = await chain.tip()
        assert await chain.block(tip.height + _FAR) is None

    async def test_transfers_are_well_formed(self, chain: Chain) -> None:
        """Amounts are positive, memos short, somebody gave or got, and each place in a block is its own."""
        for block in await recent_blocks(chain):
            transfers = await chain.transfers(block)
            places = {(transfer.txid, transfer.event_index) for transfer in transfers}
            assert len(places) == len(transfers)
            for transfer in transfers:
                assert transfer.amount > 0
                assert "::" in transfer.asset
                assert transfer.memo is None or len(transfer.memo) <= 34
                parties = [one for one in (transfer.sender, transfer.recipient) if one is not None]
                assert parties
                assert all(chain.is_address(one) for one in parties)
                assert len(parties) == 2 or transfer.memo is None, "what is minted has no memo"

    async def test_its_assets_are_apart(self, chain: Chain) -> None:
        """What is money, and what a withdrawal holds of it, are two tokens."""
        assert "::" in chain.sbtc_asset
        assert chain.sbtc_locked_asset is None or "::" in chain.sbtc_locked_asset
        assert chain.sbtc_locked_asset != chain.sbtc_asset

    async def test_transfers_of_an_unknown_block_are_refused(self, chain: Chain) -> None:
        """A hash that is not canonical raises, so that nobody takes it for an empty block."""
        tip = await chain.tip()
        stranger = Block(
            tip.height,
            _UNKNOWN_HASH,
            tip.parent_hash,
            tip.burn_height,
            tip.burn_hash,
            tip.time,
        )
        with pytest.raises(ChainUnavailable):
            await chain.transfers(stranger)

    async def test_changed_comes_back_after_its_time(self, chain: Chain) -> None:
        """``changed`` never waits much longer than it was told to."""
        async with asyncio.timeout(5):
            await chain.changed(0.01)
            await chain.changed(0.01)

    async def test_its_clock_tells_one_time(self, chain: Chain) -> None:
        """Seconds and milliseconds agree."""
        before, milliseconds, after = chain.clock.now(), chain.clock.now_ms(), chain.clock.now()
        assert before <= milliseconds // 1000 <= after

    async def test_it_is_healthy(self, chain: Chain) -> None:
        """A chain that answers says so in words."""
        health = await chain.health()
        assert isinstance(health, Health)
        assert health.ok
        assert health.detail

    # ------------------------------------------------------------------ addresses and refunds

    async def test_addresses_are_told_from_other_text(self, chain: Chain, recipient: str) -> None:
        """A typing error, another case or a blank make it no address."""
        assert chain.is_address(recipient)
        last = "0" if recipient[-1] != "0" else "1"
        for text in (
            "",
            "S",
            recipient[:-1],
            recipient[:-1] + last,
            recipient + " ",
            recipient + "\n",
            recipient.swapcase(),
            recipient + ".",
            "é" * 41,
            "S" * 10_000,
        ):
            assert not chain.is_address(text), f"{text[:60]!r} passed as an address"

    async def test_money_is_lost_at_the_token_and_not_at_an_address(
        self, chain: Chain, recipient: str
    ) -> None:
        """What would be lost is told in words, and only that."""
        assert chain.address_fault(recipient) is None
        token = chain.sbtc_asset.partition("::")[0]
        assert token in (chain.address_fault(token) or "")

    async def test_a_merchants_address_is_its_own(self, chain: Chain) -> None:
        """The same merchant gets the same address again, another one another."""
        address = chain.settlement_address("mer_1")
        if address is None:
            pytest.skip("this chain gives no addresses")
        assert chain.is_address(address)
        assert chain.settlement_address("mer_1") == address
        assert chain.settlement_address("mer_2") != address

    async def test_a_refund_says_what_is_to_be_signed(self, chain: Chain, recipient: str) -> None:
        """The transaction is plain JSON that holds both addresses, the amount and the memo."""
        terms = RefundTerms("re_1", recipient, recipient + ".payer", 1234, b"\x01refund")
        text = json.dumps(chain.refund_transaction(terms))
        for part in (terms.sender, terms.recipient, "1234", terms.memo.hex()):
            assert part in text
