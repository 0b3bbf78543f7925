"""Notices: which events a merchant must hear of outside the API, and at which e-mail addresses."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec

from stacktill.application.services import Services
from stacktill.domain.audit import AuditEntry
from stacktill.domain.events import Event
from stacktill.domain.merchants import Merchant
from stacktill.domain.notices import EmailChange, Notice, NoticeKind
from stacktill.domain.webhooks import Delivery
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "EMAIL_CHANGES_PER_DAY",
    "FORMER_EMAILS",
    "FORMER_EMAIL_SECONDS",
    "NOTICES",
    "email_changes",
    "notice_kind",
    "notice_of",
    "notice_recipients",
]

NOTICES = "notices:"
"""What the subscriber of notices begins with, before the name of the plugin that sends them."""
FORMER_EMAIL_SECONDS = 30 * 24 * 3600
"""How long an e-mail address that was replaced is still told, beyond the delay of a change: a thief who
first changes where notices go has not silenced them."""
FORMER_EMAILS = 5
"""How many of them: those that stood longest, which no thief can push out with new ones."""
EMAIL_CHANGES_PER_DAY = 10
"""How often a store's e-mail address may change: those before are told each time."""
DAY_SECONDS = 24 * 3600
ADDRESS_KINDS: dict[str, NoticeKind] = {
    "settlement_address.activated": "activated",
    "settlement_address.canceled": "canceled",
    "settlement_address.scheduled": "scheduled",
    "settlement_address.will_activate": "will_activate",
}


def notice_kind(event: Event) -> NoticeKind | None:
    """What the merchant is to be told of an event; None for most events."""
    if event.type == "account.updated":
        before = msgspec.json.decode(event.data).get("previous_attributes") or {}
        return None if before.get("email") is None else "email_changed"
    kind = ADDRESS_KINDS.get(event.type)
    if kind == "canceled" and _snapshot(event)["effective_at"] is None:
        return None  # Nobody was told of it.
    return kind


def notice_recipients(uow: UnitOfWork, services: Services, event: Event) -> tuple[str, ...]:
    """The e-mail addresses that are told of an event, each once: today's, and those until lately."""
    kind = notice_kind(event)
    # Nearly always: the books need not be asked.
    if kind is None:
        return ()
    merchant = uow.merchants.get(event.merchant_id)
    if merchant is None:
        return ()
    found = [*_former_emails(uow, services, merchant)]
    if kind == "email_changed":
        # The one that was just replaced, even when it did not stand for long; not the new one.
        before = msgspec.json.decode(event.data)["previous_attributes"]["email"]
        found = [before, *(one for one in found if one != _snapshot(event)["email"])]
    elif merchant.email is not None:
        found.insert(0, merchant.email)
    return tuple(dict.fromkeys(found))


def notice_of(
    uow: UnitOfWork, services: Services, event: Event, delivery: Delivery
) -> Notice | None:
    """The notice that goes to a delivery's recipient now; None when it is not true any more."""
    kind = notice_kind(event)
    merchant = uow.merchants.get(event.merchant_id)
    if kind is None or merchant is None or delivery.recipient is None:
        return None
    news: Any
    moment = event.created
    if kind == "email_changed":
        news = EmailChange(_snapshot(event)["email"], moment + _told_seconds(services))
    else:
        news = uow.address_changes.get(event.object_id)
        is_announced = kind in ("scheduled", "will_activate")
        if news is None or (is_announced and news.status != "scheduled"):
            return None
        moment = news.effective_at if is_announced else moment
    return Notice(
        id=delivery.id,
        kind=kind,
        livemode=_is_live(services, event, kind),
        recipient=delivery.recipient,
        store_id=merchant.id,
        store_name=merchant.name,
        moment=moment,
        news=news,
        locales=() if merchant.settings.locale is None else (merchant.settings.locale,),
    )


def email_changes(uow: UnitOfWork, merchant_id: str, *, limit: int) -> list[AuditEntry]:
    """The last changes of a store's e-mail address in both modes, oldest first."""
    where = {"merchant_id": merchant_id, "action": "account.email_changed"}
    found: list[AuditEntry] = uow.audit_entries.find(where, descending=True, limit=limit)
    return found[::-1]


def _is_live(services: Services, event: Event, kind: NoticeKind) -> bool:
    """Whether real money depends on it: a store has one e-mail address for both of its modes."""
    return event.livemode or (kind == "email_changed" and services.live_chain is not None)


def _told_seconds(services: Services) -> int:
    return FORMER_EMAIL_SECONDS + services.address_delay_seconds


def _former_emails(uow: UnitOfWork, services: Services, merchant: Merchant) -> list[str]:
    """The store's addresses until lately, by how long they stood; the audit log knows them."""
    told_seconds = _told_seconds(services)
    since = services.clock.now() - told_seconds
    most = EMAIL_CHANGES_PER_DAY * (told_seconds // DAY_SECONDS + 1)
    entries = [one for one in email_changes(uow, merchant.id, limit=most) if one.created >= since]
    begun = [merchant.created, *(entry.created for entry in entries)]
    stood: dict[str, int] = {}
    for entry, (since, until) in zip(entries, pairwise(begun), strict=True):
        email = msgspec.json.decode(entry.details)["before"]
        if email is not None:
            stood[email] = max(until - since, stood.get(email, 0))
    return sorted(stood, key=lambda email: -stood[email])[:FORMER_EMAILS]


def _snapshot(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(event.data)["object"]
    return found
