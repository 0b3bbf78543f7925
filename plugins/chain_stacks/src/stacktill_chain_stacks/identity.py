"""Which network this is meant to be, and whether a node is on it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks.client.node import NodeClient

__all__ = ["Identity", "WrongNetwork"]

log = logging.getLogger("stacktill.plugins.chain_stacks")


class WrongNetwork(ChainUnavailable):
    """A source is on another network, or means another sBTC: nothing that it says may count."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The network's number and the contract of sBTC, as the configuration says."""

    network_id: int
    sbtc_contract: str

    async def check(self, node: NodeClient) -> None:
        """Raise ``WrongNetwork`` when a node disagrees, ``ChainUnavailable`` when it does not say."""
        info = await node.info()
        if info.network_id != self.network_id:
            raise WrongNetwork(
                f"{node.name} is on the network {info.network_id:#x}, not on {self.network_id:#x}: "
                "check network and chain_id of [plugins.chain_stacks]."
            )
        named = (await node.pox()).pox_5_sbtc_contract
        if named is None:
            log.warning("chain.sbtc_unconfirmed", extra={"source": node.name})
        elif named != self.sbtc_contract:
            raise WrongNetwork(
                f"{node.name} says that sBTC is {named}, not {self.sbtc_contract}: "
                "check network and sbtc_contract of [plugins.chain_stacks]."
            )
