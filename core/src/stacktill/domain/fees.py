"""The platform's fee: what a merchant's tier says, fixed on an intent when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BASIS", "FeeSchedule", "FeeTerms"]

BASIS = 10_000
"""Basis points in the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTerms:
    """By which rule an intent's fee was fixed; it stays the same whatever the tiers become.

    ``max_sats`` is None where there is no upper bound.
    """

    tier: str
    basis_points: int
    recipient: str
    min_sats: int = 0
    max_sats: int | None = None

    def fee_sats(self, amount_sats: int) -> int:
        """The fee on an amount, rounded down; at least one sat is left for the merchant.

        Whoever is asked for no share at all is asked for no least fee either.
        """
        if self.basis_points == 0:
            return 0
        fee = max(amount_sats * self.basis_points // BASIS, self.min_sats)
        if self.max_sats is not None:
            fee = min(fee, self.max_sats)
        return max(min(fee, amount_sats - 1), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSchedule:
    """What the operator asks of merchants: basis points by tier, and who receives them in which mode.

    A merchant without a tier of its own, or with one that is gone, has the default tier; with no default
    tier there is no fee. Nor is there one in a mode that names no recipient.
    """

    tiers: Mapping[str, int] = field(default_factory=dict)
    default_tier: str | None = None
    min_sats: int = 0
    max_sats: int | None = None
    recipients: Mapping[bool, str] = field(default_factory=dict)

    def terms(self, tier: str | None, *, livemode: bool) -> FeeTerms | None:
        """The terms of a merchant's tier in a mode; None: no fee."""
        name = tier if tier in self.tiers else self.default_tier
        recipient = self.recipients.get(livemode)
        if name is None or name not in self.tiers or recipient is None:
            return None
        return FeeTerms(
            tier=name,
            basis_points=self.tiers[name],
            recipient=recipient,
            min_sats=self.min_sats,
            max_sats=self.max_sats,
        )
