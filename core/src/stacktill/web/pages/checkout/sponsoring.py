"""The network's fee, paid for a payer without STX: offered before signing, and what became of it in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacktill.application.services import Caller, Services
from stacktill.application.sponsorships import sponsorship_refusal
from stacktill.domain.errors import RequestError, Unavailable
from stacktill.plugin.sponsor import SponsoredCall, sponsor_of
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.sponsoring import draft_payment, sponsor_payment
from stacktill.web.pages.checkout.sponsor_words import refusal_words

if TYPE_CHECKING:
    from stacktill.domain.sponsorships import Sponsorship
    from stacktill.plugin.wallets import Fate
    from stacktill.runtime.appliance import Appliance
    from stacktill.web.pages.checkout.states import Checkout
    from stacktill.web.pages.i18n.tongue import Tongue

__all__ = ["Handed", "drafted", "hand_over", "sponsored_fate", "sponsors", "why_not"]

LOOK_SECONDS = 4.0
"""So long a payer waits for a look at what may have come to its end."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of a signed transaction: it is on its way as ``txid``, or a problem keeps it from that."""

    txid: str | None = None
    problem: str | None = None


def sponsors(appliance: Appliance, *, livemode: bool) -> bool:
    """Whether fees are paid here at all."""
    services = appliance.services
    chain = services.live_chain if livemode else services.test_chain
    return bool(services.sponsoring.daily_budget_ustx) and sponsor_of(chain) is not None


async def why_not(
    appliance: Appliance, found: Checkout, call: SponsoredCall, say: Tongue
) -> str | None:
    """Why the fee of a payer's call would not be paid now, in words; None when it would.

    The words are empty where nobody's fee is paid.
    """
    if not sponsors(appliance, livemode=found.order.livemode):
        return ""
    if appliance.services.chain(found.order.livemode).address_form(call.payer) != "wallet":
        return refusal_words("several_keys", found.order.store, say)
    asked = (appliance.services, found.order.intent_id or "", call)
    code = await appliance.storage.read(_refused, *asked)
    if code == "sponsor_payer_waiting":
        # Perhaps no more: the newest block may hold what this wallet waits for.
        await appliance.sponsor_lines[found.order.livemode].look(within_seconds=LOOK_SECONDS)
        code = await appliance.storage.read(_refused, *asked)
    return None if code is None else refusal_words(code, found.order.store, say)


async def drafted(appliance: Appliance, found: Checkout, payer: str) -> bytes | None:
    """What a wallet signs that cannot make such a transaction itself; None while it cannot be made."""
    try:
        return await draft_payment(appliance, _caller(found), found.order.intent_id or "", payer)
    except (RequestError, Unavailable):
        return None


async def hand_over(
    appliance: Appliance, found: Checkout, transaction: bytes | None, say: Tongue
) -> Handed:
    """Pay the fee of what a payer has signed, and send it; None is something that can be no transaction."""
    if transaction is None:
        return Handed(problem=refusal_words("not_ours", found.order.store, say))
    id = found.order.intent_id or ""
    try:
        made = await sponsor_payment(appliance, _caller(found), id, transaction)
    except Unavailable:
        return Handed(problem=refusal_words("down", found.order.store, say))
    except RequestError as error:
        if error.code == "sponsored_already":
            # Another one is on its way already, so nothing else should be paid.
            return Handed(await appliance.storage.read(_txid_of, id))
        code = "not_ours" if error.param == "transaction" else error.code
        return Handed(problem=refusal_words(code, found.order.store, say))
    return Handed(made.txid)


def _caller(found: Checkout) -> Caller:
    return Caller(found.order.merchant_id, found.order.livemode)


async def sponsored_fate(
    appliance: Appliance, found: Checkout, txid: str
) -> tuple[str, Fate] | None:
    """What is known of a transaction that was sponsored: its id at present, and what to say of it.

    None when it was not. Its fee may have been raised since, which gives it another id.
    """
    made = await appliance.storage.read(_sponsorship_of, found.order.intent_id or "", txid)
    if made is None:
        return None
    if made.status == "mined":
        return made.txid, "mined"
    return made.txid, "failed" if made.status == "released" else "pending"


def _refused(
    uow: UnitOfWork, services: Services, intent_id: str, call: SponsoredCall
) -> str | None:
    intent = uow.payment_intents.get(intent_id)
    refusal = None if intent is None else sponsorship_refusal(uow, services, intent, call)
    return None if refusal is None else refusal.code


def _txid_of(uow: UnitOfWork, intent_id: str) -> str | None:
    where = {"payment_intent": intent_id, "status !=": "released"}
    return next((each.txid for each in uow.sponsorships.find(where, limit=1)), None)


def _sponsorship_of(uow: UnitOfWork, intent_id: str, txid: str) -> Sponsorship | None:
    found = uow.sponsorships.find({"payment_intent": intent_id}, descending=True, limit=20)
    return next((each for each in found if txid in each.txids), None)
