"""The remote control of the sandbox: pay, mine, fork, move the clock, make trouble."""

from __future__ import annotations

from stacktill.domain.errors import InvalidParameter, InvalidRequest
from stacktill.plugin import Block, SandboxOrder, WalletOrder
from stacktill.plugin.pulse import Pulse
from stacktill_chain_sandbox.clock import SandboxClock
from stacktill_chain_sandbox.database import Database
from stacktill_chain_sandbox.faults import FAULTS
from stacktill_chain_sandbox.miner import Miner
from stacktill_chain_sandbox.orders import check_asset, check_order, check_principal, submit
from stacktill_chain_sandbox.principals import SBTC_ASSET
from stacktill_chain_sandbox.sponsor import signed_call
from stacktill_chain_sandbox.wallets import sign

__all__ = ["Script"]

# Blocks are made while the event loop waits, so one call makes a limited number of them.
_BLOCKS_PER_CALL = 10_000
_LATEST_TIME = 32_503_680_000  # the year 3000


class Script:
    """A ``SandboxScript``; each call is one transaction, written before it returns.

    All calls raise ``Unavailable`` when the file cannot be written; nothing has changed then.
    """

    def __init__(
        self, database: Database, miner: Miner, *, clock: SandboxClock, pulse: Pulse
    ) -> None:
        self._database = database
        self._miner = miner
        self._clock = clock
        self._pulse = pulse

    async def pay(self, order: SandboxOrder) -> str:
        """Put a signed transfer into the mempool and return its txid."""
        checked = check_order(order)
        with self._database.transaction():
            return submit(self._database, checked)

    async def mine(self, count: int = 1, *, bitcoin: bool = False) -> Block:
        """Mine blocks and return the new tip; ``InvalidRequest`` while the chain stands still."""
        _check_number(count, "count", largest=_BLOCKS_PER_CALL)
        with self._database.transaction():
            self._check_running()
            tip = self._miner.mine(count, bitcoin=bitcoin, now=self._clock.now())
        self._pulse.beat()
        return tip

    async def reorg(self, depth: int, *, drop: bool = False) -> Block:
        """Replace the last blocks by a longer fork and return the new tip."""
        _check_number(depth, "depth", largest=_BLOCKS_PER_CALL)
        with self._database.transaction():
            self._check_running()
            self._check_depth(depth)
            tip = self._miner.replace(depth, drop=drop, now=self._clock.now())
        self._pulse.beat()
        return tip

    async def advance(self, seconds: int) -> int:
        """Move the chain's clock forward and return the new Unix time; no block comes of it."""
        _check_number(seconds, "seconds", largest=_LATEST_TIME - self._clock.now())
        offset_seconds = self._clock.offset_seconds + seconds
        with self._database.transaction():
            self._database.state.set_clock_offset(offset_seconds)
        self._clock.offset_seconds = offset_seconds
        self._pulse.beat()
        return self._clock.now()

    async def stall(self, *, stalled: bool) -> None:
        """Stop or resume making blocks; the mempool still takes transactions."""
        with self._database.transaction():
            self._database.state.set_stalled(stalled=stalled)

    async def api_fault(self, mode: str | None) -> None:
        """Make the reading side fail in one of the ways of ``FAULTS``; None heals it."""
        if mode is not None and mode not in FAULTS:
            raise InvalidParameter(f"A fault is one of: {', '.join(FAULTS)}.", param="mode")
        with self._database.transaction():
            tip = self._database.blocks.tip()
            frozen_height = tip.height if mode == "stale" and tip is not None else None
            self._database.state.set_fault(mode, frozen_height=frozen_height)
        self._pulse.beat()

    async def sign(self, message: str, *, address: str) -> str:
        """Sign a text as the wallet of an address; ``InvalidParameter`` when it is no wallet's."""
        return sign(self._database.state.seed(), message, address=address)

    async def sign_call(self, order: WalletOrder, *, payer: str) -> bytes:
        """Sign an order's payment for sponsoring; ``InvalidParameter`` when the payer is no wallet."""
        return signed_call(self._database.state.seed(), order, payer=payer)

    async def balance(self, address: str, asset: str | None = None) -> int:
        """The balance by the blocks, in the asset's smallest unit; the mempool does not count."""
        check_principal(address, "address")
        if asset is not None:
            check_asset(asset)
        with self._database.transaction():
            return self._database.accounts.mined(asset or SBTC_ASSET, address)

    def _check_running(self) -> None:
        if self._database.state.read().stalled:
            raise InvalidRequest("The sandbox chain stands still; resume it to make blocks.")

    def _check_depth(self, depth: int) -> None:
        tip = self._database.blocks.tip()
        if tip is None or depth > tip.height:
            height = 0 if tip is None else tip.height
            raise InvalidParameter(
                f"The chain has {height} blocks above genesis, so no more can be replaced.",
                param="depth",
            )


def _check_number(number: int, param: str, *, largest: int) -> None:
    if isinstance(number, bool) or not 1 <= number <= largest:
        raise InvalidParameter(
            f"This must be a whole number from 1 to {largest}, not {number}.", param=param
        )
