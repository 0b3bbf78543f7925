"""Set the network's fee of a payment aside, follow what becomes of it, or give it back to the budget."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.lookup import named
from stacktill.application.services import Caller, Services
from stacktill.domain.accounting import PluginState
from stacktill.domain.decisions import Refusal
from stacktill.domain.errors import InvalidRequest, StateConflict
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.sponsorships import Sponsorship, sponsor_refusal
from stacktill.domain.statements import DAY_SECONDS, day_of
from stacktill.plugin.sponsor import CallNews, SignedCall, SponsoredCall, WaitingCall
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "MOST_WAITING",
    "TRIES_PER_PAYMENT",
    "earlier_sponsorship",
    "keep_sponsorship",
    "note_news",
    "resign_sponsorship",
    "spent_ustx",
    "sponsorable",
    "sponsorship_refusal",
    "waiting_calls",
]

MOST_WAITING = 100
"""No network lets so many transactions of one account wait; above that somebody plays with us. As many
again are looked at of those that were given up: they hold no place, and must not hide who does."""

TRIES_PER_PAYMENT = 4
"""So many that came to nothing count as one payment: each was signed, kept and sent all the same."""


def sponsorable(
    uow: UnitOfWork, services: Services, caller: Caller, intent_id: str
) -> PaymentIntent:
    """The caller's intent, if it can be paid now; raise ``StateConflict`` when it cannot."""
    intent = named(uow.payment_intents, caller, intent_id, kind="payment_intent", param="intent")
    if not _is_over(intent, services.now(caller.livemode)):
        return intent
    raise StateConflict(
        f"PaymentIntent {intent.id} has a status of {intent.status}, or its time is over: nothing should "
        "be paid for it now.",
        code="payment_intent_unexpected_state",
        object_type="payment_intent",
        object_id=intent.id,
    )


def earlier_sponsorship(
    uow: UnitOfWork, caller: Caller, intent_id: str, transaction: bytes
) -> Sponsorship | None:
    """The one that was made of this very transaction, so that asking twice is asking once; or None."""
    intent = named(uow.payment_intents, caller, intent_id, kind="payment_intent", param="intent")
    found = uow.sponsorships.find({"payment_intent": intent.id, "status !=": "released"}, limit=1)
    return next((one for one in found if one.asked == transaction.hex()), None)


def sponsorship_refusal(
    uow: UnitOfWork, services: Services, intent: PaymentIntent, call: SponsoredCall
) -> Refusal | None:
    """Why the fee of a payer's call for that intent would not be paid at this moment, or None."""
    if uow.sponsorships.find({"payment_intent": intent.id, "status !=": "released"}, limit=1):
        return Refusal(
            "This payment is sponsored already; wait until the network has taken it.",
            code="sponsored_already",
        )
    policy, livemode = services.sponsoring, intent.livemode
    if _is_store(uow, intent, call.payer):
        return Refusal(
            "This wallet is a store's: such fees are paid for payers only.",
            code="sponsor_for_payers",
        )
    day = day_of(services.now(livemode))
    known: dict[str, Any] = {"payer": call.payer, "livemode": livemode}
    kept = {**known, "status !=": "released"}
    newest = uow.sponsorships.find(kept, order="created", descending=True, limit=1)
    if any(one.ended_at is None for one in newest):
        return Refusal(
            "Another payment of this address waits for a block; sign this one when it is in it.",
            code="sponsor_payer_waiting",
        )
    today = {**known, "created >=": day * DAY_SECONDS}
    most_tries = TRIES_PER_PAYMENT * policy.payer_payments_per_day
    tries = uow.sponsorships.find(today, order="created", limit=most_tries)
    helped = sum(one.status != "released" for one in tries)
    return sponsor_refusal(
        policy,
        fee_ustx=call.fee_ustx,
        spent_ustx=spent_ustx(uow, day, livemode=livemode),
        payer_payments=max(helped, len(tries) // TRIES_PER_PAYMENT),
    )


def keep_sponsorship(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    intent_id: str,
    call: SponsoredCall,
    *,
    asked: bytes,
    signed: SignedCall,
) -> Sponsorship:
    """Keep a signed call and set its fee aside; raise ``InvalidRequest`` when it is not to be spent.

    This comes before it is sent, so that none is ever sent of which the books know nothing.
    """
    intent = sponsorable(uow, services, caller, intent_id)
    refusal = sponsorship_refusal(uow, services, intent, call)
    if refusal is not None:
        raise InvalidRequest(refusal.message, code=refusal.code)
    now = services.now(intent.livemode)
    made = Sponsorship(
        id=services.ids.new("sp"),
        merchant_id=intent.merchant_id,
        livemode=intent.livemode,
        created=now,
        payment_intent=intent.id,
        payer=call.payer,
        fee_ustx=call.fee_ustx,
        asked=asked.hex(),
        transaction=signed.transaction.hex(),
        txid=signed.txid,
        signed_at=now,
    )
    uow.sponsorships.add(made)
    _spend(uow, made, call.fee_ustx)
    return made


def waiting_calls(uow: UnitOfWork, services: Services, *, livemode: bool) -> list[WaitingCall]:
    """What was signed in a mode and has come to no end: all that holds a place, then what was given up."""
    now = services.now(livemode)
    where: dict[str, Any] = {"livemode": livemode, "ended_at": None}
    in_line = uow.sponsorships.find({**where, "status !=": "dropped"}, limit=MOST_WAITING)
    given_up = uow.sponsorships.find({**where, "status": "dropped"}, limit=MOST_WAITING)
    calls = []
    for one in (*in_line, *given_up):
        intent = uow.payment_intents.get(one.payment_intent)
        calls.append(_waiting(one, now, is_over=intent is None or _is_over(intent, now)))
    return calls


def resign_sponsorship(
    uow: UnitOfWork, services: Services, id: str, fee_ustx: int, signed: SignedCall
) -> Sponsorship | None:
    """Keep a call that was signed anew, and set the difference of its fee aside.

    None when that is not to be spent, or when the call has come to an end meanwhile: then it must not be
    sent.
    """
    kept = uow.sponsorships.get(id)
    if kept is None or kept.ended_at is not None:
        return None
    policy, more_ustx = services.sponsoring, fee_ustx - kept.fee_ustx
    spent = spent_ustx(uow, day_of(kept.created), livemode=kept.livemode)
    if fee_ustx > policy.max_fee_ustx or spent + more_ustx > policy.daily_budget_ustx:
        return None
    _spend(uow, kept, more_ustx)
    made = replace(
        kept,
        fee_ustx=fee_ustx,
        transaction=signed.transaction.hex(),
        txid=signed.txid,
        earlier_txids=" ".join(kept.txids),
        signed_at=services.now(kept.livemode),
        status="signed",
    )
    uow.sponsorships.save(made)
    return made


def note_news(uow: UnitOfWork, services: Services, news: CallNews) -> Sponsorship | None:
    """Note what became of a call; None when it has come to its end before.

    What is lost gives its fee back to the budget of its day.
    """
    kept = uow.sponsorships.get(news.id)
    if kept is None or kept.ended_at is not None:
        return None
    if news.what in ("sent", "dropped"):
        changed = replace(kept, status=news.what)
    elif news.what == "mined":
        changed = replace(kept, status="mined", ended_at=services.now(kept.livemode))
    else:
        changed = replace(kept, status="released", ended_at=services.now(kept.livemode))
        _spend(uow, kept, -kept.fee_ustx)
    uow.sponsorships.save(changed)
    return changed


def spent_ustx(uow: UnitOfWork, day: int, *, livemode: bool) -> int:
    """What was spent, or is set aside, on a UTC day in a mode, in micro-STX."""
    state = uow.plugin_state.get(_counter(day, livemode=livemode))
    return 0 if state is None else int(state.value)


def _is_store(uow: UnitOfWork, intent: PaymentIntent, payer: str) -> bool:
    """Whether a store is or was paid there: two of them could send the same sats to and fro at our cost."""
    where: dict[str, Any] = {"chain_id": intent.chain_id, "address": [payer]}
    return bool(uow.settlement_addresses.find(where, order="address", limit=1))


def _is_over(intent: PaymentIntent, now: int) -> bool:
    is_late = intent.closes_at is None or now >= intent.closes_at
    return is_late or intent.status != "requires_action"


def _waiting(one: Sponsorship, now: int, *, is_over: bool) -> WaitingCall:
    state = one.status
    assert state in ("signed", "sent", "dropped")
    return WaitingCall(
        id=one.id,
        transaction=bytes.fromhex(one.transaction),
        txids=one.txids,
        fee_ustx=one.fee_ustx,
        seconds=max(now - one.signed_at, 0),
        state=state,
        is_over=is_over,
    )


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
