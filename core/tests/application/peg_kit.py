"""What the sBTC contracts do to a store's address: mint, lock for a withdrawal, complete or refuse it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.tests.application.money_till import LOCKED, SBTC, Till

from stacktill.plugin import Transfer

__all__ = ["accepted", "minted", "refused", "requested"]


def minted(till: Till, amount: int, **more: Any) -> Transfer:
    """Some sBTC made from bitcoin."""
    return till.transfer(amount, sender=None, **more)


def requested(till: Till, amount: int) -> tuple[Transfer, Transfer]:
    """A withdrawal to Bitcoin begins: what it may cost at most is locked with it."""
    burned = till.transfer(amount, sender=till.address, recipient=None)
    locked = replace(burned, event_index=1, asset=LOCKED, sender=None, recipient=till.address)
    return burned, locked


def accepted(till: Till, amount: int, unused: int = 0) -> tuple[Transfer, ...]:
    """A withdrawal of an amount is done, and its fee was less than it might have been."""
    unlocked = till.transfer(amount, asset=LOCKED, sender=till.address, recipient=None)
    back = replace(
        unlocked, event_index=1, amount=unused, asset=SBTC, sender=None, recipient=till.address
    )
    return (unlocked, back) if unused else (unlocked,)


def refused(till: Till, amount: int) -> tuple[Transfer, ...]:
    """All that a withdrawal held is free again."""
    return accepted(till, amount, amount)
