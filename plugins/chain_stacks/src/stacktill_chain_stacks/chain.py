"""The reading side of Stacks: what the watcher sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stacktill.plugin import (
    Block,
    ChainUnavailable,
    Clock,
    Health,
    RefundTerms,
    SandboxScript,
    Sponsor,
    Transfer,
    WalletDesk,
)
from stacktill.plugin.pulse import Pulse
from stacktill_chain_stacks.addresses import Addresses
from stacktill_chain_stacks.config import SBTC_ASSET_NAME, StacksConfig
from stacktill_chain_stacks.refunds import refund_transaction
from stacktill_chain_stacks.source import ChainSource
from stacktill_chain_stacks.wire.principals import AssetId

if TYPE_CHECKING:
    from stacktill.domain.addresses import AddressForm

__all__ = ["StacksChain"]

FUTURE_SECONDS = 7200


class StacksChain:
    """A ``Chain`` that reads real blocks from its sources."""

    network = "stacks"
    script: SandboxScript | None = None

    def __init__(
        self,
        config: StacksConfig,
        source: ChainSource,
        *,
        clock: Clock,
        pulse: Pulse,
        wallets: WalletDesk,
        sponsor: Sponsor | None = None,
    ) -> None:
        self.chain_id = f"stacks:{config.network_id}"
        self.sbtc_asset = f"{config.sbtc}::{SBTC_ASSET_NAME}"
        self.sbtc_locked_asset: str | None = f"{self.sbtc_asset}-locked"
        self.clock: Clock = clock
        self.visibility_seconds = config.visibility_seconds
        self.wallets = wallets
        self.sponsor = sponsor
        self._config = config
        self._source = source
        self._pulse = pulse
        self._asset = AssetId.parse(self.sbtc_asset)
        self._addresses = Addresses(
            mainnet=config.is_mainnet,
            chain_id=config.network_id,
            sbtc=config.sbtc,
            pay_contract=config.pay_contract,
        )

    async def tip(self) -> Block:
        """The canonical tip; a block from far in the future is nobody's."""
        tip = await self._source.tip()
        if tip.time > self.clock.now() + FUTURE_SECONDS:
            raise ChainUnavailable(
                f"The newest block is {tip.time - self.clock.now()} s ahead of this machine's clock."
            )
        return tip

    async def block(self, height: int) -> Block | None:
        """The canonical block at a height, or None above the tip."""
        return await self._source.block(height)

    async def transfers(self, block: Block) -> Sequence[Transfer]:
        """The fungible-token transfers of a block, as long as it is canonical."""
        return await self._source.transfers(block)

    async def changed(self, timeout_seconds: float) -> None:
        """Return when a node told of something new, or after the time."""
        await self._pulse.wait(timeout_seconds)

    def stalled(self, tip: Block, now: int) -> bool:
        """Whether the newest block that is seen is too old, be it the chain's fault or the source's.

        Both look alike from here, and in both nobody can be told that they did not pay.
        """
        return now - tip.time > self._config.stalled_after_seconds

    def is_address(self, text: str) -> bool:
        """Whether the text is a well-formed principal of this network."""
        return self._addresses.form(text) is not None

    def address_form(self, text: str) -> AddressForm | None:
        """What kind of principal of this network the text names, or None when it is no address."""
        return self._addresses.form(text)

    def address_fault(self, text: str) -> str | None:
        """Why nobody should be paid there: another network's, nobody's, or sBTC's own."""
        return self._addresses.fault(text)

    def is_signed(self, message: str, signature: str, *, address: str) -> bool:
        """Whether the wallet of ``address`` signed exactly this text; the signature is R, S, V in hex."""
        return self._addresses.is_signed(message, signature, address=address)

    def settlement_address(self, merchant_id: str) -> str | None:
        """None: a merchant brings the address of a wallet of its own."""
        return None

    def refund_transaction(self, terms: RefundTerms) -> dict[str, object]:
        """The sBTC transfer that the merchant's wallet must sign."""
        config = self._config
        return refund_transaction(
            terms, asset=self._asset, network=config.network, chain_id=config.network_id
        )

    async def health(self) -> Health:
        """Whether the sources answer, and how old the newest block is."""
        try:
            tip = await self.tip()
        except ChainUnavailable as error:
            return Health(ok=False, detail=str(error))
        age = max(self.clock.now() - tip.time, 0)
        figures = {"tip_height": float(tip.height), "tip_age_seconds": float(age)}
        if self.stalled(tip, self.clock.now()):
            return Health(ok=False, detail=f"the newest block is {age} s old", figures=figures)
        return Health(ok=True, figures=figures)
