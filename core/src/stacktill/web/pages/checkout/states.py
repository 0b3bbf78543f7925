"""What the payer's page shows: the order, and one dataclass for each state that it can be in.

Amounts are sats, times Unix seconds by the clock of the payment's mode. Nothing here is the merchant's
own business: no metadata, no customer, no e-mail address, no client secret.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Literal

from stacktill.domain.confirmations import Layer
from stacktill.domain.merchants import Brand
from stacktill.domain.resources import CustomAmount, LineItem

__all__ = [
    "NO_STRAYS",
    "Checkout",
    "Choosing",
    "Closed",
    "Confirming",
    "Ended",
    "Order",
    "Paid",
    "Place",
    "Ready",
    "State",
    "Strays",
    "Waiting",
]

Restart = Literal["here", "link"]
"""Where a payment that ended can be started again: on its own page, or on that of its link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is paid for, and to whom; the same in every state.

    ``locale`` is what the shop said about the language. ``cancel_url`` leads back without paying,
    ``allowed_origins`` may hold the page in a frame. ``intent_id`` is None before it is started.
    """

    id: str
    intent_id: str | None
    merchant_id: str
    store: str
    brand: Brand
    allowed_origins: tuple[str, ...]
    livemode: bool
    amount_sats: int
    items: tuple[LineItem, ...] = ()
    description: str | None = None
    locale: str | None = None
    cancel_url: str | None = None
    now: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to pay: the token's contract, the store's address, and the memo as hex."""

    token: str
    address: str
    memo: str

    @property
    def memo_text(self) -> str | None:
        """The memo as it is typed into a wallet, or None when it is not made of plain letters."""
        text = bytes.fromhex(self.memo).decode("ascii", errors="replace")
        return text if text.isascii() and text.isprintable() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strays:
    """Money that names this payment but does not pay it; what the shop has sent back is apart."""

    kept_sats: int = 0
    returned_sats: int = 0
    reason: str = ""
    """Why the latest of it does not pay: a code of ``stacktill.domain.deposits.REASONS``."""


NO_STRAYS = Strays()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Can be started. ``verb`` is what its button says, as Stripe's ``submit_type``."""

    name: Literal["ready"] = "ready"
    verb: str = "pay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """The payer says how much, or how many, before it can be started; ``verb`` as in ``Ready``."""

    name: Literal["choosing"] = "choosing"
    verb: str = "pay"
    items: tuple[LineItem, ...]

    @property
    def custom_amount(self) -> CustomAmount | None:
        """The bounds of the amount, when it is an amount that is chosen: it stands alone."""
        return self.items[0].custom_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Waits for money, all of it or the rest.

    ``ends_at`` is until when the payer may pay. ``is_over``: nothing more should be sent, although money
    on its way may still count. ``stands_still``: the chain makes no blocks, and nobody's time runs out.
    ``has_failed``: the last transaction moved nothing. ``taken_back``: money was here, and the block it
    stood in left the chain.
    """

    name: Literal["waiting"] = "waiting"
    place: Place
    remaining_sats: int
    seen_sats: int
    ends_at: int
    is_over: bool = False
    stands_still: bool = False
    has_failed: bool = False
    taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """All is there and becomes final: ``blocks`` of ``needed`` blocks of that layer stand on it."""

    name: Literal["confirming"] = "confirming"
    seen_sats: int
    overpaid_sats: int
    layer: Layer
    blocks: int
    needed: int
    transactions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """Final.

    ``arrived_sats`` may be a little less, or more, than the amount; ``refunded_sats`` of it have been given
    back since. ``message`` is what the shop says to it.
    """

    name: Literal["paid"] = "paid"
    at: int | None = None
    arrived_sats: int = 0
    overpaid_sats: int = 0
    refunded_sats: int = 0
    transactions: tuple[str, ...] = ()
    message: str | None = None
    return_url: str | None = None
    strays: Strays = NO_STRAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Over without success: the time was up, or the shop withdrew it."""

    name: Literal["expired", "canceled"]
    restart: Restart | None = None
    restart_id: str | None = None
    strays: Strays = NO_STRAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Not offered, or not any more; ``message`` is what the shop says to it."""

    name: Literal["closed"] = "closed"
    message: str | None = None


State = Ready | Choosing | Waiting | Confirming | Paid | Ended | Closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """One page: an order in a state."""

    order: Order
    state: State

    @property
    def is_moving(self) -> bool:
        """Whether it will soon show something else."""
        return isinstance(self.state, Waiting | Confirming)

    @property
    def can_start(self) -> bool:
        """Whether the payer's button may start it."""
        restart = self.state.restart if isinstance(self.state, Ended) else None
        return isinstance(self.state, Ready) or restart == "here"

    @property
    def version(self) -> str:
        """Changes whenever the page would show something else, but not with time alone."""
        seen = repr((replace(self.order, now=0), self.state))
        return blake2b(seen.encode(), digest_size=12).hexdigest()
