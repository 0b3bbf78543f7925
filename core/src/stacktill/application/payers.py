"""Who paid a charge, and how much of it each may get back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from stacktill.domain.charges import Charge
from stacktill.plugin.storage import UnitOfWork

__all__ = ["Payer", "next_payer"]

RELEASED = frozenset({"canceled", "failed"})
MAX_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Payer:
    """One address that paid, what is still its own (sats), and how many addresses paid in all."""

    address: str
    left_sats: int
    payers: int


def next_payer(uow: UnitOfWork, charge: Charge) -> Payer:
    """The address that most of the charge is still owed to: money goes back only where it came from."""
    left: Counter[str] = Counter()
    for deposit in uow.deposits.find({"intent_id": charge.payment_intent}, limit=MAX_PARTS):
        if deposit.match == "matched" and deposit.state != "reversed":
            left[deposit.sender] += deposit.sats
    payers = len(left)
    for refund in uow.refunds.find({"charge": charge.id}, limit=MAX_PARTS):
        if refund.status not in RELEASED:
            left[refund.recipient] -= refund.amount_sats
    if not left:
        return Payer(charge.buyer_address, 0, 0)
    address, sats = max(left.items(), key=lambda item: (item[1], item[0]))
    return Payer(address, max(sats, 0), payers)
