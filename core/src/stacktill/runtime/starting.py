"""Starting a payment as its payer does: the plugins are asked, then the payer is shown where to pay."""

from __future__ import annotations

from stacktill.application.intent_terms import Verdict
from stacktill.application.lookup import named
from stacktill.application.payment_intents import confirm_payment_intent
from stacktill.application.services import Caller
from stacktill.application.sessions import draft_of_session, session_of, start_session
from stacktill.domain.payment_intents import CONFIRMABLE, PaymentIntent
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.appliance import Appliance

__all__ = ["start_payment"]


async def start_payment(appliance: Appliance, caller: Caller, id: str) -> PaymentIntent:
    """The confirmed intent of a payment intent's or checkout session's id; started when it was not.

    Raise ``NotFound`` when the caller has no such payment, ``StateConflict`` when its time is over.
    """
    storage, services = appliance.storage, appliance.services
    if id.startswith("cs_"):
        session = await storage.read(session_of, caller, id)
        draft = draft_of_session(services, session)
        verdict = await appliance.verdict(draft, is_new=session.payment_intent is None)
        intent = await storage.write(start_session, services, caller, id, verdict)
    else:
        intent = await storage.read(_intent, caller, id)
        if intent.status in CONFIRMABLE:
            verdict = await appliance.verdict(intent, is_new=False)
            intent = await storage.write(_confirm, appliance, caller, id, verdict)
    appliance.relay.nudge()
    return intent


def _intent(uow: UnitOfWork, caller: Caller, id: str) -> PaymentIntent:
    return named(uow.payment_intents, caller, id, kind="payment_intent", param="payment")


def _confirm(
    uow: UnitOfWork, appliance: Appliance, caller: Caller, id: str, verdict: Verdict
) -> PaymentIntent:
    """Confirm, unless somebody else has done so meanwhile."""
    intent = _intent(uow, caller, id)
    if intent.status not in CONFIRMABLE:
        return intent
    return confirm_payment_intent(uow, appliance.services, caller, id, {}, verdict=verdict)
