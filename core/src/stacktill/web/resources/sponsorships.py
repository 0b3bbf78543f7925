"""``/v1/sponsorships`` (ours): payments whose network fee the box paid, and asking it to."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from stacktill.application.lookup import named
from stacktill.application.views.settlement import sponsorship_view
from stacktill.domain.errors import NotFound
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.sponsorships import Sponsorship
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.sponsoring import sponsor_payment
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Params, Text
from stacktill.web.resources.shared import reference

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["OPERATIONS"]

URL = "/v1/sponsorships"
LONGEST_TRANSACTION = 20_000

LIST = list_params({"payment_intent": reference("Only those of this intent.")})
SPONSOR = Params(
    {
        "transaction": Text(
            required=True,
            max_length=LONGEST_TRANSACTION,
            pattern="(0x)?([0-9a-fA-F]{2})+",
            pattern_message="It must be a transaction in hex, as the wallet gave it.",
            description="What the payer's wallet signed for sponsoring, in hex.",
        ),
        "client_secret": Text(max_length=200, description="Needed with a publishable key."),
    }
)


async def _sponsor(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    await appliance.storage.read(_payable, ask)
    transaction = bytes.fromhex(ask.params["transaction"].removeprefix("0x"))
    return sponsorship_view(await sponsor_payment(appliance, ask.caller, ask.id, transaction))


def _payable(uow: UnitOfWork, ask: Ask) -> PaymentIntent:
    """The intent in the path; a payer must know its client secret, and learns nothing without it."""
    intent = named(uow.payment_intents, ask.caller, ask.id, kind="payment_intent", param="intent")
    secret = ask.params.get("client_secret")
    is_wanted = ask.is_payer or secret is not None
    if is_wanted and not hmac.compare_digest(
        (secret or "").encode(), intent.client_secret.encode()
    ):
        raise NotFound(f"No such payment_intent: '{ask.id}'", param="intent")
    return intent


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where: dict[str, Any] = {}
    if "payment_intent" in ask.params:
        where["payment_intent"] = ask.params["payment_intent"]
    return list_page(uow.sponsorships, ask, Listing(URL, "sponsorship", where), sponsorship_view)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    found: Sponsorship = named(uow.sponsorships, ask.caller, ask.id, kind="sponsorship")
    return sponsorship_view(found)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/payment_intents/{id}/sponsor",
        name="payment_intents.sponsor",
        summary="Pay the network's fee of a payer's transaction",
        resource="payment_intents",
        returns="sponsorship",
        params=SPONSOR,
        access="payer",
        work=_sponsor,
    ),
    Operation(
        method="GET",
        path=URL,
        name="sponsorships.list",
        summary="List the payments whose network fee was paid",
        resource="sponsorships",
        returns="list:sponsorship",
        params=LIST,
        run=_list,
        long=True,
    ),
    Operation(
        method="GET",
        path=f"{URL}/{{id}}",
        name="sponsorships.retrieve",
        summary="Retrieve a sponsorship",
        resource="sponsorships",
        returns="sponsorship",
        run=_retrieve,
    ),
)
