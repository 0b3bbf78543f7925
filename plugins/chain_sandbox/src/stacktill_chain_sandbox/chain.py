"""The reading side of the sandbox: what the watcher sees of it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from stacktill.domain.addresses import AddressForm
from stacktill.domain.errors import Unavailable
from stacktill.plugin import (
    Block,
    ChainUnavailable,
    Clock,
    Health,
    RefundTerms,
    SandboxScript,
    Sponsor,
    Transfer,
)
from stacktill.plugin.pulse import Pulse
from stacktill.plugin.refunds import refund_call
from stacktill_chain_sandbox.database import Database
from stacktill_chain_sandbox.faults import FAULTS, REFUSING, garbage_block, suffer
from stacktill_chain_sandbox.principals import SBTC_ASSET, is_principal, named_address
from stacktill_chain_sandbox.sponsor import SandboxSponsor
from stacktill_chain_sandbox.state import State
from stacktill_chain_sandbox.wallets import address_fault, address_form, is_signed

__all__ = ["SandboxChain"]


class SandboxChain:
    """A ``Chain`` that answers from the database, as well as the fault of the moment lets it."""

    # Test mode shows shops what live mode will show them, so the network has the same name.
    network = "stacks"
    chain_id = "stacks:sandbox"
    sbtc_asset = SBTC_ASSET
    # Nobody withdraws to Bitcoin from here.
    sbtc_locked_asset: str | None = None
    # What is mined here is seen at once.
    visibility_seconds = 0

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        script: SandboxScript,
        pulse: Pulse,
        slow_seconds: float,
    ) -> None:
        self.clock: Clock = clock
        self.script: SandboxScript | None = script
        self._database = database
        # Signatures are checked within transactions, on another thread than the database's.
        self._seed = database.state.seed()
        self.sponsor: Sponsor | None = SandboxSponsor(database, seed=self._seed)
        self._pulse = pulse
        self._slow_seconds = slow_seconds

    async def tip(self) -> Block:
        """The canonical tip, or where a stale source got stuck."""
        async with self._answering() as state:
            return self._visible_tip(state)

    async def block(self, height: int) -> Block | None:
        """The canonical block at a height, or None above the visible tip."""
        async with self._answering() as state:
            if height > self._visible_tip(state).height:
                return None
            if state.fault == "garbage":
                return garbage_block(height)
            return self._at(height)

    async def transfers(self, block: Block) -> Sequence[Transfer]:
        """The fungible-token transfers of a block, as long as it is canonical."""
        async with self._answering() as state:
            canonical = self._at(block.height)
            if state.fault == "garbage" or canonical is None or canonical.hash != block.hash:
                raise ChainUnavailable(f"Block {block.hash} is not, or no longer, canonical.")
            return self._database.transactions.transfers(block.height)

    async def changed(self, timeout_seconds: float) -> None:
        """Return at the next block, fault or move of the clock, or after the time."""
        await self._pulse.wait(timeout_seconds)

    def stalled(self, tip: Block, now: int) -> bool:
        """Whether the script made the chain, or what is seen of it, stand still; a tip of any age is fine."""
        state = self._state()
        return state.stalled or state.fault == "stale"

    def is_address(self, text: str) -> bool:
        """Whether the text is a well-formed testnet principal."""
        return is_principal(text)

    def address_form(self, text: str) -> AddressForm | None:
        """What kind of principal the text names, or None when it is no address."""
        return address_form(text)

    def address_fault(self, text: str) -> str | None:
        """Why nobody should be paid there: the main network's, nobody's, or sBTC's own."""
        return address_fault(text)

    def is_signed(self, message: str, signature: str, *, address: str) -> bool:
        """Whether the script's ``sign`` made this signature of exactly this text."""
        return is_signed(self._seed, message, signature, address=address)

    def settlement_address(self, merchant_id: str) -> str | None:
        """The play-money address of a merchant, the same whenever it is asked for."""
        return named_address(f"sandbox merchant {merchant_id}")

    def refund_transaction(self, terms: RefundTerms) -> dict[str, object]:
        """The sBTC transfer that the merchant's wallet must sign."""
        return refund_call(terms, asset=SBTC_ASSET, network="sandbox")

    async def health(self) -> Health:
        """Whether the source answers; a fault that was asked for is named."""
        try:
            with self._database.transaction():
                state = self._database.state.read()
                tip = self._database.blocks.tip()
                waiting = self._database.transactions.count_waiting()
        except Unavailable as error:
            return Health(ok=False, detail=error.message)
        troubles = [FAULTS[state.fault]] if state.fault else []
        troubles += ["the chain stands still"] if state.stalled else []
        height = -1 if tip is None else tip.height
        return Health(
            ok=state.fault not in REFUSING,
            detail=", ".join(troubles) or "ok",
            figures={"tip_height": float(height), "mempool_transactions": float(waiting)},
        )

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[State]:
        """The state behind an answer, once the fault of the moment has had its way."""
        try:
            await suffer(self._state().fault, slow_seconds=self._slow_seconds)
            yield self._state()
        except sqlite3.Error as error:
            raise ChainUnavailable(f"The sandbox chain cannot read its file: {error}.") from error

    def _state(self) -> State:
        return self._database.state.read()

    def _visible_tip(self, state: State) -> Block:
        tip = self._database.blocks.tip()
        if state.fault == "garbage" and tip is not None:
            return garbage_block(tip.height + 1)
        if state.frozen_height is not None:
            # A fork is longer than what it replaces, so there is always a block at this height.
            tip = self._at(state.frozen_height)
        if tip is None:
            raise ChainUnavailable("The sandbox chain has no blocks.")
        return tip

    def _at(self, height: int) -> Block | None:
        return self._database.blocks.at(height)
