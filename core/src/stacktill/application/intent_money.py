"""Money and intents: counting a deposit, making it final, taking it back, letting it go."""

from __future__ import annotations

from dataclasses import replace

from stacktill.application.charges import (
    adjust_charge,
    complete_intent,
    fail_charge,
    suspend_charge,
)
from stacktill.application.intent_record import record_step
from stacktill.application.journal import move, record
from stacktill.application.places import place_of
from stacktill.application.services import Caller, Services
from stacktill.application.views.deposits import deposit_view
from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import InvariantBroken
from stacktill.domain.intent_steps import FundsFinal, FundsReversed, FundsSeen, Step, step
from stacktill.domain.ledger import AccountCode, TransferKind
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import UnitOfWork

__all__ = ["count_deposit", "finalise_deposit", "release_deposits", "report_unmatched", "uncount"]

DEPOSITS_PER_QUERY = 500
REOPEN_SECONDS = 24 * 3600
"""How long a payer whose payment was reversed has for it to come back."""


def count_deposit(
    uow: UnitOfWork, services: Services, deposit: Deposit, source: AccountCode
) -> Deposit:
    """Count a matched deposit towards its intent, moving it from ``source`` to where it stands."""
    intent = _intent(uow, deposit)
    kind: TransferKind = "deposit_seen" if source == "payers" else "deposit_matched"
    move(uow, services, deposit, kind, (source, "pending"))
    _apply(
        uow,
        services,
        intent,
        step(intent, FundsSeen(deposit.paid_sats), services.now(intent.livemode)),
    )
    if deposit.state == "final":
        return finalise_deposit(uow, services, deposit)
    uow.deposits.save(deposit)
    return deposit


def finalise_deposit(uow: UnitOfWork, services: Services, deposit: Deposit) -> Deposit:
    """Take note that a deposit is deep enough; its intent may succeed by it."""
    final = replace(deposit, state="final")
    uow.deposits.save(final)
    if final.match not in ("matched", "dismissed"):
        return final
    move(uow, services, final, "deposit_final", ("pending", "available"))
    if final.match == "dismissed":
        return final
    intent = _intent(uow, final)
    done = step(intent, FundsFinal(final.paid_sats, final.fee_sats), services.now(intent.livemode))
    if done.intent.status == "succeeded" and intent.status != "succeeded":
        done = complete_intent(uow, services, done, final)
    _apply(uow, services, intent, done)
    if intent.status == "succeeded":
        adjust_charge(uow, services, done.intent)
    return final


def uncount(uow: UnitOfWork, services: Services, deposit: Deposit) -> None:
    """Take a matched deposit back from its intent: its block left the chain."""
    intent = _intent(uow, deposit)
    was_final = deposit.state == "final"
    until = services.now(intent.livemode) + REOPEN_SECONDS
    fact = FundsReversed(
        deposit.paid_sats, was_final=was_final, open_until=until, fee_sats=deposit.fee_sats
    )
    done = step(intent, fact, services.now(intent.livemode))
    _apply(uow, services, intent, done)
    if intent.status != "succeeded":
        return
    if done.intent.status == "succeeded":
        adjust_charge(uow, services, done.intent)
    else:
        suspend_charge(uow, services, done.intent)


def release_deposits(
    uow: UnitOfWork, services: Services, intent: PaymentIntent, *, reason: str
) -> None:
    """Let go of the deposits of an intent that ended: each becomes unmatched, with the reason."""
    if intent.latest_charge is not None:
        fail_charge(uow, services, intent)
    where = {"intent_id": intent.id, "match": "matched", "state !=": "reversed"}
    while intent.seen_sats and (found := uow.deposits.find(where, limit=DEPOSITS_PER_QUERY)):
        for deposit in found:
            move(uow, services, deposit, "deposit_released", (place_of(deposit), "unmatched"))
            freed = replace(deposit, match="unmatched", reason=reason)
            uow.deposits.save(freed)
            report_unmatched(uow, services, freed)


def report_unmatched(uow: UnitOfWork, services: Services, deposit: Deposit) -> None:
    """Tell the merchant of money that belongs to no payment."""
    caller = Caller(deposit.merchant_id, deposit.livemode)
    record(uow, services, caller, "deposit.unmatched", deposit_view(deposit))


def _apply(uow: UnitOfWork, services: Services, before: PaymentIntent, done: Step) -> None:
    uow.payment_intents.save(done.intent)
    record_step(uow, services, Caller(before.merchant_id, before.livemode), done)


def _intent(uow: UnitOfWork, deposit: Deposit) -> PaymentIntent:
    intent = uow.payment_intents.get(deposit.intent_id or "")
    if intent is None:
        raise InvariantBroken(f"{deposit.id} is matched to {deposit.intent_id}, which is not there")
    return intent
