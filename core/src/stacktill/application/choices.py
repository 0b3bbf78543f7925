"""What a payer chooses before paying: an amount, or how many of each thing, within what the shop allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from stacktill.application.services import Services
from stacktill.application.sessions import session_of_link
from stacktill.domain.errors import InvalidParameter, NotFound, StateConflict
from stacktill.domain.money import check_amount
from stacktill.domain.resources import CheckoutSession, LineItem
from stacktill.plugin.storage import UnitOfWork

__all__ = ["Choice", "choose", "chosen_items"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the payer chose: an amount in sats, and quantities by the places of their line items."""

    amount_sats: int | None = None
    quantities: Mapping[int, int] = field(default_factory=dict)


def choose(uow: UnitOfWork, services: Services, id: str, choice: Choice) -> CheckoutSession:
    """The session that is to be paid: the one of ``id``, or a new one of the payment link of ``id``.

    Raise ``NotFound``, ``StateConflict`` when its time is over, ``InvalidParameter`` when the choice is
    not one that the shop offers. A session whose payment was started stays as it is.
    """
    if id.startswith("plink_"):
        session = session_of_link(uow, services, id)
    else:
        found = uow.checkout_sessions.get(id)
        if found is None:
            raise NotFound("There is no such payment.")
        session = found
    if session.payment_intent is not None:
        return session
    if session.status != "open" or session.expires_at <= services.now(session.livemode):
        raise StateConflict("This payment is no longer open. Ask the shop for a new one.")
    items = chosen_items(session.line_items, choice)
    session = replace(session, line_items=items, is_chosen=True)
    uow.checkout_sessions.save(session)
    return session


def chosen_items(items: tuple[LineItem, ...], choice: Choice) -> tuple[LineItem, ...]:
    """The line items as they are paid, without those of which none is wanted."""
    wanted = (_chosen(place, item, choice) for place, item in enumerate(items))
    chosen = tuple(item for item in wanted if item.quantity)
    check_amount(sum(item.total_sats for item in chosen))
    return chosen


def _chosen(place: int, item: LineItem, choice: Choice) -> LineItem:
    custom, adjustable = item.custom_amount, item.adjustable_quantity
    if custom is not None:
        amount_sats = choice.amount_sats
        if amount_sats is None:
            amount_sats = custom.preset_sats or 0
        _check(amount_sats, custom.least_sats, custom.most_sats, param="amount")
        return replace(item, unit_amount_sats=amount_sats)
    if adjustable is not None:
        quantity = choice.quantities.get(place, item.quantity)
        _check(quantity, adjustable.minimum, adjustable.maximum, param=f"quantity-{place}")
        return replace(item, quantity=quantity)
    return item


def _check(value: int, least: int, most: int, *, param: str) -> None:
    if value < least:
        raise InvalidParameter(f"Choose at least {least}.", code="amount_too_small", param=param)
    if value > most:
        raise InvalidParameter(f"Choose at most {most}.", code="amount_too_large", param=param)
