"""``/v1/pay_buttons`` (ours): HTML for a shop's page, whose price no visitor can edit."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from stacktill.application.buttons import (
    LABEL,
    PayButton,
    button_html,
    link_button_html,
    sign_button,
)
from stacktill.application.lookup import referenced
from stacktill.application.metadata import merged
from stacktill.application.views.payment_intents import hosted_url
from stacktill.domain.errors import InvalidParameter
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Amount, Currency, Metadata, Params, Text, Timestamp, Url
from stacktill.web.resources.shared import reference

__all__ = ["CREATE", "OPERATIONS", "create_button"]

DAY_SECONDS = 86_400
LIFE_SECONDS = 30 * DAY_SECONDS
LONGEST_LIFE_SECONDS = 366 * DAY_SECONDS
OF_THE_LINK = ("currency", "description", "expires_at", "metadata", "return_url")
"""What a payment link settles itself."""

CREATE = Params(
    {
        "amount": Amount(description="What a press costs, in sats."),
        "payment_link": reference("Or the payment link that a press leads to."),
        "currency": Currency(("btc",)),
        "description": Text(max_length=500, description="What it is for, as the payer reads it."),
        "expires_at": Timestamp(description="Until when; 30 days from now if absent, at most 366."),
        "label": Text(max_length=100, default=LABEL, description="What stands on the button."),
        "metadata": Metadata(description="Your own keys and values, for its payment intents."),
        "return_url": Url(description="Where the payer returns to."),
    },
    exclusive=(("amount", "payment_link"),),
    needed=(("amount", "payment_link"),),
)


def create_button(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    """The button that the parameters ask for; nothing of it is kept."""
    return _of_link(uow, ask) if "payment_link" in ask.params else _signed(ask)


def _signed(ask: Ask) -> dict[str, Any]:
    params, services = ask.params, ask.services
    button = PayButton(
        merchant_id=ask.caller.merchant_id,
        livemode=ask.caller.livemode,
        amount_sats=params["amount"],
        expires_at=_expiry(ask),
        description=params.get("description"),
        return_url=params.get("return_url"),
        metadata=merged({}, params.get("metadata", {})),
    )
    token = sign_button(services, button)
    return {
        "object": "pay_button",
        "amount": button.amount_sats,
        "currency": "btc",
        "expires_at": button.expires_at,
        "html": button_html(services, token, params["label"]),
        "livemode": button.livemode,
        "payment_link": None,
        "url": f"{services.public_url}/button?{urlencode({'token': token})}",
    }


def _of_link(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    params, id = ask.params, ask.params["payment_link"]
    for name in OF_THE_LINK:
        if name in params:
            raise InvalidParameter(f"The payment link settles {name}; leave it out.", param=name)
    link = referenced(uow.payment_links, ask.caller, id, kind="payment_link", param="payment_link")
    return {
        "object": "pay_button",
        "amount": None,
        "currency": "btc",
        "expires_at": None,
        "html": link_button_html(ask.services, link.id, params["label"]),
        "livemode": link.livemode,
        "payment_link": link.id,
        "url": hosted_url(ask.services, link.id),
    }


def _expiry(ask: Ask) -> int:
    now = ask.services.now(ask.caller.livemode)
    expires_at: int = ask.params.get("expires_at", now + LIFE_SECONDS)
    if not now < expires_at <= now + LONGEST_LIFE_SECONDS:
        raise InvalidParameter(
            "expires_at must be in the future, at most 366 days from now.", param="expires_at"
        )
    return expires_at


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/pay_buttons",
        name="pay_buttons.create",
        summary="Make a pay button for a page of plain HTML",
        resource="pay_buttons",
        returns="pay_button",
        params=CREATE,
        run=create_button,
    ),
)
