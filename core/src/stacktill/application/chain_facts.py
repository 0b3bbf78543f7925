"""What the books need to know of a chain."""

from __future__ import annotations

from dataclasses import dataclass

from stacktill.plugin.chain import Chain

__all__ = ["ChainFacts"]


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """A chain's name in the books, its mode, and what counts there as sBTC, free or locked."""

    chain_id: str
    livemode: bool
    sbtc_asset: str
    sbtc_locked_asset: str | None = None

    @classmethod
    def of(cls, chain: Chain, livemode: bool) -> ChainFacts:
        """The facts of an opened chain."""
        return cls(chain.chain_id, livemode, chain.sbtc_asset, chain.sbtc_locked_asset)
