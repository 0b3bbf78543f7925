"""What a payer may read of a payment: found by the id of an intent, a session or a link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlencode

from stacktill.application.services import Services
from stacktill.domain.errors import NotFound
from stacktill.domain.payment_intents import CONFIRMABLE, PaymentIntent
from stacktill.domain.resources import CheckoutSession, LineItem, PaymentLink
from stacktill.plugin.storage import UnitOfWork

__all__ = ["Payment", "State", "find_payment"]

State = Literal["ready", "waiting", "confirming", "paid", "expired", "canceled", "closed"]
"""ready: can be started · waiting: for the money · confirming: it is in a block · closed: the shop does
not offer it (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment as its page shows it; amounts are sats, times Unix seconds."""

    id: str
    store: str
    livemode: bool
    state: State
    amount_sats: int
    items: tuple[LineItem, ...] = ()
    description: str | None = None
    message: str | None = None
    network: str = ""
    address: str = ""
    memo: str = ""
    remaining_sats: int = 0
    seen_sats: int = 0
    expires_at: int = 0
    now: int = 0
    transaction_hash: str | None = None
    paid_at: int | None = None
    return_url: str | None = None
    cancel_url: str | None = None

    @property
    def is_moving(self) -> bool:
        """Whether the page may soon show something else."""
        return self.state in ("waiting", "confirming")


def find_payment(uow: UnitOfWork, services: Services, id: str) -> Payment:
    """The payment of that id; raise ``NotFound`` when there is none."""
    if id.startswith("pi_"):
        intent = uow.payment_intents.get(id)
        if intent is not None:
            return _of_intent(uow, services, intent)
    elif id.startswith("cs_"):
        session = uow.checkout_sessions.get(id)
        if session is not None:
            return _of_session(uow, services, session)
    elif id.startswith("plink_"):
        link = uow.payment_links.get(id)
        if link is not None:
            return _of_link(uow, services, link)
    raise NotFound("There is no such payment. Check the address, or ask the shop for a new one.")


def _of_intent(uow: UnitOfWork, services: Services, intent: PaymentIntent) -> Payment:
    payment = Payment(
        id=intent.id,
        store=_store(uow, intent.merchant_id),
        livemode=intent.livemode,
        state=_intent_state(intent),
        amount_sats=intent.amount_sats,
        description=intent.description,
        return_url=_returned(intent),
        now=services.now(intent.livemode),
    )
    payment = _with_session(uow, payment, intent)
    if intent.chain_id is None:
        return payment
    charge = None if intent.latest_charge is None else uow.charges.get(intent.latest_charge)
    return replace(
        payment,
        network=services.chain_by_id(intent.chain_id).network,
        address=intent.deposit_address or "",
        memo=intent.memo or "",
        remaining_sats=intent.remaining_sats,
        seen_sats=intent.seen_sats,
        expires_at=intent.expires_at or 0,
        transaction_hash=None if charge is None else charge.transaction_hash,
        paid_at=intent.succeeded_at,
    )


def _intent_state(intent: PaymentIntent) -> State:
    if intent.status in CONFIRMABLE:
        # By hand means that only the shop's own server may start it.
        return "closed" if intent.confirmation_method == "manual" else "ready"
    if intent.status == "canceled":
        return "expired" if intent.cancellation_reason == "expired" else "canceled"
    if intent.status == "succeeded":
        return "paid"
    return "confirming" if intent.status == "processing" else "waiting"


def _with_session(uow: UnitOfWork, payment: Payment, intent: PaymentIntent) -> Payment:
    """What the session around an intent adds: what is bought, and where to return."""
    session = None
    if intent.checkout_session is not None:
        session = uow.checkout_sessions.get(intent.checkout_session)
    if session is None:
        return payment
    return replace(
        payment,
        items=session.line_items,
        message=_message(uow, session),
        return_url=_success_url(session),
        cancel_url=session.cancel_url,
    )


def _of_session(uow: UnitOfWork, services: Services, session: CheckoutSession) -> Payment:
    intent = None
    if session.payment_intent is not None:
        intent = uow.payment_intents.get(session.payment_intent)
    is_open = session.status == "open" and session.expires_at > services.now(session.livemode)
    if intent is not None and (intent.status != "canceled" or not is_open):
        return replace(_of_intent(uow, services, intent), id=session.id)
    state: State = "ready" if is_open else "paid" if session.status == "complete" else "expired"
    return Payment(
        id=session.id,
        store=_store(uow, session.merchant_id),
        livemode=session.livemode,
        state=state,
        amount_sats=session.total_sats,
        items=session.line_items,
        message=_message(uow, session),
        return_url=_success_url(session),
        cancel_url=session.cancel_url,
    )


def _of_link(uow: UnitOfWork, services: Services, link: PaymentLink) -> Payment:
    del services
    return Payment(
        id=link.id,
        store=_store(uow, link.merchant_id),
        livemode=link.livemode,
        state="ready" if link.active else "closed",
        amount_sats=_total(link.line_items),
        items=link.line_items,
        message=None if link.active else link.inactive_message,
    )


def _total(items: Iterable[LineItem]) -> int:
    return sum(item.total_sats for item in items)


def _store(uow: UnitOfWork, merchant_id: str) -> str:
    merchant = uow.merchants.get(merchant_id)
    return "" if merchant is None else merchant.name


def _success_url(session: CheckoutSession) -> str | None:
    url = session.success_url
    return None if url is None else url.replace("{CHECKOUT_SESSION_ID}", session.id)


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
