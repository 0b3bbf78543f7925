"""What is minted, burned and locked: sBTC made from bitcoin, and sBTC on its way back to it.

A withdrawal to Bitcoin burns free sBTC and mints as much of its locked form. When it is done or refused,
the locked form is burned, and right after it the store gets back in free sBTC what it is not to lose. Each
of these movements is booked by itself, so that a fork may take back any of them.
"""

from __future__ import annotations

from stacktill.application.chain_facts import ChainFacts
from stacktill.domain.accounting import WithdrawalKind
from stacktill.plugin.chain import Transfer

__all__ = ["booked_asset", "is_lock", "is_return", "withdrawal_kind"]


def withdrawal_kind(facts: ChainFacts, item: Transfer) -> WithdrawalKind:
    """What a movement of a store's own money is."""
    if is_lock(facts, item):
        return "lock"
    if item.recipient is None:
        return "unlock" if item.asset == facts.sbtc_locked_asset else "burn"
    return "transfer"


def is_lock(facts: ChainFacts, item: Transfer) -> bool:
    """Whether a movement makes sBTC of its recipient's locked: no money comes in by that."""
    return item.sender is None and item.asset == facts.sbtc_locked_asset


def is_return(facts: ChainFacts, item: Transfer, before: Transfer | None) -> bool:
    """Whether a mint gives back, out of the locked sBTC burned right ``before`` it, what is left of that."""
    if before is None or item.sender is not None or item.asset != facts.sbtc_asset:
        return False
    same = (before.txid, before.asset, before.sender, before.recipient)
    is_unlock = same == (item.txid, facts.sbtc_locked_asset, item.recipient, None)
    return is_unlock and item.amount <= before.amount


def booked_asset(facts: ChainFacts, item: Transfer, kind: WithdrawalKind) -> str:
    """The asset that a movement is booked in: locked sBTC is sBTC."""
    return facts.sbtc_asset if kind in ("lock", "unlock") else item.asset
