"""What a webhook means for an order: paid when the money is all there, and never twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stacktill.web.demo.orders import MOST_LETTERS, Letter, Order, OrderStatus
from stacktill.web.demo.signatures import Step

__all__ = ["file_letter"]

PAYING = ("checkout.session.completed", "payment_intent.succeeded")
NOTES: dict[str, tuple[OrderStatus | None, str]] = {
    "checkout.session.expired": ("expired", "Nobody paid in time. The goods go back on the shelf."),
    "payment_intent.partially_funded": (None, "A part has arrived. The parcel waits for the rest."),
    "payment_intent.processing": ("processing", "Money is on its way. The parcel waits."),
    "payment_intent.reversed": ("open", "The chain took the payment back. The parcel stays here."),
}
"""What other events make of an order, and what is said about it."""


def file_letter(order: Order, letter: Letter, event: Mapping[str, Any]) -> None:
    """Put a letter with its order, and do what it asks for."""
    if letter.type in PAYING:
        step, effect = _pay(order, letter, event["data"]["object"])
        letter = replace(letter, steps=(*letter.steps, step), effect=effect)
    else:
        letter = replace(letter, effect=_note(order, letter.type))
    order.letters.append(letter)
    del order.letters[:-MOST_LETTERS]


def _pay(order: Order, letter: Letter, thing: Mapping[str, Any]) -> tuple[Step, str]:
    """The last check, the amount; whoever passes it first pays the order."""
    is_session = letter.type.startswith("checkout")
    sats = thing["amount_total"] if is_session else thing["amount_received"]
    is_paid = not is_session or thing["payment_status"] == "paid"
    enough = is_paid and sats >= order.total_sats
    step = Step("Is it paid in full?", f"{sats:,} sats for {order.total_sats:,}", enough)
    if not enough:
        return step, "The order stays as it is."
    if order.status == "paid":
        order.paid_by = order.paid_by or letter.event_id
        return step, "The order is paid already: nothing to do twice."
    order.status, order.paid_by = "paid", letter.event_id
    return step, "The order is paid. The parcel may leave."


def _note(order: Order, type: str) -> str:
    status, words = NOTES.get(type, (None, "Noted."))
    # Events may come in any order, so only a reversal takes back what was paid.
    if status is not None and (order.status != "paid" or type == "payment_intent.reversed"):
        order.status = status
        order.paid_by = None
    return words
