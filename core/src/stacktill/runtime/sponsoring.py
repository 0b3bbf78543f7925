"""Sponsoring: the chain reads what a payer signed, and the line of its sponsor signs, keeps and sends it."""

from __future__ import annotations

from stacktill.application.services import Caller
from stacktill.application.sponsorships import earlier_sponsorship, sponsorable
from stacktill.application.wallet_orders import wallet_order
from stacktill.domain.errors import InvalidRequest, Unavailable
from stacktill.domain.sponsorships import Sponsorship
from stacktill.plugin.chain import ChainUnavailable
from stacktill.plugin.sponsor import Sponsor, sponsor_of
from stacktill.runtime.appliance import Appliance

__all__ = ["draft_payment", "sponsor_payment"]


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

    The transaction must be exactly the call that pays the intent. The same one twice is one. What the
    network did not answer to is ``signed``, and is sent until it does.
    """
    storage, services = appliance.storage, appliance.services
    sponsor = _sponsor(appliance, caller)
    earlier = await storage.read(earlier_sponsorship, caller, intent_id, transaction)
    if earlier is not None:
        return earlier
    intent = await storage.read(sponsorable, services, caller, intent_id)
    try:
        call = await sponsor.check(transaction, wallet_order(intent))
    except ChainUnavailable as error:
        raise Unavailable("The network cannot be asked at the moment; nothing was sent.") from error
    return await appliance.sponsor_lines[caller.livemode].pay(caller, intent_id, transaction, call)


def _sponsor(appliance: Appliance, caller: Caller) -> Sponsor:
    sponsor = sponsor_of(appliance.services.chain(caller.livemode))
    if sponsor is None or not appliance.services.sponsoring.daily_budget_ustx:
        raise InvalidRequest(
            "Payments are not sponsored here; pay the network's fee yourself.", code="sponsor_off"
        )
    return sponsor
