"""How a payment intent moves: ``step(intent, fact, now)`` gives the intent after it and the events.

This file is the whole state machine. A fact that the status does not allow raises ``StateConflict``;
``TRANSITIONS`` names every allowed move and is tested exhaustively.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from stacktill.domain.confirmations import Confirmations
from stacktill.domain.errors import InvariantBroken, StateConflict
from stacktill.domain.payment_intents import (
    CANCELABLE,
    CONFIRMABLE,
    PAYABLE,
    CancelReason,
    PaymentError,
    PaymentIntent,
)

__all__ = [
    "TRANSITIONS",
    "Canceled",
    "Confirmed",
    "Expired",
    "Fact",
    "FundsFinal",
    "FundsReversed",
    "FundsSeen",
    "MethodAttached",
    "PaymentFailed",
    "Step",
    "step",
]

TRANSITIONS: dict[str, frozenset[str]] = {
    "requires_payment_method": frozenset({"requires_confirmation", "requires_action", "canceled"}),
    "requires_confirmation": frozenset({"requires_action", "canceled"}),
    "requires_action": frozenset(
        {"processing", "succeeded", "canceled", "requires_payment_method"}
    ),
    "processing": frozenset({"succeeded", "requires_action"}),
    "succeeded": frozenset({"requires_action", "processing"}),  # only by a reversal
    "canceled": frozenset(),
}
"""From each status, the statuses that one step may lead to (staying is always allowed)."""


@dataclass(frozen=True, slots=True)
class MethodAttached:
    """A payment method was named; the intent still waits to be confirmed."""

    payment_method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The payer is shown where to pay; everything the payment is judged by is fixed here."""

    payment_method: str
    chain_id: str
    deposit_address: str
    memo: str
    expires_at: int
    due_sats: int
    closes_at: int
    confirmations: Confirmations


@dataclass(frozen=True, slots=True)
class FundsSeen:
    """A matched deposit stands in a canonical block."""

    amount_sats: int


@dataclass(frozen=True, slots=True)
class FundsFinal:
    """A seen deposit reached the depth that the store asks for; ``fee_sats`` of it is the platform's."""

    amount_sats: int
    fee_sats: int = 0


@dataclass(frozen=True, slots=True)
class FundsReversed:
    """A counted deposit left the canonical chain; the payer gets until ``open_until`` for it to return."""

    amount_sats: int
    was_final: bool
    open_until: int
    fee_sats: int = 0


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """The payer's transaction was mined but moved nothing."""

    error: PaymentError


@dataclass(frozen=True, slots=True)
class Canceled:
    """The merchant withdraws the wish."""

    reason: CancelReason | None


@dataclass(frozen=True, slots=True)
class Expired:
    """The time to pay is over."""


Fact = (
    MethodAttached
    | Confirmed
    | FundsSeen
    | FundsFinal
    | FundsReversed
    | PaymentFailed
    | Canceled
    | Expired
)


@dataclass(frozen=True, slots=True)
class Step:
    """What a fact made of an intent: the intent after it, and the events' types in order."""

    intent: PaymentIntent
    events: tuple[str, ...] = ()


def step(intent: PaymentIntent, fact: Fact, now: int) -> Step:
    """Apply one fact at Unix second ``now``; raise ``StateConflict`` when the status forbids it."""
    match fact:
        case MethodAttached():
            done = _attach(intent, fact)
        case Confirmed():
            done = _confirm(intent, fact)
        case FundsSeen():
            done = _see(intent, fact.amount_sats, now)
        case FundsFinal():
            done = _finalise(intent, fact, now)
        case FundsReversed():
            done = _reverse(intent, fact)
        case PaymentFailed():
            done = _fail(intent, fact)
        case Canceled():
            done = _cancel(intent, fact.reason, now)
        case Expired():
            done = _expire(intent, now)
        case _:
            assert_never(fact)
    _check(intent, done.intent)
    return done


def _attach(intent: PaymentIntent, fact: MethodAttached) -> Step:
    _require(intent, CONFIRMABLE, "attach a payment method to")
    return Step(
        replace(
            intent,
            status="requires_confirmation",
            payment_method=fact.payment_method,
            last_payment_error=None,
        )
    )


def _confirm(intent: PaymentIntent, fact: Confirmed) -> Step:
    _require(intent, CONFIRMABLE, "confirm")
    confirmed = replace(
        intent,
        status="requires_action",
        payment_method=fact.payment_method,
        chain_id=fact.chain_id,
        deposit_address=fact.deposit_address,
        memo=fact.memo,
        expires_at=fact.expires_at,
        due_sats=fact.due_sats,
        confirmations=fact.confirmations,
        closes_at=fact.closes_at,
        last_payment_error=None,
    )
    return Step(confirmed, ("payment_intent.requires_action",))


def _see(intent: PaymentIntent, amount_sats: int, now: int) -> Step:
    _require(intent, PAYABLE, "pay")
    seen = replace(intent, seen_sats=intent.seen_sats + amount_sats, last_payment_error=None)
    if seen.seen_sats < seen.due_sats:
        return Step(seen, ("payment_intent.partially_funded",))
    if intent.status == "processing":
        return Step(seen)
    return Step(
        replace(seen, status="processing", processing_at=now), ("payment_intent.processing",)
    )


def _finalise(intent: PaymentIntent, fact: FundsFinal, now: int) -> Step:
    final_sats = intent.final_sats + fact.amount_sats
    if final_sats > intent.seen_sats:
        raise InvariantBroken(f"{intent.id}: more became final than was seen")
    fee_sats = intent.fee_collected_sats + fact.fee_sats
    final = replace(intent, final_sats=final_sats, fee_collected_sats=fee_sats)
    if intent.status != "processing" or final.final_sats < final.due_sats:
        return Step(final)
    return Step(replace(final, status="succeeded", succeeded_at=now), ("payment_intent.succeeded",))


def _reverse(intent: PaymentIntent, fact: FundsReversed) -> Step:
    seen = intent.seen_sats - fact.amount_sats
    final = intent.final_sats - (fact.amount_sats if fact.was_final else 0)
    if seen < 0 or final < 0:
        raise InvariantBroken(f"{intent.id}: more was reversed than had arrived")
    fee = intent.fee_collected_sats - (fact.fee_sats if fact.was_final else 0)
    back = replace(
        intent,
        seen_sats=seen,
        final_sats=final,
        fee_collected_sats=fee,
        reversals=intent.reversals + 1,
    )
    if seen < back.due_sats:
        until = max(intent.closes_at or 0, fact.open_until)
        back = replace(back, status="requires_action", succeeded_at=None, closes_at=until)
    elif intent.status == "succeeded" and final < back.due_sats:
        back = replace(back, status="processing", succeeded_at=None)
    return Step(back, ("payment_intent.reversed",))


def _fail(intent: PaymentIntent, fact: PaymentFailed) -> Step:
    _require(intent, frozenset({"requires_action"}), "fail")
    # The payer may simply try again: where to pay stays shown, the reason is told.
    return Step(replace(intent, last_payment_error=fact.error), ("payment_intent.payment_failed",))


def _cancel(intent: PaymentIntent, reason: CancelReason | None, now: int) -> Step:
    _require(intent, CANCELABLE, "cancel")
    # What had arrived in part belongs to no payment any more: its deposits become unmatched.
    canceled = replace(
        intent,
        status="canceled",
        canceled_at=now,
        cancellation_reason=reason,
        seen_sats=0,
        final_sats=0,
        fee_collected_sats=0,
    )
    return Step(canceled, ("payment_intent.canceled",))


def _expire(intent: PaymentIntent, now: int) -> Step:
    _require(intent, frozenset({"requires_action"}), "expire")
    if intent.closes_at is None or now < intent.closes_at:
        raise InvariantBroken(f"{intent.id}: expired before its time")
    return _cancel(intent, "expired", now)


def _require(intent: PaymentIntent, allowed: frozenset[str], verb: str) -> None:
    if intent.status in allowed:
        return
    names = ", ".join(sorted(allowed))
    raise StateConflict(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent.status}. "
        f"Only a PaymentIntent with one of the following statuses may be used so: {names}.",
        code="payment_intent_unexpected_state",
        object_type="payment_intent",
        object_id=intent.id,
    )


def _check(before: PaymentIntent, after: PaymentIntent) -> None:
    if after.status != before.status and after.status not in TRANSITIONS[before.status]:
        raise InvariantBroken(f"{before.id}: {before.status} may not become {after.status}")
    if not 0 <= after.final_sats <= after.seen_sats:
        raise InvariantBroken(f"{before.id}: final {after.final_sats} of {after.seen_sats} seen")
    if not 0 <= after.fee_collected_sats <= after.final_sats:
        raise InvariantBroken(f"{before.id}: a fee of {after.fee_collected_sats} was collected")
    if after.status == "succeeded" and after.final_sats < after.due_sats:
        raise InvariantBroken(f"{before.id}: succeeded without the money")
