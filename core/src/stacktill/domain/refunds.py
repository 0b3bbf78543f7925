"""The refund: money back to the proven payer, signed by the merchant's own wallet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from stacktill.domain.errors import InvalidParameter, InvalidRequest, StateConflict

__all__ = [
    "LOST_AFTER_SECONDS",
    "REFUND_REASONS",
    "Refund",
    "RefundStatus",
    "advance_refund",
    "is_lost",
    "reserve",
]

from stacktill.domain.charges import Charge

RefundStatus = Literal["requires_action", "pending", "succeeded", "failed", "canceled"]
REFUND_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
MOVES: dict[str, frozenset[str]] = {
    "requires_action": frozenset({"pending", "succeeded", "canceled", "failed"}),
    "pending": frozenset({"succeeded", "failed", "requires_action", "canceled"}),
    "succeeded": frozenset({"pending"}),  # only when a reorganisation takes the transfer back
    "failed": frozenset({"pending", "succeeded"}),  # the chain has the last word
    "canceled": frozenset({"pending", "succeeded"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """One giving back of at most what arrived; the amount is reserved on the charge from the start.

    ``transaction`` is what the merchant signs; ``memo`` (hex) is how the chain's answer is recognised.
    ``expires_at`` is from when on a transfer that was sent may be given up (Unix seconds).
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    amount_sats: int
    status: RefundStatus
    chain_id: str
    sender: str
    recipient: str
    memo: str
    transaction: dict[str, Any]
    charge: str | None = None
    payment_intent: str | None = None
    deposit: str | None = None
    reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    txid: str | None = None
    block_height: int | None = None
    balance_transaction: str | None = None
    failure_reason: str | None = None
    expires_at: int | None = None


LOST_AFTER_SECONDS = 24 * 3600
"""How long a wallet's transfer may be on its way before it may be given up."""


def is_lost(refund: Refund, now: int) -> bool:
    """Whether a sent refund's transfer may be given up at Unix second ``now``.

    It may when the chain took it back and did not mine it again, or has not shown it for a day.
    """
    until = refund.expires_at
    return refund.status == "pending" and until is not None and now >= until


def reserve(charge: Charge, amount_sats: int | None) -> tuple[Charge, int]:
    """Hold ``amount_sats`` (None: all that is left) for a refund; raise when there is not that much."""
    if charge.status != "succeeded":
        raise InvalidRequest(
            f"Charge {charge.id} is not final at the moment, so it cannot be refunded.",
            code="charge_not_refundable",
            param="charge",
        )
    left = charge.refundable_sats
    if left <= 0:
        raise InvalidRequest(
            f"Charge {charge.id} has already been refunded.",
            code="charge_already_refunded",
            param="charge",
        )
    wanted = left if amount_sats is None else amount_sats
    if wanted > left:
        raise InvalidParameter(
            f"Refund amount ({wanted} sats) is greater than unrefunded amount on charge "
            f"({left} sats).",
            param="amount",
        )
    return replace(charge, reserved_sats=charge.reserved_sats + wanted), wanted


def advance_refund(refund: Refund, status: RefundStatus, **changes: Any) -> Refund:
    """Move a refund on; raise ``StateConflict`` when its status does not allow it."""
    if status != refund.status and status not in MOVES[refund.status]:
        raise StateConflict(
            f"A refund with status {refund.status} cannot become {status}.",
            code="refund_unexpected_state",
            object_type="refund",
            object_id=refund.id,
        )
    return replace(refund, status=status, **changes)
