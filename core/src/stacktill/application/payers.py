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
    """One address that paid, what is still its own (sats), and how many paid in all.

    What was minted has no address; all of it counts as one payer, who can get nothing back from here.
    """

    address: str | None
    left_sats: int
    payers: int


def next_payer(uow: UnitOfWork, charge: Charge) -> Payer:
    """The address that most of the charge is still owed to: money goes back only where it came from."""
    left: Counter[str | None] = Counter()
    for deposit in uow.deposits.find({"intent_id": charge.payment_intent}, limit=MAX_PARTS):
        if deposit.match == "matched" and deposit.state != "reversed":
            left[deposit.sender] += deposit.sats
    payers = len(left)
    for refund in uow.refunds.find({"charge": charge.id}, limit=MAX_PARTS):
        if refund.status not in RELEASED:
            left[refund.recipient] -= refund.amount_sats
    known = [(sats, address) for address, sats in left.items() if address is not None]
    if not known:
        return Payer(None if left else charge.buyer_address, 0, payers)
    sats, address = max(known)
    return Payer(address, max(sats, 0), payers)
