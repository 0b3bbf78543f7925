"""In which account of the ledger a deposit's money stands."""

from __future__ import annotations

from stacktill.domain.deposits import Deposit
from stacktill.domain.ledger import AccountCode

__all__ = ["place_of"]


def place_of(deposit: Deposit) -> AccountCode:
    """The account that holds a canonical deposit now."""
    if deposit.match in ("matched", "dismissed"):
        return "available" if deposit.state == "final" else "pending"
    # A refund of an unmatched deposit books its own way out of the same account.
    return "unmatched"
