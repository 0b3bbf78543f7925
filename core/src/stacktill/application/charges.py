"""The charge of an intent: made when it succeeds, suspended while a reorganisation un-pays it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.journal import changed_attributes, record
from stacktill.application.lookup import named
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.application.sessions_paid import complete_session, reopen_payment
from stacktill.application.views.charges import charge_view
from stacktill.domain.charges import BalanceTransaction, BalanceTransactionType, Charge
from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import InvariantBroken
from stacktill.domain.intent_steps import Step
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "adjust_charge",
    "complete_intent",
    "fail_charge",
    "suspend_charge",
    "update_charge",
]


def complete_intent(uow: UnitOfWork, services: Services, done: Step, deposit: Deposit) -> Step:
    """Make (or restore) the charge of an intent that just succeeded; its id goes onto the intent."""
    intent = done.intent
    known = None if intent.latest_charge is None else uow.charges.get(intent.latest_charge)
    charge = _charge(uow, services, intent, deposit, known)
    line = _line(services, charge, "payment", charge.amount_sats + charge.overpaid_sats)
    line = replace(line, fee_sats=intent.fee_collected_sats)
    charge = replace(charge, balance_transaction=line.id, fee_sats=intent.fee_collected_sats)
    uow.balance_transactions.add(line)
    if known is None:
        uow.charges.add(charge)
    else:
        uow.charges.save(charge)
    intent = replace(intent, latest_charge=charge.id)
    caller = Caller(intent.merchant_id, intent.livemode)
    view = charge_view(services, charge)
    record(uow, services, caller, "charge.succeeded", view)
    complete_session(uow, services, intent)
    return Step(intent, done.events)


def suspend_charge(uow: UnitOfWork, services: Services, intent: PaymentIntent) -> None:
    """Book the charge back, and un-pay its session: the money is not final any more."""
    charge = _charge_of(uow, intent)
    paid = charge.amount_sats + charge.overpaid_sats
    line = _line(services, charge, "payment_reversal", -paid)
    uow.balance_transactions.add(replace(line, fee_sats=-charge.fee_sats))
    _save(uow, services, charge, replace(charge, status="pending"))
    reopen_payment(uow, intent)


def fail_charge(uow: UnitOfWork, services: Services, intent: PaymentIntent) -> None:
    """Give up the charge of an intent that ended before its reversed money came back."""
    charge = _charge_of(uow, intent)
    _save(uow, services, charge, replace(charge, status="failed"))


def adjust_charge(uow: UnitOfWork, services: Services, intent: PaymentIntent) -> None:
    """Follow money that became final, or left the chain, while the intent stays succeeded."""
    charge = _charge_of(uow, intent)
    change = intent.final_sats - charge.amount_sats - charge.overpaid_sats
    fee_change = intent.fee_collected_sats - charge.fee_sats
    if change == 0 and fee_change == 0:
        return
    line = _line(services, charge, "adjustment", change)
    uow.balance_transactions.add(replace(line, fee_sats=fee_change))
    parts = {**_parts(intent), "fee_sats": intent.fee_collected_sats}
    _save(uow, services, charge, replace(charge, **parts))


def update_charge(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, params: dict[str, Any]
) -> Charge:
    """Change a charge's words: description, metadata, receipt e-mail, shipping, customer."""
    charge = named(uow.charges, caller, id, kind="charge")
    changes: dict[str, Any] = {
        name: params[name]
        for name in ("description", "receipt_email", "shipping", "transfer_group", "customer")
        if name in params
    }
    if "metadata" in params:
        changes["metadata"] = merged(charge.metadata, params["metadata"])
    after = replace(charge, **changes)
    _save(uow, services, charge, after, caller=caller)
    return after


def _charge_of(uow: UnitOfWork, intent: PaymentIntent) -> Charge:
    charge = uow.charges.get(intent.latest_charge or "")
    if charge is None:
        raise InvariantBroken(f"{intent.id} had succeeded without a charge")
    return charge


def _parts(intent: PaymentIntent) -> dict[str, Any]:
    """How much of what arrived is the amount that was asked for, and how much is beyond it."""
    amount_sats = min(intent.amount_sats, intent.final_sats)
    return {"amount_sats": amount_sats, "overpaid_sats": intent.final_sats - amount_sats}


def _save(
    uow: UnitOfWork, services: Services, before: Charge, after: Charge, caller: Caller | None = None
) -> None:
    """Keep a changed charge and tell what changed about it."""
    uow.charges.save(after)
    view = charge_view(services, after)
    previous = changed_attributes(charge_view(services, before), view)
    caller = caller or Caller(after.merchant_id, after.livemode)
    record(uow, services, caller, "charge.updated", view, previous=previous)


def _receipt_email(uow: UnitOfWork, intent: PaymentIntent) -> str | None:
    """Who gets the receipt: whom the intent names, else the payer of its checkout session."""
    if intent.receipt_email is not None or intent.checkout_session is None:
        return intent.receipt_email
    session = uow.checkout_sessions.get(intent.checkout_session)
    if session is None:
        return None
    return (session.customer_details or {}).get("email") or session.customer_email


def _charge(
    uow: UnitOfWork,
    services: Services,
    intent: PaymentIntent,
    deposit: Deposit,
    known: Charge | None,
) -> Charge:
    now = services.now(intent.livemode)
    paid: dict[str, Any] = {
        **_parts(intent),
        "status": "succeeded",
        "buyer_address": deposit.sender,
        "transaction_hash": deposit.txid,
    }
    if known is not None:
        return replace(known, **paid)
    return Charge(
        id=services.ids.new("ch"),
        merchant_id=intent.merchant_id,
        livemode=intent.livemode,
        created=now,
        payment_intent=intent.id,
        balance_transaction="",
        chain_id=deposit.chain_id,
        payment_method=intent.payment_method,
        customer=intent.customer,
        description=intent.description,
        metadata=intent.metadata,
        receipt_email=_receipt_email(uow, intent),
        shipping=intent.shipping,
        statement_descriptor=intent.statement_descriptor,
        transfer_group=intent.transfer_group,
        **paid,
    )


def _line(
    services: Services, charge: Charge, type: BalanceTransactionType, amount_sats: int
) -> BalanceTransaction:
    now = services.now(charge.livemode)
    return BalanceTransaction(
        id=services.ids.new("txn"),
        merchant_id=charge.merchant_id,
        livemode=charge.livemode,
        created=now,
        type=type,
        amount_sats=amount_sats,
        fee_sats=0,
        source=charge.id,
        available_on=now,
        description=charge.description,
    )
