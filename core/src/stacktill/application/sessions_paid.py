"""Closing the checkout session whose intent was paid."""

from __future__ import annotations

from dataclasses import replace

from stacktill.application.journal import record
from stacktill.application.services import Caller, Services
from stacktill.application.views.resources import session_view
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import UnitOfWork

__all__ = ["complete_session"]


def complete_session(uow: UnitOfWork, services: Services, intent: PaymentIntent) -> None:
    """Mark the session that an intent belongs to as complete and paid, once."""
    if intent.checkout_session is None:
        return
    session = uow.checkout_sessions.get(intent.checkout_session)
    if session is None or session.payment_status == "paid":
        return
    session = replace(session, status="complete", payment_status="paid")
    uow.checkout_sessions.save(session)
    caller = Caller(session.merchant_id, session.livemode)
    view = session_view(services, session)
    record(uow, services, caller, "checkout.session.completed", view)
