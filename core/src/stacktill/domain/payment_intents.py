"""The payment intent: a wish to be paid an amount until a time, and what has arrived so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from stacktill.domain.confirmations import Confirmations
from stacktill.domain.fees import FeeTerms

__all__ = [
    "CANCELABLE",
    "CONFIRMABLE",
    "FINAL",
    "PAYABLE",
    "STATUSES",
    "USER_CANCEL_REASONS",
    "CancelReason",
    "IntentStatus",
    "PaymentError",
    "PaymentIntent",
]

IntentStatus = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "succeeded",
    "canceled",
]
STATUSES: tuple[IntentStatus, ...] = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "succeeded",
    "canceled",
)
PAYABLE = frozenset({"requires_action", "processing"})
"""Money that arrives now counts towards the intent."""
CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation"})
CANCELABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
FINAL = frozenset({"succeeded", "canceled"})

CancelReason = Literal[
    "duplicate", "fraudulent", "requested_by_customer", "abandoned", "automatic", "expired"
]
USER_CANCEL_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


@dataclass(frozen=True, slots=True)
class PaymentError:
    """Why the last try to pay failed, in Stripe's words for it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentIntent:
    """One wish to be paid.

    Amounts are sats. ``seen_sats`` is the sum of the matched deposits that stand in canonical blocks,
    ``final_sats`` the part of it that is final by the store's policy; ``due_sats`` is what must be final
    for success (the amount less the store's tolerance). ``fee_sats`` is what the platform asks for, and
    ``fee_collected_sats`` what it got of it beside final deposits. Times are Unix seconds. ``memo`` is hex.
    ``expires_at`` is the time the payer is told, ``closes_at`` the end of the store's grace after it.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    amount_sats: int
    client_secret: str
    status: IntentStatus = "requires_payment_method"
    currency: str = "btc"
    due_sats: int = 0
    seen_sats: int = 0
    final_sats: int = 0
    fee_sats: int = 0
    fee_recipient: str | None = None
    fee_terms: FeeTerms | None = None
    fee_collected_sats: int = 0
    customer: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    receipt_email: str | None = None
    shipping: dict[str, Any] | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    transfer_group: str | None = None
    setup_future_usage: str | None = None
    return_url: str | None = None
    capture_method: str = "automatic_async"
    confirmation_method: str = "automatic"
    automatic_payment_methods: dict[str, Any] | None = None
    payment_method: str | None = None
    payment_method_types: tuple[str, ...] = ("crypto",)
    payment_method_options: dict[str, Any] = field(default_factory=dict)
    checkout_session: str | None = None
    # What confirming fixes:
    chain_id: str | None = None
    deposit_address: str | None = None
    memo: str | None = None
    expires_at: int | None = None
    confirmations: Confirmations | None = None
    closes_at: int | None = None
    # What time and the chain did:
    latest_charge: str | None = None
    last_payment_error: PaymentError | None = None
    processing_at: int | None = None
    succeeded_at: int | None = None
    canceled_at: int | None = None
    cancellation_reason: CancelReason | None = None
    reversals: int = 0

    @property
    def remaining_sats(self) -> int:
        """What the payer still owes, in sats; 0 when nothing is due."""
        return max(self.amount_sats - self.seen_sats, 0) if self.seen_sats < self.due_sats else 0

    @property
    def received_sats(self) -> int:
        """What counts as received, in sats: never more than was asked for."""
        return min(self.final_sats, self.amount_sats) if self.status == "succeeded" else 0

    @property
    def overpaid_sats(self) -> int:
        """What arrived beyond the amount, in sats."""
        return max(self.seen_sats - self.amount_sats, 0)
