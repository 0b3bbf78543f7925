"""The sales of a terminal: asking for a payment, taking that back, and what was sold today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacktill.application.payment_intents import (
    cancel_payment_intent,
    create_payment_intent,
    draft_payment_intent,
)
from stacktill.application.pos import LONGEST_LIST, Terminal, sale_of, sale_params, sales_of
from stacktill.application.services import Services
from stacktill.domain.errors import StateConflict
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.pages.checkout.reading import find_checkout
from stacktill.web.pages.checkout.states import Checkout

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["Day", "Line", "cancel_sale", "day_of", "make_sale", "shown_sale"]


@dataclass(frozen=True, slots=True)
class Line:
    """A sale in the list; ``state`` is one of waiting, part, confirming, paid, ended."""

    id: str
    created: int
    amount_sats: int
    note: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Day:
    """The sales since midnight, newest first, and what is paid of them, in sats."""

    lines: tuple[Line, ...]
    paid_sats: int
    paid_count: int
    is_cut: bool


async def make_sale(
    appliance: Appliance, terminal: Terminal, amount_sats: int, note: str | None
) -> PaymentIntent:
    """Ask for a payment; raise what creating an intent raises."""
    services, caller = appliance.services, terminal.caller
    params = sale_params(terminal, amount_sats, note)
    draft = draft_payment_intent(services, caller, params)
    verdict = await appliance.verdict(draft, is_new=True)
    intent = await appliance.storage.write(
        create_payment_intent, services, caller, draft, params, verdict=verdict
    )
    appliance.relay.nudge()
    return intent


def cancel_sale(uow: UnitOfWork, services: Services, terminal: Terminal, id: str) -> None:
    """Take a sale back while nothing of it has arrived."""
    intent = sale_of(uow, terminal, id)
    if intent.status != "requires_action" or intent.seen_sats:
        raise StateConflict("This sale can no longer be taken back.")
    cancel_payment_intent(uow, services, terminal.caller, id, "abandoned")


def shown_sale(uow: UnitOfWork, services: Services, terminal: Terminal, id: str) -> Checkout:
    """A sale as its page shows it; raise ``NotFound`` for those of others."""
    return find_checkout(uow, services, sale_of(uow, terminal, id).id)


def day_of(uow: UnitOfWork, terminal: Terminal, since: int) -> Day:
    """What the terminal has sold since a Unix second."""
    lines = tuple(_line(intent) for intent in sales_of(uow, terminal, since))
    paid = [line.amount_sats for line in lines if line.state == "paid"]
    return Day(lines, sum(paid), len(paid), is_cut=len(lines) == LONGEST_LIST)


def _line(intent: PaymentIntent) -> Line:
    return Line(intent.id, intent.created, intent.amount_sats, intent.description, _state(intent))


def _state(intent: PaymentIntent) -> str:
    if intent.status == "succeeded":
        return "paid"
    if intent.status == "processing":
        return "confirming"
    if intent.status == "canceled":
        return "ended"
    return "part" if intent.seen_sats else "waiting"
