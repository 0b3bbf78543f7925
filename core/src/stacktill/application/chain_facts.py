"""What the books need to know of a chain."""

from __future__ import annotations

from dataclasses import dataclass

from stacktill.plugin.chain import Chain

__all__ = ["ChainFacts"]


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """A chain's name in the books, its mode, and the one asset that counts as sBTC there."""

    chain_id: str
    livemode: bool
    sbtc_asset: str

    @classmethod
    def of(cls, chain: Chain, livemode: bool) -> ChainFacts:
        """The facts of an opened chain."""
        return cls(chain.chain_id, livemode, chain.sbtc_asset)
