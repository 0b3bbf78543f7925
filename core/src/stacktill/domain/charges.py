"""The charge and its line in the balance: what a succeeded intent leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["BalanceTransaction", "BalanceTransactionType", "Charge", "ChargeStatus"]

ChargeStatus = Literal["pending", "succeeded", "failed"]
BalanceTransactionType = Literal["payment", "payment_refund", "payment_reversal", "adjustment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One successful payment of an intent; amounts are sats.

    ``reserved_sats`` is held by refunds that are not canceled or failed: it never exceeds what arrived
    (``amount_sats + overpaid_sats``). ``fee_sats`` of that went to the platform and not to the merchant.
    ``status`` returns to pending while a reorganisation un-pays it.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    payment_intent: str
    amount_sats: int
    overpaid_sats: int
    status: ChargeStatus
    balance_transaction: str
    buyer_address: str | None
    transaction_hash: str
    chain_id: str
    payment_method: str | None = None
    customer: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    receipt_email: str | None = None
    shipping: dict[str, Any] | None = None
    statement_descriptor: str | None = None
    transfer_group: str | None = None
    fee_sats: int = 0
    reserved_sats: int = 0
    refunded_sats: int = 0

    @property
    def refundable_sats(self) -> int:
        """What can still be given back, in sats."""
        return self.amount_sats + self.overpaid_sats - self.reserved_sats


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceTransaction:
    """One line of the merchant's balance; ``amount_sats`` is negative when money leaves."""

    id: str
    merchant_id: str
    livemode: bool
    created: int
    type: BalanceTransactionType
    amount_sats: int
    fee_sats: int
    source: str
    available_on: int
    status: Literal["pending", "available"] = "available"
    description: str | None = None
