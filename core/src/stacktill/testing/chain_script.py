"""The half of the chain contract suite that gives orders: it runs where a chain has a script."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from stacktill.domain.errors import InvalidParameter, InvalidRequest
from stacktill.plugin import (
    Block,
    Chain,
    ChainUnavailable,
    SandboxOrder,
    SandboxScript,
    Transfer,
)
from stacktill.testing.chain_fixtures import ChainFixtures, check_links, recent_blocks

__all__ = ["ChainScriptContract"]

_FAR = 1_000_000


@pytest.mark.asyncio
class ChainScriptContract(ChainFixtures):
    """What the remote control of a chain does, and what the reading side shows of it."""

    # ---------------------------------------------------------------------------------- paying

    async def test_a_payment_counts_once_it_is_mined(
        self, chain: Chain, script: SandboxScript, recipient: str
    ) -> None:
        """In the mempool it is nothing; in a block it is exactly what was ordered."""
        before = await script.balance(recipient)
        txid = await script.pay(SandboxOrder(recipient, 5000, memo=b"\x00memo"))
        assert await script.balance(recipient) == before
        block = await script.mine()
        [transfer] = await chain.transfers(block)
        assert transfer == Transfer(
            txid,
            transfer.event_index,
            chain.sbtc_asset,
            5000,
            transfer.sender,
            recipient,
            b"\x00memo",
        )
        assert chain.is_address(transfer.sender or "")
        assert await script.balance(recipient) == before + 5000

    async def test_an_aborted_payment_moves_nothing(
        self, chain: Chain, script: SandboxScript, recipient: str
    ) -> None:
        """It is mined, and it is no transfer."""
        before = await script.balance(recipient)
        await script.pay(SandboxOrder(recipient, 5000, fail="abort_by_response"))
        await script.pay(SandboxOrder(recipient, 5000, fail="abort_by_post_condition"))
        assert list(await chain.transfers(await script.mine())) == []
        assert await script.balance(recipient) == before

    async def test_a_lookalike_is_another_asset(
        self, chain: Chain, script: SandboxScript, recipient: str
    ) -> None:
        """A token with the same name from another contract never passes for sBTC."""
        before = await script.balance(recipient)
        contract = f"{recipient}.sbtc-token"
        await script.pay(SandboxOrder(recipient, 5000, contract=contract))
        await script.pay(SandboxOrder(recipient, 5000, asset=f"{contract}::other"))
        transfers = await chain.transfers(await script.mine())
        assert [transfer.asset for transfer in transfers] == [
            f"{contract}::sbtc-token",
            f"{contract}::other",
        ]
        assert await script.balance(recipient) == before
        assert await script.balance(recipient, f"{contract}::other") == 5000

    async def test_what_is_minted_comes_from_nobody_and_what_is_burned_goes_to_nobody(
        self, chain: Chain, script: SandboxScript, recipient: str
    ) -> None:
        """Balances follow, a fork takes both back, and neither has a memo."""
        before = await script.balance(recipient)
        await script.pay(SandboxOrder(recipient, 5000, minted=True))
        [minted] = await chain.transfers(await script.mine())
        assert (minted.asset, minted.amount) == (chain.sbtc_asset, 5000)
        assert (minted.sender, minted.recipient, minted.memo) == (None, recipient, None)
        await script.pay(SandboxOrder(None, 300, sender=recipient))
        [burned] = await chain.transfers(await script.mine())
        assert (burned.amount, burned.sender, burned.recipient) == (300, recipient, None)
        assert await script.balance(recipient) == before + 4700
        await script.reorg(2)
        assert await script.balance(recipient) == before + 4700
        await script.reorg(3, drop=True)
        assert await script.balance(recipient) == before

    @pytest.mark.parametrize(
        ("field", "value"),
        [("memo", b"memo"), ("sender", "nobody"), ("fee_recipient", "nobody")],
    )
    async def test_a_mint_has_nothing_but_an_amount(
        self, script: SandboxScript, recipient: str, field: str, value: object
    ) -> None:
        """The error names what it cannot have."""
        values: dict[str, object] = {"minted": True, field: value}
        with pytest.raises(InvalidParameter) as refused:
            await script.pay(SandboxOrder(recipient, 1, **values))  # type: ignore[arg-type]
        assert refused.value.param == field

    async def test_what_was_received_can_be_sent_and_no_more(
        self, chain: Chain, script: SandboxScript, recipient: str
    ) -> None:
        """A sender with too little is refused by name; with enough it pays."""
        other = chain.settlement_address("mer_other")
        assert other is not None
        await script.pay(SandboxOrder(recipient, 700))
        await script.mine()
        owned = await script.balance(recipient)
        with pytest.raises(InvalidParameter) as refused:
            await script.pay(SandboxOrder(other, owned + 1, sender=recipient))
        assert refused.value.param == "sender"
        await script.pay(SandboxOrder(other, owned, sender=recipient))
        await script.mine()
        assert await script.balance(recipient) == 0

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("recipient", "nobody"),
            ("sender", "nobody"),
            ("amount_sats", 0),
            ("amount_sats", -1),
            ("amount_sats", 2**63),
            ("memo", b"x" * 35),
            ("asset", "sbtc"),
            ("contract", "sbtc-token"),
            ("fail", "because"),
        ],
    )
    async def test_a_malformed_order_is_refused_by_field(
        self, script: SandboxScript, recipient: str, field: str, value: object
    ) -> None:
        """The error names the field that must be mended."""
        values: dict[str, object] = {"recipient": recipient, "amount_sats": 1, field: value}
        with pytest.raises(InvalidParameter) as refused:
            await script.pay(SandboxOrder(**values))  # type: ignore[arg-type]
        assert refused.value.param == field

    # ------------------------------------------------------------------------------ blocks

    async def test_mining_puts_linked_blocks_on_top(
        self, chain: Chain, script: SandboxScript
    ) -> None:
        """As many as ordered, in the same or a later Bitcoin block."""
        before = await chain.tip()
        after = await script.mine(5)
        assert after.height == before.height + 5
        assert after == await chain.tip()
        check_links(await recent_blocks(chain))

    async def test_bitcoin_blocks_are_mined_on_demand(
        self, chain: Chain, script: SandboxScript
    ) -> None:
        """Each brings one Stacks block and a Bitcoin height of its own."""
        before = await chain.tip()
        after = await script.mine(3, bitcoin=True)
        assert after.height == before.height + 3
        assert after.burn_height == before.burn_height + 3
        check_links(await recent_blocks(chain))

    async def test_mining_nothing_is_refused(self, script: SandboxScript) -> None:
        """A count below one is malformed."""
        for count in (0, -1):
            with pytest.raises(InvalidParameter):
                await script.mine(count)

    async def test_a_reorg_relinks_the_heights_and_keeps_the_money(
        self, chain: Chain, script: SandboxScript, recipient: str
    ) -> None:
        """A longer fork from the ancestor; the payment is in it, the old block is refused."""
        ancestor = await chain.tip()
        txid = await script.pay(SandboxOrder(recipient, 5000))
        old = await script.mine()
        await script.mine(2)
        balance = await script.balance(recipient)
        tip = await script.reorg(3)
        assert tip == await chain.tip()
        assert tip.height == ancestor.height + 4
        blocks = await recent_blocks(chain)
        check_links(blocks)
        assert ancestor in blocks
        assert old not in blocks
        with pytest.raises(ChainUnavailable):
            await chain.transfers(old)
        assert await _txids(chain, ancestor.height) == [txid]
        assert await script.balance(recipient) == balance

    async def test_a_reorg_that_drops_takes_the_money_back(
        self, chain: Chain, script: SandboxScript, recipient: str
    ) -> None:
        """The transactions of the orphaned blocks are gone for good."""
        ancestor = await chain.tip()
        balance = await script.balance(recipient)
        await script.pay(SandboxOrder(recipient, 5000))
        await script.mine()
        await script.reorg(1, drop=True)
        await script.mine()
        assert await _txids(chain, ancestor.height) == []
        assert await script.balance(recipient) == balance
        check_links(await recent_blocks(chain))

    async def test_a_reorg_deeper_than_the_chain_is_refused(
        self, chain: Chain, script: SandboxScript
    ) -> None:
        """Nothing lies below genesis."""
        tip = await chain.tip()
        for depth in (0, tip.height + 1, tip.height + _FAR):
            with pytest.raises(InvalidParameter) as refused:
                await script.reorg(depth)
            assert refused.value.param == "depth"
        assert await chain.tip() == tip

    async def test_a_new_block_wakes_all_who_wait(
        self, chain: Chain, script: SandboxScript
    ) -> None:
        """Long before their time is over."""
        await chain.changed(0.01)
        async with asyncio.timeout(10):
            waiters = [asyncio.create_task(chain.changed(60)) for _ in range(3)]
            await asyncio.sleep(0.01)
            await script.mine()
            await asyncio.gather(*waiters)

    async def test_a_stalled_chain_makes_no_blocks(
        self, chain: Chain, script: SandboxScript, recipient: str
    ) -> None:
        """Mining is refused until it is resumed; paying waits in the mempool."""
        await script.stall(stalled=True)
        tip = await chain.tip()
        assert chain.stalled(tip, chain.clock.now())
        await script.pay(SandboxOrder(recipient, 5000))
        with pytest.raises(InvalidRequest):
            await script.mine()
        assert await chain.tip() == tip
        await script.stall(stalled=False)
        assert not chain.stalled(tip, chain.clock.now())
        assert len(await chain.transfers(await script.mine())) == 1

    async def test_the_clock_moves_forward_on_command(
        self, chain: Chain, script: SandboxScript
    ) -> None:
        """Later blocks carry the later time; going back is refused."""
        before = chain.clock.now()
        now = await script.advance(3600)
        assert now >= before + 3600
        assert chain.clock.now() >= now
        assert (await script.mine()).time >= now
        with pytest.raises(InvalidParameter):
            await script.advance(-1)

    # ------------------------------------------------------------------------------ faults

    @pytest.mark.parametrize("mode", ["down", "429"])
    async def test_a_source_that_fails_says_so(
        self, chain: Chain, script: SandboxScript, mode: str
    ) -> None:
        """Reading raises ``ChainUnavailable`` until the fault is healed; the script goes on."""
        tip = await chain.tip()
        await script.api_fault(mode)
        await _check_unreadable(chain, tip)
        assert not (await chain.health()).ok
        mined = await script.mine()
        await script.api_fault(None)
        assert await chain.tip() == mined

    async def test_a_stale_source_stays_where_it_was(
        self, chain: Chain, script: SandboxScript
    ) -> None:
        """New blocks are not seen until the fault is healed."""
        tip = await chain.tip()
        await script.api_fault("stale")
        mined = await script.mine(2)
        assert await chain.tip() == tip
        assert await chain.block(mined.height) is None
        await script.api_fault(None)
        assert await chain.tip() == mined

    async def test_garbage_links_to_nothing(self, chain: Chain, script: SandboxScript) -> None:
        """Nonsense is refused by the plugin itself, or shows by its parent hashes."""
        true_tip = await chain.tip()
        await script.api_fault("garbage")
        with contextlib.suppress(ChainUnavailable):
            tip = await chain.tip()
            below = await chain.block(tip.height - 1)
            assert below is None or tip.parent_hash != below.hash
        with pytest.raises(ChainUnavailable):
            await chain.transfers(true_tip)
        await script.api_fault(None)
        assert await chain.tip() == true_tip

    async def test_an_unknown_fault_is_refused(self, script: SandboxScript) -> None:
        """The error names the parameter."""
        with pytest.raises(InvalidParameter) as refused:
            await script.api_fault("tired")
        assert refused.value.param == "mode"


async def _txids(chain: Chain, above: int) -> list[str]:
    """The txids of all transfers above a height, in chain order."""
    tip = await chain.tip()
    txids: list[str] = []
    for height in range(above + 1, tip.height + 1):
        block = await chain.block(height)
        assert block is not None
        txids += [transfer.txid for transfer in await chain.transfers(block)]
    return txids


async def _check_unreadable(chain: Chain, tip: Block) -> None:
    """Assert that every question about the chain is refused."""
    with pytest.raises(ChainUnavailable):
        await chain.tip()
    with pytest.raises(ChainUnavailable):
        await chain.block(tip.height)
    with pytest.raises(ChainUnavailable):
        await chain.transfers(tip)
