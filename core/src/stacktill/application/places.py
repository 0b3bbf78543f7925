"""In which account of the ledger a deposit's money stands, and out of which it came."""

from __future__ import annotations

from stacktill.domain.deposits import RETURNED, Deposit
from stacktill.domain.ledger import AccountCode

__all__ = ["origin_of", "place_of"]


def origin_of(deposit: Deposit) -> AccountCode:
    """The account that a deposit came out of: what was the store's own before is no payer's."""
    return "outside" if deposit.reason == RETURNED else "payers"


def place_of(deposit: Deposit) -> AccountCode:
    """The account that holds a canonical deposit now."""
    if deposit.match in ("matched", "dismissed"):
        return "available" if deposit.state == "final" else "pending"
    # A refund of an unmatched deposit books its own way out of the same account.
    return "unmatched"
