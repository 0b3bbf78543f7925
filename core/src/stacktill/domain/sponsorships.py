"""Sponsored payments: the box pays the network's fee for a payer, within a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stacktill.domain.decisions import Refusal

__all__ = ["SPONSORSHIP_STATUSES", "SponsorPolicy", "Sponsorship", "sponsor_refusal"]

SponsorshipStatus = Literal["reserved", "sent", "released"]
SPONSORSHIP_STATUSES: tuple[SponsorshipStatus, ...] = ("reserved", "sent", "released")
"""reserved: its fee is set aside, perhaps already spent · sent: the network took it · released: the
network refused it for good, and its fee is free again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SponsorPolicy:
    """What the operator spends on payers' network fees, in micro-STX; a budget of 0 is none at all.

    Days are UTC. ``payer_payments_per_day`` bounds how often one address is helped.
    """

    daily_budget_ustx: int = 0
    max_fee_ustx: int = 50_000
    payer_payments_per_day: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sponsorship:
    """One payment whose network fee the box pays; an intent has at most one that is not released."""

    id: str
    merchant_id: str
    livemode: bool
    created: int
    payment_intent: str
    payer: str
    fee_ustx: int
    status: SponsorshipStatus = "reserved"
    txid: str | None = None


def sponsor_refusal(
    policy: SponsorPolicy, *, fee_ustx: int, spent_ustx: int, payer_payments: int
) -> Refusal | None:
    """Why a payment is not sponsored, or None; ``spent_ustx`` and ``payer_payments`` are of today."""
    if not policy.daily_budget_ustx:
        return Refusal(
            "Payments are not sponsored here; pay the network's fee yourself.", code="sponsor_off"
        )
    if not 0 < fee_ustx <= policy.max_fee_ustx:
        return Refusal(
            f"The network asks {fee_ustx} micro-STX for this payment, and at most "
            f"{policy.max_fee_ustx} are paid for anybody. Try again later, or pay the fee yourself.",
            code="sponsor_fee_too_high",
        )
    if payer_payments >= policy.payer_payments_per_day:
        return Refusal(
            "This address was helped often enough today; pay the network's fee yourself.",
            code="sponsor_payer_limit",
        )
    if spent_ustx + fee_ustx > policy.daily_budget_ustx:
        return Refusal(
            "Today's budget for sponsored payments is spent; pay the network's fee yourself.",
            code="sponsor_budget_spent",
        )
    return None
