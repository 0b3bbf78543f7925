"""Checkout sessions: started by their payer, closed by the merchant or by time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.intent_terms import Verdict
from stacktill.application.journal import record
from stacktill.application.lookup import named
from stacktill.application.metadata import merged
from stacktill.application.payment_intents import (
    cancel_payment_intent,
    create_payment_intent,
    draft_payment_intent,
    expire_payment_intent,
)
from stacktill.application.services import Caller, Services
from stacktill.application.session_terms import LONGEST_LIFE_SECONDS, new_session_id
from stacktill.application.views.resources import session_view
from stacktill.domain.errors import InvalidRequest, NotFound, StateConflict
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.resources import CheckoutSession
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "draft_of_session",
    "expire_session",
    "expire_sessions",
    "session_of",
    "session_of_link",
    "start_session",
    "update_session",
]

PATIENCE_SECONDS = 600
"""How much longer a session stays open at a time while money is on its way to it."""


def update_session(
    uow: UnitOfWork, caller: Caller, id: str, params: dict[str, Any]
) -> CheckoutSession:
    """Change a session's metadata."""
    session = session_of(uow, caller, id)
    if "metadata" in params:
        session = replace(session, metadata=merged(session.metadata, params["metadata"]))
        uow.checkout_sessions.save(session)
    return session


def start_session(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    session_id: str,
    verdict: Verdict | None = None,
) -> PaymentIntent:
    """Show the payer of a session where to pay: its live intent, or a new one when there is none.

    ``verdict`` is what plugins decided about ``draft_of_session``. Raise ``StateConflict`` when the
    session's time is over.
    """
    session = session_of(uow, caller, session_id)
    intent = _intent(uow, session)
    if intent is not None and intent.status != "canceled":
        return intent
    if session.status != "open" or session.expires_at <= services.now(session.livemode):
        raise StateConflict("This Checkout Session is no longer open; ask the shop for a new one.")
    paid_for = _without_the_deleted(uow, session)
    params = {**_intent_params(paid_for), "confirm": True}
    draft = draft_of_session(services, paid_for)
    intent = create_payment_intent(
        uow, services, caller, draft, params, verdict=verdict or Verdict()
    )
    uow.checkout_sessions.save(replace(session, payment_intent=intent.id))
    return intent


def draft_of_session(services: Services, session: CheckoutSession) -> PaymentIntent:
    """The intent that starting a session would make, not kept anywhere."""
    if session.awaits_choice and not session.total_sats:
        raise StateConflict("The payer must choose an amount first, on the page of this session.")
    caller = Caller(session.merchant_id, session.livemode)
    return draft_payment_intent(services, caller, _intent_params(session))


def session_of_link(uow: UnitOfWork, services: Services, link_id: str) -> CheckoutSession:
    """Make the checkout session of one visit to a payment link."""
    link = uow.payment_links.get(link_id)
    if link is None:
        raise NotFound(f"No such payment_link: '{link_id}'", param="payment_link")
    merchant = uow.merchants.get(link.merchant_id)
    if not link.active or merchant is None or merchant.status != "active":
        raise InvalidRequest(link.inactive_message or "This payment link is no longer active.")
    id = new_session_id(services, link.livemode)
    now = services.now(link.livemode)
    redirect = link.after_completion.get("redirect") or {}
    session = CheckoutSession(
        id=id,
        merchant_id=link.merchant_id,
        livemode=link.livemode,
        created=now,
        expires_at=now + LONGEST_LIFE_SECONDS,
        line_items=tuple(replace(item, id=services.ids.new("li")) for item in link.line_items),
        client_secret=f"{id}_{services.ids.secret('secret')}",
        payment_intent_data=link.payment_intent_data,
        payment_link=link.id,
        success_url=redirect.get("url"),
        metadata=link.metadata,
    )
    uow.checkout_sessions.add(session)
    return session


def expire_session(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> CheckoutSession:
    """Close an open session before its time; its intent is canceled with it."""
    session = session_of(uow, caller, id)
    intent = _intent(uow, session)
    if session.status != "open":
        raise StateConflict(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session.status}."
        )
    if intent is not None and intent.status not in ("canceled", "requires_action"):
        raise StateConflict(
            "This Checkout Session cannot be expired because its payment is on its way: the "
            f"PaymentIntent {intent.id} has a status of {intent.status}."
        )
    if intent is not None and intent.status == "requires_action":
        cancel_payment_intent(uow, services, caller, intent.id, "expired")
    return _close(uow, services, caller, session)


def expire_sessions(
    uow: UnitOfWork, services: Services, livemode: bool, now: int, limit: int = 200
) -> int:
    """Close up to ``limit`` open sessions whose time is over; return how many there were.

    A payer who was shown where to pay keeps the time that was promised: such a session stays open
    until its intent is decided, and its ``expires_at`` moves.
    """
    due = uow.checkout_sessions.find(
        {"livemode": livemode, "status": "open", "expires_at <=": now},
        order="expires_at",
        limit=limit,
    )
    for session in due:
        caller = Caller(session.merchant_id, session.livemode)
        intent = _intent(uow, session)
        if intent is None or intent.status == "canceled":
            _close(uow, services, caller, session)
        elif intent.status == "requires_action" and (intent.closes_at or 0) < now:
            expire_payment_intent(uow, services, intent, now)
            _close(uow, services, caller, session)
        else:
            until = max(intent.closes_at or 0, now + PATIENCE_SECONDS)
            uow.checkout_sessions.save(replace(session, expires_at=until))
    return len(due)


def session_of(uow: UnitOfWork, caller: Caller, id: str) -> CheckoutSession:
    """The caller's session of that id, or ``NotFound``."""
    return named(uow.checkout_sessions, caller, id, kind="checkout.session", param="session")


def _intent(uow: UnitOfWork, session: CheckoutSession) -> PaymentIntent | None:
    return (
        None if session.payment_intent is None else uow.payment_intents.get(session.payment_intent)
    )


def _without_the_deleted(uow: UnitOfWork, session: CheckoutSession) -> CheckoutSession:
    """The session without its customer, if that was deleted since: its payer can still pay."""
    customer = None if session.customer is None else uow.customers.get(session.customer)
    return session if customer is None or not customer.deleted else replace(session, customer=None)


def _intent_params(session: CheckoutSession) -> dict[str, Any]:
    params: dict[str, Any] = {
        **session.payment_intent_data,
        "amount": session.total_sats,
        "currency": "btc",
        "customer": session.customer,
        "checkout_session": session.id,
    }
    if session.customer_email is not None:
        billing = {"email": session.customer_email}
        params["payment_method_data"] = {"type": "crypto", "billing_details": billing}
    return params


def _close(
    uow: UnitOfWork, services: Services, caller: Caller, session: CheckoutSession
) -> CheckoutSession:
    after = replace(session, status="expired")
    uow.checkout_sessions.save(after)
    record(uow, services, caller, "checkout.session.expired", session_view(services, after))
    return after
