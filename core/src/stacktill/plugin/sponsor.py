"""The sponsor port: what a chain adds when it can pay the network's fee for a payer who has no STX.

A chain that has it carries an attribute ``sponsor``. Its key stays in the plugin: the core decides whether
to pay, and for what; it never signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from stacktill.plugin.chain import Chain
    from stacktill.plugin.wallets import WalletOrder

__all__ = [
    "CallEnd",
    "CallNews",
    "ScriptedPayer",
    "SignedCall",
    "Sponsor",
    "SponsorChain",
    "SponsorPurse",
    "SponsoredCall",
    "WaitingCall",
    "sponsor_of",
]


CallEnd = Literal["sent", "mined", "dropped", "lost", "stuck"]


@dataclass(frozen=True, slots=True)
class SponsoredCall:
    """What a payer signed and wants sponsored: whose it is, and the network's fee for it in micro-STX."""

    payer: str
    fee_ustx: int


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A call with the sponsor's signature, as the network takes it, and the id that it has there."""

    txid: str
    transaction: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCall:
    """A call that was signed and has come to no end yet.

    ``transaction`` and ``txids`` (the newest first) are as it was signed, ``fee_ustx`` is the fee in it
    and ``seconds`` how long ago that was. ``state`` is what the network said last: nothing yet
    (``signed``), that it took it (``sent``), that it gave it up (``dropped``). With ``is_over`` the
    payment is not to be made any more.
    """

    id: str
    transaction: bytes
    txids: tuple[str, ...]
    fee_ustx: int
    seconds: int
    state: Literal["signed", "sent", "dropped"]
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNews:
    """What became of a waiting call.

    ``sent``: the network took it · ``mined``: a block did, and ``detail`` says what it came to ·
    ``dropped``: the network does not hold it, and its place is free for others · ``lost``: no block can
    take it any more · ``stuck``: it should be signed anew, with ``fee_ustx``.
    """

    id: str
    what: CallEnd
    detail: str = ""
    fee_ustx: int = 0


@dataclass(frozen=True, slots=True)
class SponsorPurse:
    """The account that pays the fees, and what it has, in micro-STX."""

    address: str
    ustx: int


class Sponsor(Protocol):
    """Reads transactions that payers signed for sponsoring, adds its own signature, and sends them.

    ``sign``, ``send`` and ``follow`` are called one after the other, never at the same time: calls of one
    account stand in a line. A call is kept before it is sent.
    """

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
        ``transaction``) for anything else, and ``InvalidRequest`` when it would move nothing, so that the
        fee for it would be lost.
        """
        ...

    async def sign(
        self, transaction: bytes, call: SponsoredCall, waiting: Sequence[bytes]
    ) -> SignedCall:
        """Sign as the sponsor with exactly ``call.fee_ustx``, behind the calls that hold a place already.

        ``waiting`` are those, as they were signed; a place that none of them holds is taken first.
        ``transaction`` is what ``check`` read. Nothing is sent. Raise ``InvalidRequest`` when the sponsor
        cannot pay now, ``ChainUnavailable`` when its account cannot be asked.
        """
        ...

    async def send(self, transaction: bytes) -> None:
        """Broadcast a signed call; sending one again changes nothing.

        Raise ``InvalidRequest`` when the network refused it, ``ChainUnavailable`` when nobody knows.
        """
        ...

    async def follow(self, waiting: Sequence[WaitingCall], *, most_ustx: int) -> list[CallNews]:
        """Look at what was signed, and send again what the network may not have.

        A bounded number of them is looked at, those first that others wait behind. Nothing is asked to be
        signed anew with a fee above ``most_ustx``. Raise ``ChainUnavailable`` when nothing can be asked.
        """
        ...

    async def purse(self) -> SponsorPurse:
        """What the sponsor has; raise ``ChainUnavailable`` when that cannot be asked."""
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
