"""Find what the payer's page shows: by the id of an intent, a session or a link, in one reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlencode

from stacktill.application.services import Services
from stacktill.application.stalls import stall_noted
from stacktill.domain.errors import NotFound
from stacktill.domain.payment_intents import CONFIRMABLE, PaymentIntent
from stacktill.domain.resources import CheckoutSession, LineItem, PaymentLink
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.pages.checkout.money_of import Money, money_of
from stacktill.web.pages.checkout.states import (
    Checkout,
    Choosing,
    Closed,
    Confirming,
    Ended,
    Order,
    Paid,
    Place,
    Ready,
    State,
    Waiting,
)

__all__ = ["find_checkout"]


def find_checkout(uow: UnitOfWork, services: Services, id: str) -> Checkout:
    """The page of that id; raise ``NotFound`` when there is none."""
    if id.startswith("pi_"):
        intent = uow.payment_intents.get(id)
        if intent is not None:
            return _of_intent(uow, services, intent, _session_of(uow, intent))
    elif id.startswith("cs_"):
        session = uow.checkout_sessions.get(id)
        if session is not None:
            return _of_session(uow, services, session)
    elif id.startswith("plink_"):
        link = uow.payment_links.get(id)
        if link is not None:
            return _of_link(uow, services, link)
    raise NotFound("There is no such payment.")


def _of_intent(
    uow: UnitOfWork, services: Services, intent: PaymentIntent, session: CheckoutSession | None
) -> Checkout:
    order = _order(uow, services, intent, intent.amount_sats)
    order = replace(order, intent_id=intent.id, description=intent.description)
    if session is not None:
        order = _with_session(order, session)
    return Checkout(order=order, state=_intent_state(uow, services, intent, session))


def _of_session(uow: UnitOfWork, services: Services, session: CheckoutSession) -> Checkout:
    intent = None
    if session.payment_intent is not None:
        intent = uow.payment_intents.get(session.payment_intent)
    if intent is not None:
        found = _of_intent(uow, services, intent, session)
        return replace(found, order=replace(found.order, id=session.id))
    order = _with_session(_order(uow, services, session, session.total_sats), session)
    if _is_open(services, session):
        verb = session.submit_type or "pay"
        if session.awaits_choice:
            return Checkout(order=order, state=Choosing(verb=verb, items=session.line_items))
        return Checkout(order=order, state=Ready(verb=verb))
    if session.status == "complete":
        return Checkout(order=order, state=_paid_session(uow, session))
    return Checkout(order=order, state=_ended(services, "expired", session, Money()))


def _of_link(uow: UnitOfWork, services: Services, link: PaymentLink) -> Checkout:
    order = _order(uow, services, link, _total(link.line_items))
    merchant = uow.merchants.get(link.merchant_id)
    state: State = Closed(message=link.inactive_message)
    if link.active and merchant is not None and merchant.status == "active":
        state = Choosing(items=link.line_items) if link.awaits_choice else Ready()
    return Checkout(order=replace(order, items=link.line_items), state=state)


def _order(
    uow: UnitOfWork,
    services: Services,
    item: PaymentIntent | CheckoutSession | PaymentLink,
    amount_sats: int,
) -> Order:
    merchant = uow.merchants.get(item.merchant_id)
    if merchant is None:
        raise NotFound("There is no such payment.")
    return Order(
        id=item.id,
        intent_id=None,
        merchant_id=merchant.id,
        store=merchant.name,
        brand=merchant.settings.branding,
        allowed_origins=merchant.settings.checkout.allowed_origins,
        livemode=item.livemode,
        amount_sats=amount_sats,
        now=services.now(item.livemode),
    )


def _with_session(order: Order, session: CheckoutSession) -> Order:
    return replace(
        order,
        items=session.line_items,
        locale=session.locale,
        cancel_url=session.cancel_url,
    )


def _intent_state(
    uow: UnitOfWork, services: Services, intent: PaymentIntent, session: CheckoutSession | None
) -> State:
    if intent.status in CONFIRMABLE:
        # By hand means that only the shop's own server may start it.
        return Closed() if intent.confirmation_method == "manual" else Ready()
    money = money_of(uow, intent)
    if intent.status == "canceled":
        is_over = intent.cancellation_reason == "expired"
        return _ended(services, "expired" if is_over else "canceled", session, money)
    if intent.status == "succeeded":
        return _paid(uow, intent, session, money)
    if intent.status == "processing":
        return _confirming(intent, money)
    return _waiting(uow, services, intent, money)


def _waiting(uow: UnitOfWork, services: Services, intent: PaymentIntent, money: Money) -> Waiting:
    # Who lost a payment to a reorganisation has longer than was promised at first.
    ends_at = (intent.closes_at if intent.reversals else intent.expires_at) or 0
    stands_still = stall_noted(uow, intent.chain_id or "")
    return Waiting(
        place=_place(services, intent),
        remaining_sats=intent.remaining_sats,
        seen_sats=intent.seen_sats,
        ends_at=ends_at,
        is_over=not stands_still and services.now(intent.livemode) >= ends_at,
        stands_still=stands_still,
        has_failed=intent.last_payment_error is not None,
        taken_back=money.is_taken_back,
    )


def _confirming(intent: PaymentIntent, money: Money) -> Confirming:
    return Confirming(
        seen_sats=intent.seen_sats,
        overpaid_sats=intent.overpaid_sats,
        layer=money.depth.layer,
        blocks=money.depth.blocks,
        needed=money.depth.needed,
        transactions=money.transactions,
    )


def _paid(
    uow: UnitOfWork, intent: PaymentIntent, session: CheckoutSession | None, money: Money
) -> Paid:
    charge = None if intent.latest_charge is None else uow.charges.get(intent.latest_charge)
    paid = Paid() if session is None else _paid_session(uow, session)
    return replace(
        paid,
        at=intent.succeeded_at,
        arrived_sats=intent.seen_sats,
        overpaid_sats=intent.overpaid_sats,
        refunded_sats=0 if charge is None else charge.refunded_sats,
        transactions=money.transactions,
        return_url=paid.return_url or _returned(intent),
        strays=money.strays,
    )


def _paid_session(uow: UnitOfWork, session: CheckoutSession) -> Paid:
    url = session.success_url or session.return_url
    if url is not None:
        url = url.replace("{CHECKOUT_SESSION_ID}", session.id)
    return Paid(message=_message(uow, session), return_url=url)


def _ended(services: Services, name: str, session: CheckoutSession | None, money: Money) -> Ended:
    ended = Ended(name="expired" if name == "expired" else "canceled", strays=money.strays)
    if session is None:
        return ended
    if _is_open(services, session):
        return replace(ended, restart="here", restart_id=session.id)
    if session.payment_link is not None:
        return replace(ended, restart="link", restart_id=session.payment_link)
    return ended


def _place(services: Services, intent: PaymentIntent) -> Place:
    chain = services.chain_by_id(intent.chain_id or "")
    return Place(
        token=chain.sbtc_asset.partition("::")[0],
        address=intent.deposit_address or "",
        memo=intent.memo or "",
    )


def _session_of(uow: UnitOfWork, intent: PaymentIntent) -> CheckoutSession | None:
    if intent.checkout_session is None:
        return None
    return uow.checkout_sessions.get(intent.checkout_session)


def _is_open(services: Services, session: CheckoutSession) -> bool:
    return session.status == "open" and session.expires_at > services.now(session.livemode)


def _total(items: Iterable[LineItem]) -> int:
    return sum(item.total_sats for item in items)


def _message(uow: UnitOfWork, session: CheckoutSession) -> str | None:
    """What the link of a session wants to be said after paying."""
    link = None if session.payment_link is None else uow.payment_links.get(session.payment_link)
    if link is None:
        return None
    said = (link.after_completion.get("hosted_confirmation") or {}).get("custom_message")
    return None if said is None else str(said)


def _returned(intent: PaymentIntent) -> str | None:
    """Where the shop wants the payer back, told which payment it was."""
    url = intent.return_url
    if url is None:
        return None
    whole, mark, fragment = url.partition("#")
    query = urlencode({"payment_intent": intent.id, "redirect_status": "succeeded"})
    return f"{whole}{'&' if '?' in whole else '?'}{query}{mark}{fragment}"
