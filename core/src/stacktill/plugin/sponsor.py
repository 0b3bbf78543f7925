"""The sponsor port: what a chain adds when it can pay the network's fee for a payer who has no STX.

A chain that has it carries an attribute ``sponsor``. Its key stays in the plugin: the core decides whether
to pay, and for what; it never signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from stacktill.plugin.chain import Chain
    from stacktill.plugin.wallets import WalletOrder

__all__ = ["ScriptedPayer", "Sponsor", "SponsorChain", "SponsoredCall", "sponsor_of"]


@dataclass(frozen=True, slots=True)
class SponsoredCall:
    """What a payer signed and wants sponsored: whose it is, and the network's fee for it in micro-STX."""

    payer: str
    fee_ustx: int


class Sponsor(Protocol):
    """Reads transactions that payers signed for sponsoring, adds its own signature, and sends them."""

    async def draft(self, order: WalletOrder, payer: str) -> bytes:
        """The transaction that pays an order out of that address, unsigned, with a place for a sponsor.

        It is for wallets that sign what they are given but cannot make such a transaction themselves; what
        they give back passes ``check``. Raise ``InvalidParameter`` (param ``payer``) when the address is
        no single wallet's, ``ChainUnavailable`` when the payer's account cannot be asked.
        """
        ...

    async def check(self, transaction: bytes, order: WalletOrder) -> SponsoredCall:
        """Read a transaction; it must be, to the byte, a call that pays this order and nothing else.

        Contract, function, arguments and post-conditions are compared with the call that the core would
        have asked for, and the payer's signature is checked. Raise ``InvalidParameter`` (param
        ``transaction``) for anything else.
        """
        ...

    async def send(self, transaction: bytes, call: SponsoredCall) -> str:
        """Sign as the sponsor with exactly ``call.fee_ustx``, broadcast, and return the txid.

        Raise ``InvalidRequest`` when the network refused it for good, so that nothing was or will be
        spent; ``ChainUnavailable`` when nobody knows.
        """
        ...


@runtime_checkable
class SponsorChain(Protocol):
    """A chain with a sponsor."""

    @property
    def sponsor(self) -> Sponsor | None:
        """The sponsor, or None when none is configured."""
        ...


@runtime_checkable
class ScriptedPayer(Protocol):
    """A ``SandboxScript`` that can play payers who want their network fee paid."""

    async def sign_call(self, order: WalletOrder, *, payer: str) -> bytes:
        """What the wallet of ``payer`` signs to pay an order by a transaction that is to be sponsored.

        Raises ``InvalidParameter`` when the payer's address is no wallet's.
        """
        ...


def sponsor_of(chain: Chain | None) -> Sponsor | None:
    """The sponsor of a chain, or None when it has none."""
    return chain.sponsor if isinstance(chain, SponsorChain) else None
