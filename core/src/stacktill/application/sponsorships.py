"""Set the network's fee of a payment aside, note that it was spent, or give it back to the budget."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.lookup import named
from stacktill.application.services import Caller, Services
from stacktill.domain.accounting import PluginState
from stacktill.domain.decisions import Refusal
from stacktill.domain.errors import InvalidRequest, InvariantBroken, StateConflict
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.sponsorships import Sponsorship, sponsor_refusal
from stacktill.domain.statements import DAY_SECONDS, day_of
from stacktill.plugin.sponsor import SponsoredCall
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "note_sent",
    "release_sponsorship",
    "reserve_sponsorship",
    "spent_ustx",
    "sponsorable",
    "sponsorship_refusal",
]


def sponsorable(
    uow: UnitOfWork, services: Services, caller: Caller, intent_id: str
) -> PaymentIntent:
    """The caller's intent, if it can be paid now; raise ``StateConflict`` when it cannot."""
    intent = named(uow.payment_intents, caller, intent_id, kind="payment_intent", param="intent")
    is_over = intent.closes_at is None or services.now(caller.livemode) >= intent.closes_at
    if intent.status == "requires_action" and not is_over:
        return intent
    raise StateConflict(
        f"PaymentIntent {intent.id} has a status of {intent.status}, or its time is over: nothing should "
        "be paid for it now.",
        code="payment_intent_unexpected_state",
        object_type="payment_intent",
        object_id=intent.id,
    )


def reserve_sponsorship(
    uow: UnitOfWork, services: Services, caller: Caller, intent_id: str, call: SponsoredCall
) -> Sponsorship:
    """Set the fee of a payer's call aside; raise ``InvalidRequest`` when it is not to be spent.

    This comes before anything is signed, so that no two payments share what is left of a budget.
    """
    intent = sponsorable(uow, services, caller, intent_id)
    refusal = sponsorship_refusal(uow, services, intent, call)
    if refusal is not None:
        raise InvalidRequest(refusal.message, code=refusal.code)
    made = Sponsorship(
        id=services.ids.new("sp"),
        merchant_id=intent.merchant_id,
        livemode=intent.livemode,
        created=services.now(intent.livemode),
        payment_intent=intent.id,
        payer=call.payer,
        fee_ustx=call.fee_ustx,
    )
    uow.sponsorships.add(made)
    _spend(uow, made, call.fee_ustx)
    return made


def sponsorship_refusal(
    uow: UnitOfWork, services: Services, intent: PaymentIntent, call: SponsoredCall
) -> Refusal | None:
    """Why the fee of a payer's call for that intent would not be paid at this moment, or None."""
    where: dict[str, Any] = {"payment_intent": intent.id, "status !=": "released"}
    if uow.sponsorships.find(where, limit=1):
        return Refusal(
            "This payment is sponsored already; wait until the network has taken it.",
            code="sponsored_already",
        )
    policy, livemode = services.sponsoring, intent.livemode
    day = day_of(services.now(livemode))
    today: dict[str, Any] = {
        "payer": call.payer,
        "livemode": livemode,
        "status !=": "released",
        "created >=": day * DAY_SECONDS,
    }
    helped = uow.sponsorships.find(today, order="created", limit=policy.payer_payments_per_day)
    return sponsor_refusal(
        policy,
        fee_ustx=call.fee_ustx,
        spent_ustx=spent_ustx(uow, day, livemode=livemode),
        payer_payments=len(helped),
    )


def note_sent(uow: UnitOfWork, id: str, txid: str) -> Sponsorship:
    """Note that the network took the transaction."""
    sent = replace(_reserved(uow, id), status="sent", txid=txid)
    uow.sponsorships.save(sent)
    return sent


def release_sponsorship(uow: UnitOfWork, id: str) -> Sponsorship:
    """Give a fee back to its day's budget: the network refused the transaction for good."""
    released = replace(_reserved(uow, id), status="released")
    uow.sponsorships.save(released)
    _spend(uow, released, -released.fee_ustx)
    return released


def spent_ustx(uow: UnitOfWork, day: int, *, livemode: bool) -> int:
    """What was spent, or is set aside, on a UTC day in a mode, in micro-STX."""
    state = uow.plugin_state.get(_counter(day, livemode=livemode))
    return 0 if state is None else int(state.value)


def _reserved(uow: UnitOfWork, id: str) -> Sponsorship:
    found = uow.sponsorships.get(id)
    if found is None or found.status != "reserved":
        raise InvariantBroken(f"{id} is no sponsorship that waits to be sent")
    return found


def _spend(uow: UnitOfWork, item: Sponsorship, fee_ustx: int) -> None:
    day = day_of(item.created)
    id = _counter(day, livemode=item.livemode)
    total = spent_ustx(uow, day, livemode=item.livemode) + fee_ustx
    known = uow.plugin_state.get(id)
    (uow.plugin_state.add if known is None else uow.plugin_state.save)(
        PluginState(id=id, value=str(total))
    )


def _counter(day: int, *, livemode: bool) -> str:
    return f"core/sponsored_ustx/{'live' if livemode else 'test'}/{day}"
