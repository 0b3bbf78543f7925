"""Answers to money that belongs to no payment: attach it, give it back, or leave it be."""

from __future__ import annotations

from dataclasses import replace

from stacktill.application.chain_cursor import cursor
from stacktill.application.depths import at_depth, depth_for
from stacktill.application.intent_money import count_deposit
from stacktill.application.journal import move, record
from stacktill.application.lookup import named, referenced
from stacktill.application.places import place_of
from stacktill.application.refunds import refund_deposit
from stacktill.application.services import Caller, Services
from stacktill.application.views.deposits import deposit_view
from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import InvalidParameter, InvalidRequest, InvariantBroken, StateConflict
from stacktill.domain.payment_intents import PAYABLE, PaymentIntent
from stacktill.domain.refunds import Refund
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "STATUSES",
    "attach_deposit",
    "dismiss_deposit",
    "refund_unmatched",
    "status_where",
]

STATUSES = ("unmatched", "matched", "refunding", "refunded", "dismissed", "reversed")
"""What the API calls a deposit's status: its match, unless the chain took it back."""


def status_where(status: str) -> dict[str, str]:
    """The conditions on the columns that a status stands for."""
    if status == "reversed":
        return {"state": "reversed"}
    return {"match": status, "state !=": "reversed"}


def attach_deposit(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, intent_id: str
) -> Deposit:
    """Count an unmatched deposit towards an intent that can still be paid."""
    deposit = _unmatched(uow, caller, id)
    intent = referenced(
        uow.payment_intents, caller, intent_id, kind="payment_intent", param="payment_intent"
    )
    if not deposit.is_sbtc:
        raise InvalidRequest("Only sBTC can pay an intent; this deposit is of another token.")
    if intent.chain_id is not None and intent.chain_id != deposit.chain_id:
        raise InvalidParameter(
            "The payment_intent is to be paid on another chain.", param="payment_intent"
        )
    if intent.status not in PAYABLE:
        raise StateConflict(
            f"PaymentIntent {intent.id} has a status of {intent.status}, so nothing can be attached to "
            "it. Create and confirm a PaymentIntent for the same order and attach the deposit to that.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
            object_type="payment_intent",
            object_id=intent.id,
        )
    deposit = _deepened(uow, deposit, intent)
    matched = replace(deposit, match="matched", intent_id=intent.id, reason=None)
    uow.deposits.save(matched)
    matched = count_deposit(uow, services, matched, "unmatched")
    record(uow, services, caller, "deposit.attached", deposit_view(matched))
    return matched


def _deepened(uow: UnitOfWork, deposit: Deposit, intent: PaymentIntent) -> Deposit:
    """The deposit at the depth that the intent asks for: many small ones are not a shallow large one."""
    tip = cursor(uow, deposit.chain_id)
    if tip is None:
        raise InvariantBroken(f"{deposit.id} stands in a chain without blocks")
    return at_depth(deposit, depth_for(uow, deposit.merchant_id, intent, deposit.amount), tip)


def refund_unmatched(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> Refund:
    """Prepare the transaction that gives an unmatched deposit back."""
    return refund_deposit(uow, services, caller, _unmatched(uow, caller, id))


def dismiss_deposit(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> Deposit:
    """Keep the money without matching it to a payment, and stop asking about it."""
    deposit = _unmatched(uow, caller, id)
    dismissed = replace(deposit, match="dismissed")
    move(uow, services, deposit, "deposit_dismissed", ("unmatched", place_of(dismissed)))
    uow.deposits.save(dismissed)
    record(uow, services, caller, "deposit.dismissed", deposit_view(dismissed))
    return dismissed


def _unmatched(uow: UnitOfWork, caller: Caller, id: str) -> Deposit:
    deposit = named(uow.deposits, caller, id, kind="deposit")
    if deposit.match == "unmatched" and deposit.state != "reversed":
        return deposit
    state = "reversed by the chain" if deposit.state == "reversed" else deposit.match
    raise StateConflict(
        f"Deposit {id} is {state}; only an unmatched deposit can be attached, refunded or dismissed.",
        code="deposit_unexpected_state",
        object_type="deposit",
        object_id=id,
    )
