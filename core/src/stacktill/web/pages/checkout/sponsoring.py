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
from stacktill.web.pages.html import isolated

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance
    from stacktill.web.pages.checkout.states import Checkout
    from stacktill.web.pages.i18n.tongue import Tongue

__all__ = ["Handed", "drafted", "hand_over", "sponsors", "why_not"]


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of a signed transaction.

    Without a problem it is on its way, as ``txid`` if that is known. With one nothing was paid, unless
    ``is_unknown``: then it may be on its way all the same.
    """

    txid: str | None = None
    problem: str | None = None
    is_unknown: bool = False


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
    services, id = appliance.services, found.order.intent_id or ""
    code = await appliance.storage.read(_refused, services, id, call)
    return None if code is None else _words(code, found, say)


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
        return Handed(problem=_not_ours(found, say))
    id = found.order.intent_id or ""
    try:
        made = await sponsor_payment(appliance, _caller(found), id, transaction)
    except Unavailable as error:
        is_unknown = error.code == "sponsor_unknown"
        return Handed(problem=_down(say, is_unknown=is_unknown), is_unknown=is_unknown)
    except RequestError as error:
        if error.code == "sponsored_already":
            return await _earlier(appliance, found, say)
        is_other = error.param == "transaction"
        return Handed(problem=_not_ours(found, say) if is_other else _words(error.code, found, say))
    return Handed(made.txid)


def _caller(found: Checkout) -> Caller:
    return Caller(found.order.merchant_id, found.order.livemode)


async def _earlier(appliance: Appliance, found: Checkout, say: Tongue) -> Handed:
    """The same transaction came before, or another one: it is on its way, so nothing else should be paid."""
    txid = await appliance.storage.read(_txid_of, found.order.intent_id or "")
    if txid is not None:
        return Handed(txid)
    return Handed(problem=_down(say, is_unknown=True), is_unknown=True)


def _refused(
    uow: UnitOfWork, services: Services, intent_id: str, call: SponsoredCall
) -> str | None:
    intent = uow.payment_intents.get(intent_id)
    refusal = None if intent is None else sponsorship_refusal(uow, services, intent, call)
    return None if refusal is None else refusal.code


def _txid_of(uow: UnitOfWork, intent_id: str) -> str | None:
    where = {"payment_intent": intent_id, "status !=": "released"}
    return next((each.txid for each in uow.sponsorships.find(where, limit=1)), None)


def _words(code: str | None, found: Checkout, say: Tongue) -> str:
    """A refusal in the payer's language, for one who has the STX to pay the fee, or has to get it."""
    store = isolated(found.order.store)
    if code == "sponsor_fee_too_high":
        words = say.gettext(
            "%(store)s pays such fees, but not as much as the network asks now.", store=store
        )
    elif code == "sponsor_payer_limit":
        words = say.gettext(
            "%(store)s has paid as many fees for this wallet as it does in one day.", store=store
        )
    elif code == "sponsor_budget_spent":
        words = say.gettext("What %(store)s pays for such fees in one day is used up.", store=store)
    elif code == "sponsored_already":
        words = say.gettext("%(store)s has paid a fee for this payment already.", store=store)
    elif code == "payment_intent_unexpected_state":
        words = say.gettext("This payment is not open any more. Nothing was paid now.")
    elif code == "sponsor_off":
        words = say.gettext("%(store)s pays no fees at the moment.", store=store)
    else:
        words = say.gettext("The network refused the transaction. Nothing was paid.")
    return words.unescape()


def _not_ours(found: Checkout, say: Tongue) -> str:
    return say.gettext(
        "Your wallet signed something else than it was asked to, so %(store)s did not send it. Nothing was "
        "paid. Take another wallet, or pay by hand.",
        store=isolated(found.order.store),
    ).unescape()


def _down(say: Tongue, *, is_unknown: bool) -> str:
    if is_unknown:
        words = say.gettext(
            "Nobody can say at the moment whether the network took your payment. Wait some minutes before "
            "you pay again."
        )
    else:
        words = say.gettext(
            "The network cannot be asked at the moment. Nothing was paid; try again in a minute."
        )
    return words.unescape()
