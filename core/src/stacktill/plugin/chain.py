"""The chain port: what the core asks of a block chain, and what it gets back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stacktill.domain.addresses import AddressForm
    from stacktill.plugin.clock import Clock
    from stacktill.plugin.context import PluginContext
    from stacktill.plugin.health import Health

__all__ = [
    "Block",
    "Chain",
    "ChainBackend",
    "ChainUnavailable",
    "RefundTerms",
    "SandboxOrder",
    "SandboxScript",
    "Transfer",
]


class ChainUnavailable(Exception):
    """The chain source did not answer, or answered nonsense; the watcher backs off and asks again."""


@dataclass(frozen=True, slots=True)
class Block:
    """One canonical Stacks block, and the Bitcoin (burn) block it is anchored to.

    Heights count blocks from 0; ``time`` is Unix seconds; hashes are lower-case hex without 0x.
    """

    height: int
    hash: str
    parent_hash: str
    burn_height: int
    burn_hash: str
    time: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """One fungible-token movement of a successful, canonical transaction: a transfer, a mint or a burn.

    ``asset`` is the whole asset identifier ``ADDRESS.contract::asset``; ``amount`` is in its smallest
    unit (sats for sBTC), of up to 128 bits; ``memo`` is the at most 34 bytes sent with this very
    transfer, or None. What was minted has no sender, what was burned no recipient, and neither a memo.
    """

    txid: str
    event_index: int
    asset: str
    amount: int
    sender: str | None
    recipient: str | None
    memo: bytes | None


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """What a refund must move: from the merchant's address to the payer's, exactly ``amount_sats``."""

    refund_id: str
    sender: str
    recipient: str
    amount_sats: int
    memo: bytes


@dataclass(frozen=True, slots=True)
class SandboxOrder:
    """A transfer to be made on a scripted chain.

    ``asset`` is a whole asset identifier or None for real sBTC; ``contract`` names the contract that is
    called, when it is not the token itself; ``fail`` makes the transaction abort with that reason
    (``abort_by_response``, ``abort_by_post_condition``), so that it is mined without moving anything.
    With a ``fee_recipient`` the same transaction also moves ``fee_sats`` to it, right after the amount.
    With ``minted`` it is taken from nobody, and with a recipient of None it is burned; neither has a memo.
    """

    recipient: str | None
    amount_sats: int
    sender: str | None = None
    memo: bytes | None = None
    asset: str | None = None
    contract: str | None = None
    fail: str | None = None
    fee_sats: int = 0
    fee_recipient: str | None = None
    minted: bool = False


class SandboxScript(Protocol):
    """The remote control of a scripted chain; only test-mode chains have one."""

    async def pay(self, order: SandboxOrder) -> str:
        """Put a signed transfer into the mempool and return its txid.

        Raises ``InvalidParameter`` when the sender cannot pay or a value is malformed.
        """
        ...

    async def mine(self, count: int = 1, *, bitcoin: bool = False) -> Block:
        """Mine ``count`` blocks (Stacks, or Bitcoin each with one Stacks block) and return the new tip."""
        ...

    async def reorg(self, depth: int, *, drop: bool = False) -> Block:
        """Replace the last ``depth`` Stacks blocks by a longer fork and return the new tip.

        Transactions of the old blocks return to the mempool and are mined again at once, unless
        ``drop`` makes them vanish.
        """
        ...

    async def advance(self, seconds: int) -> int:
        """Move the chain's clock forward and return the new Unix time."""
        ...

    async def stall(self, *, stalled: bool) -> None:
        """Stop (or resume) making blocks: mining is refused while the chain stands still."""
        ...

    async def api_fault(self, mode: str | None) -> None:
        """Make the chain's reading side misbehave: down, slow, 429, garbage, stale; None heals it."""
        ...

    async def sign(self, message: str, *, address: str) -> str:
        """Sign a text as the wallet of an address would; ``Chain.is_signed`` believes it.

        Raises ``InvalidParameter`` when the address is no wallet's.
        """
        ...

    async def balance(self, address: str, asset: str | None = None) -> int:
        """The balance of an address in the asset's smallest unit (sBTC when None)."""
        ...


class Chain(Protocol):
    """An opened chain. Reading methods raise ``ChainUnavailable`` when the source fails."""

    network: str
    """The network's name in the API, such as ``stacks``."""
    chain_id: str
    """Tells chains apart in the books, such as ``stacks:1`` or ``stacks:sandbox``."""
    sbtc_asset: str
    """The whole asset identifier that counts as sBTC; nothing else does."""
    sbtc_locked_asset: str | None
    """The one that sBTC becomes while a withdrawal to Bitcoin holds it; None where there is none."""
    clock: Clock
    """This chain's clock: system time, or the sandbox's own."""
    visibility_seconds: int
    """How long after its own time a block may first be seen: nothing is called late before that."""
    script: SandboxScript | None
    """The remote control when the chain is a scripted one, else None."""

    async def tip(self) -> Block:
        """The canonical tip; its height may go backwards."""
        ...

    async def block(self, height: int) -> Block | None:
        """The canonical block at a height, or None above the tip."""
        ...

    async def transfers(self, block: Block) -> Sequence[Transfer]:
        """All that moved of fungible tokens in a block, in chain order; [] when nothing did.

        Raises ``ChainUnavailable`` when ``block.hash`` is no longer canonical.
        """
        ...

    async def changed(self, timeout_seconds: float) -> None:
        """Return when there may be something new, or after the time; a hint, never truth."""
        ...

    def stalled(self, tip: Block, now: int) -> bool:
        """Whether the chain stands still at Unix second ``now``: then nobody can pay and nothing expires."""
        ...

    def is_address(self, text: str) -> bool:
        """Whether the text is a well-formed principal of this chain."""
        ...

    def address_form(self, text: str) -> AddressForm | None:
        """What kind of principal of this chain the text names, or None when it is no address.

        It is an address exactly when ``is_address`` says so.
        """
        ...

    def address_fault(self, text: str) -> str | None:
        """Why whatever is sent there would be lost, in words for people; None when it need not be.

        Such as an address of another network, one that is nobody's, or the token's own contract. Whether
        any other contract can send on what it gets is not asked here.
        """
        ...

    def is_signed(self, message: str, signature: str, *, address: str) -> bool:
        """Whether the wallet of ``address`` made this signature, in hex, of exactly this text.

        False for whatever is malformed, and for addresses that are no single wallet's. It is asked from
        other threads than the event loop's, and must not wait for anything.
        """
        ...

    def settlement_address(self, merchant_id: str) -> str | None:
        """An address that a new merchant of this chain starts with, or None when it must bring one."""
        ...

    def refund_transaction(self, terms: RefundTerms) -> dict[str, object]:
        """The transaction that the merchant's wallet must sign for a refund, ready to be shown as JSON."""
        ...

    async def health(self) -> Health:
        """Whether the source answers, in words."""
        ...


@dataclass(frozen=True, slots=True)
class ChainBackend:
    """What a chain plugin offers: one chain for one mode."""

    livemode: bool
    open: ChainOpener


class ChainOpener(Protocol):
    """Opens the chain for as long as the context lasts."""

    def __call__(self, context: PluginContext) -> AbstractAsyncContextManager[Chain]:
        """Return an async context manager of the opened chain."""
        ...
