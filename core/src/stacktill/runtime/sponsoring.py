"""Sponsoring: the chain reads what a payer signed, the books set the fee aside, then it is sent."""

from __future__ import annotations

import logging

from stacktill.application.services import Caller
from stacktill.application.sponsorships import (
    note_sent,
    release_sponsorship,
    reserve_sponsorship,
    sponsorable,
)
from stacktill.application.wallet_orders import wallet_order
from stacktill.domain.errors import InvalidRequest, RequestError, Unavailable
from stacktill.domain.sponsorships import Sponsorship
from stacktill.plugin.chain import ChainUnavailable
from stacktill.plugin.sponsor import Sponsor, sponsor_of
from stacktill.runtime.appliance import Appliance

__all__ = ["draft_payment", "sponsor_payment"]

log = logging.getLogger("stacktill")


async def draft_payment(appliance: Appliance, caller: Caller, intent_id: str, payer: str) -> bytes:
    """The unsigned transaction that pays an intent out of an address and is made to be sponsored.

    Raise ``InvalidRequest`` when nobody is sponsored here or the address is no single wallet's,
    ``StateConflict`` when the intent cannot be paid now, ``Unavailable`` when the network does not answer.
    """
    sponsor = _sponsor(appliance, caller)
    intent = await appliance.storage.read(sponsorable, appliance.services, caller, intent_id)
    try:
        return await sponsor.draft(wallet_order(intent), payer)
    except ChainUnavailable as error:
        raise Unavailable("The network cannot be asked at the moment; try again.") from error


async def sponsor_payment(
    appliance: Appliance, caller: Caller, intent_id: str, transaction: bytes
) -> Sponsorship:
    """Pay the network's fee of a payer's transaction; raise ``InvalidRequest`` when that is not done.

    The transaction must be exactly the call that pays the intent. When nobody knows whether the network
    took it, the fee stays set aside and ``Unavailable`` is raised.
    """
    storage, services = appliance.storage, appliance.services
    sponsor = _sponsor(appliance, caller)
    intent = await storage.read(sponsorable, services, caller, intent_id)
    try:
        call = await sponsor.check(transaction, wallet_order(intent))
    except ChainUnavailable as error:
        raise Unavailable("The network cannot be asked at the moment; nothing was sent.") from error
    kept = await storage.write(reserve_sponsorship, services, caller, intent_id, call)
    try:
        txid = await sponsor.send(transaction, call)
    except RequestError:
        await storage.write(release_sponsorship, kept.id)
        raise
    except ChainUnavailable as error:
        log.warning("sponsor.unknown", extra={"sponsorship": kept.id, "reason": str(error)})
        raise Unavailable(
            "Nobody knows whether the network took the payment. Wait for it before you try again.",
            code="sponsor_unknown",
        ) from error
    return await storage.write(note_sent, kept.id, txid)


def _sponsor(appliance: Appliance, caller: Caller) -> Sponsor:
    sponsor = sponsor_of(appliance.services.chain(caller.livemode))
    if sponsor is None or not appliance.services.sponsoring.daily_budget_ustx:
        raise InvalidRequest(
            "Payments are not sponsored here; pay the network's fee yourself.", code="sponsor_off"
        )
    return sponsor
