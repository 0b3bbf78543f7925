"""The checkout session of an intent that was paid, or that a fork un-paid."""

from __future__ import annotations

from dataclasses import replace

from stacktill.application.journal import record
from stacktill.application.services import Caller, Services
from stacktill.application.views.resources import session_view
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.resources import CheckoutSession
from stacktill.plugin.storage import UnitOfWork

__all__ = ["complete_session", "reopen_payment"]


def complete_session(uow: UnitOfWork, services: Services, intent: PaymentIntent) -> None:
    """Mark the session that an intent belongs to as paid; it is completed, and told of, once."""
    before = _session(uow, intent)
    if before is None or before.payment_status == "paid":
        return
    session = replace(before, status="complete", payment_status="paid")
    uow.checkout_sessions.save(session)
    if before.status == "complete":
        return  # Paid again after a fork: its intent tells that.
    caller = Caller(session.merchant_id, session.livemode)
    view = session_view(services, session)
    record(uow, services, caller, "checkout.session.completed", view)


def reopen_payment(uow: UnitOfWork, intent: PaymentIntent) -> None:
    """Mark the session of an intent as unpaid: nobody who looks at it now may think that it is paid."""
    session = _session(uow, intent)
    if session is not None:
        uow.checkout_sessions.save(replace(session, payment_status="unpaid"))


def _session(uow: UnitOfWork, intent: PaymentIntent) -> CheckoutSession | None:
    if intent.checkout_session is None:
        return None
    return uow.checkout_sessions.get(intent.checkout_session)
