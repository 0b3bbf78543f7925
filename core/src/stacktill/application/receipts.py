"""Receipts: which events call for one, and what it says when it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from stacktill.application.services import Services
from stacktill.application.views.payment_intents import receipt_url
from stacktill.domain.charges import Charge
from stacktill.domain.events import Event
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.receipts import Receipt, ReceiptItem, ReceiptKind, Store
from stacktill.domain.resources import CheckoutSession
from stacktill.domain.webhooks import Delivery
from stacktill.plugin.storage import UnitOfWork

__all__ = ["EARLIER_FIRST", "RECEIPTS", "receipt_deliveries", "receipt_kind", "receipt_of"]

RECEIPTS = "receipts:"
"""What the subscriber of receipts begins with, before the name of the plugin that sends them."""
EARLIER_FIRST: Literal["wait"] = "wait"
"""Said instead of a receipt that may only go once the one before it is sent or given up."""
TOLD = frozenset({"charge.succeeded", "charge.updated", "refund.updated"})
EVENTS_PER_OBJECT = 1_000
DELIVERIES_PER_QUERY = 20_000
RECEIPTS_PER_CHARGE = 20
"""However often its address is changed: a till is no machine for writing to strangers."""


def receipt_kind(event: Event) -> ReceiptKind | None:
    """What the payer is to be told of an event; None for most events, and when nobody wants to know.

    Whether a refund's payer wants to know only the books can say, so each refund counts here.
    """
    if event.type not in TOLD:
        return None
    data = msgspec.json.decode(event.data)
    now, before = data["object"], data.get("previous_attributes") or {}
    if event.type == "refund.updated":
        is_new = "status" in before and now["status"] == "succeeded"
        return "refund" if is_new and now["charge"] is not None else None
    if now["receipt_email"] is None:
        return None
    if event.type == "charge.succeeded":
        return "payment"
    if before.get("status") == "succeeded" and now["status"] == "pending":
        return "reversal"
    return "payment" if "receipt_email" in before and now["status"] == "succeeded" else None


def receipt_of(
    uow: UnitOfWork, services: Services, event: Event, subscriber: str
) -> Receipt | Literal["wait"] | None:
    """The receipt that an event calls for, as the books are now; None when it is not true any more.

    A reversal is told to those who got a receipt, and to nobody else.
    """
    kind = receipt_kind(event)
    snapshot = msgspec.json.decode(event.data)["object"]
    charge = uow.charges.get(snapshot["charge"] if kind == "refund" else event.object_id)
    intent = None if charge is None else uow.payment_intents.get(charge.payment_intent)
    if kind is None or charge is None or intent is None:
        return None
    recipient = charge.receipt_email if kind == "refund" else snapshot["receipt_email"]
    if recipient is None or not _is_still_true(uow, event, kind, charge):
        return None
    earlier = receipt_deliveries(uow, [event.object_id], subscriber, before=event)
    if len(earlier) >= RECEIPTS_PER_CHARGE:
        return None
    states = {delivery.status for delivery in earlier}
    if kind != "payment" and "pending" in states:
        return EARLIER_FIRST
    # The chain may show one refund twice, before and after a reorganisation.
    if kind != "payment" and ("delivered" in states) != (kind == "reversal"):
        return None
    return _receipt(uow, services, event, kind, _Payment(charge, intent, snapshot, recipient))


def receipt_deliveries(
    uow: UnitOfWork,
    object_ids: Sequence[str],
    subscriber: str | None = None,
    *,
    before: Event | None = None,
) -> list[Delivery]:
    """The receipts queued for the last events about these objects, oldest first."""
    events: list[str] = []
    for object_id in object_ids:
        about = {"object_id": object_id}
        if before is not None:
            about["id <"] = before.id
        found = uow.events.find(about, descending=True, limit=EVENTS_PER_OBJECT)
        events += [event.id for event in found]
    if not events:
        return []
    where: dict[str, str | list[str]] = {"event_id": events}
    if subscriber is not None:
        where["subscriber"] = subscriber
    queued = uow.deliveries.find(where, limit=DELIVERIES_PER_QUERY)
    return [one for one in queued if one.subscriber.startswith(RECEIPTS)]


def _is_still_true(uow: UnitOfWork, event: Event, kind: ReceiptKind, charge: Charge) -> bool:
    """Whether the books still say what the event said; what they say now has an event of its own."""
    if kind == "refund":
        refund = uow.refunds.get(event.object_id)
        return refund is not None and refund.status == "succeeded"
    return (charge.status == "succeeded") == (kind == "payment")


class _Payment(msgspec.Struct, frozen=True):
    """What a receipt is about."""

    charge: Charge
    intent: PaymentIntent
    snapshot: dict[str, Any]
    recipient: str


def _receipt(
    uow: UnitOfWork, services: Services, event: Event, kind: ReceiptKind, paid: _Payment
) -> Receipt:
    charge, intent = paid.charge, paid.intent
    session = None
    if intent.checkout_session is not None:
        session = uow.checkout_sessions.get(intent.checkout_session)
    is_refund = kind == "refund"
    whole_sats = charge.amount_sats + charge.overpaid_sats
    reference = charge.transaction_hash
    if is_refund:
        reference = paid.snapshot["destination_details"]["crypto"]["reference"]
    return Receipt(
        event_id=event.id,
        kind=kind,
        livemode=charge.livemode,
        recipient=paid.recipient,
        store=_store(uow, charge.merchant_id),
        payment=intent.id,
        amount_sats=paid.snapshot["amount"] if is_refund else whole_sats,
        overpaid_sats=charge.overpaid_sats if kind == "payment" else 0,
        moment=_moment(event, kind, intent),
        url=receipt_url(services, intent.id),
        network=services.chain_by_id(charge.chain_id).network,
        transaction_hash=reference,
        items=_items(session) if kind == "payment" else (),
        description=charge.description,
        locales=_locales(uow, charge, session),
    )


def _moment(event: Event, kind: ReceiptKind, intent: PaymentIntent) -> int:
    """When it happened; a receipt that follows to another address tells of the payment's own time."""
    if kind == "payment" and intent.succeeded_at is not None:
        return intent.succeeded_at
    return event.created


def _store(uow: UnitOfWork, merchant_id: str) -> Store:
    merchant = uow.merchants.get(merchant_id)
    if merchant is None:
        return Store("")
    brand = merchant.settings.branding
    return Store(merchant.name, merchant.email, merchant.url, brand.primary_color, brand.text_color)


def _items(session: CheckoutSession | None) -> tuple[ReceiptItem, ...]:
    if session is None:
        return ()
    return tuple(
        ReceiptItem(item.description, item.quantity, item.total_sats) for item in session.line_items
    )


def _locales(uow: UnitOfWork, charge: Charge, session: CheckoutSession | None) -> tuple[str, ...]:
    """The payer's languages: that of the session's page, then those of the customer."""
    asked = () if session is None or session.locale is None else (session.locale,)
    customer = None if charge.customer is None else uow.customers.get(charge.customer)
    return asked if customer is None else (*asked, *customer.preferred_locales)
