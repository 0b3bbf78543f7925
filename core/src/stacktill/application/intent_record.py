"""Telling what happened to an intent, and closing the books of one that succeeded."""

from __future__ import annotations

from typing import Any

from stacktill.application.journal import record
from stacktill.application.services import Caller, Services
from stacktill.application.views.payment_intents import payment_intent_view
from stacktill.domain.intent_steps import Step
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import UnitOfWork

__all__ = ["record_step", "snapshot"]


def snapshot(services: Services, intent: PaymentIntent) -> dict[str, Any]:
    """The API form of the intent as it is now."""
    return payment_intent_view(services, intent)


def record_step(uow: UnitOfWork, services: Services, caller: Caller, done: Step) -> None:
    """Record the events of a step, all with the intent as it is after it."""
    if not done.events:
        return
    view = snapshot(services, done.intent)
    for event_type in done.events:
        record(uow, services, caller, event_type, view)
