"""The wallets port: what a chain adds when its payers' wallets can be asked from the payer's page.

A chain that has it carries an attribute ``wallets``; one without is paid by hand and loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from stacktill.plugin.chain import Chain

__all__ = ["Fate", "Purse", "WalletCall", "WalletChain", "WalletDesk", "WalletOrder", "wallet_desk"]

Fate = Literal["unseen", "pending", "mined", "failed", "stopped"]
"""What the network says of a transaction: it knows none, or none any more; it waits; it is in a block; it is
in a block and moved nothing, because its contract refused or, ``stopped``, because its post-conditions were
not those that the wallet had been given.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletOrder:
    """What a payer's wallet is to pay.

    ``amount_sats`` is all that leaves the payer; ``fee_sats`` of it go to ``fee_recipient``, the rest to
    ``recipient``. ``memo`` names the payment in a plain transfer, ``name`` (16 bytes) in a contract's
    terms. ``closes_at`` is the Unix second after which money would come too late.
    """

    recipient: str
    amount_sats: int
    memo: bytes
    name: bytes
    closes_at: int
    fee_sats: int = 0
    fee_recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletCall:
    """A contract call, ready to be signed: arguments and post-conditions are hex as wallets take it.

    Nothing but what the post-conditions name may move. ``size_bytes`` is that of the transaction.
    """

    contract: str
    function: str
    arguments: tuple[str, ...]
    post_conditions: tuple[str, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Purse:
    """What a payer could spend: sats of sBTC, micro-STX, and the micro-STX that a call is likely to cost."""

    sats: int
    ustx: int
    fee_ustx: int


class WalletDesk(Protocol):
    """Prepares what wallets sign, and looks at what payers have."""

    @property
    def network(self) -> str:
        """The network as wallets name it, such as ``mainnet``."""
        ...

    async def call(self, order: WalletOrder, payer: str) -> WalletCall:
        """The call that pays an order out of the wallet of that address."""
        ...

    async def purse(self, payer: str, call: WalletCall) -> Purse | None:
        """What the payer has; None when that cannot be asked now, which must keep nobody from paying."""
        ...

    async def fate(self, txid: str) -> Fate | None:
        """What became of a transaction that a wallet named (64 hex digits); None when it cannot be asked.

        It is for telling the payer, and proves nothing: money counts by the chain's blocks alone.
        """
        ...


@runtime_checkable
class WalletChain(Protocol):
    """A chain with a desk for wallets."""

    @property
    def wallets(self) -> WalletDesk:
        """The desk."""
        ...


def wallet_desk(chain: Chain | None) -> WalletDesk | None:
    """The desk of a chain, or None when it has none."""
    return chain.wallets if isinstance(chain, WalletChain) else None
