"""Sponsored payments: the box pays the network's fee for a payer, within a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stacktill.domain.decisions import Refusal

__all__ = ["SPONSORSHIP_STATUSES", "SponsorPolicy", "Sponsorship", "sponsor_refusal"]

SponsorshipStatus = Literal["signed", "sent", "dropped", "mined", "released"]
SPONSORSHIP_STATUSES: tuple[SponsorshipStatus, ...] = (
    "signed",
    "sent",
    "dropped",
    "mined",
    "released",
)
"""signed: its fee is set aside, and it is sent until the network answers · sent: the network took it and
it waits for a block · dropped: the network gave it up, and its fee stays set aside until that is final ·
mined: a block took it, and its fee is spent · released: no block can take it, and its fee is free again."""


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
    """One payment whose network fee the box pays; an intent has at most one that is not released.

    ``asked`` is the transaction as its payer signed it, ``transaction`` as the sponsor signed it last, both
    in hex; ``txid`` is the id of the latter since ``signed_at``, ``earlier_txids`` (with blanks between
    them) are those that it had before. ``ended_at`` is when it was mined or released.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    payment_intent: str
    payer: str
    fee_ustx: int
    asked: str
    transaction: str
    txid: str
    signed_at: int
    earlier_txids: str = ""
    status: SponsorshipStatus = "signed"
    ended_at: int | None = None

    @property
    def txids(self) -> tuple[str, ...]:
        """Every id under which the network may know it, the newest first."""
        return (self.txid, *self.earlier_txids.split())


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
