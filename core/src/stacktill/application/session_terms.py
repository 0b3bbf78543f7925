"""What a checkout session starts with: where it returns, until when it is open, what it sells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.customers import usable_customer
from stacktill.application.line_items import make_line_items
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.application.updates import picked
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.money import check_fee
from stacktill.domain.resources import CheckoutSession, Customer, LineItem
from stacktill.plugin.storage import UnitOfWork

__all__ = ["LONGEST_LIFE_SECONDS", "create_session", "intent_data", "new_session_id"]

LEAST_LIFE_SECONDS = 30 * 60
LONGEST_LIFE_SECONDS = 24 * 3600
CLOCK_SLACK_SECONDS = 10
"""How far the caller's clock may be from ours."""
PLAIN = (
    "success_url",
    "cancel_url",
    "return_url",
    "ui_mode",
    "customer",
    "customer_email",
    "client_reference_id",
    "locale",
    "submit_type",
)
"""Parameters that are kept as they come."""
NO_DETAILS: dict[str, Any] = {
    "address": None,
    "business_name": None,
    "email": None,
    "individual_name": None,
    "name": None,
    "phone": None,
    "tax_exempt": "none",
    "tax_ids": [],
}


def create_session(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> CheckoutSession:
    """Keep a new open session; it has no intent before its payer comes."""
    _check_return(params)
    now = services.now(caller.livemode)
    email = params.get("customer_email")
    customer = params.get("customer")
    id = new_session_id(services, caller.livemode)
    items = make_line_items(uow, services, caller, params["line_items"])
    session = CheckoutSession(
        id=id,
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=now,
        expires_at=_expiry(params.get("expires_at"), now),
        line_items=items,
        client_secret=f"{id}_{services.ids.secret('secret')}",
        customer_details=None if email is None else {**NO_DETAILS, "email": email},
        payment_intent_data=intent_data(params.get("payment_intent_data"), items),
        metadata=merged({}, params.get("metadata", {})),
        **picked(params, *PLAIN),
    )
    if customer is not None:
        known = usable_customer(uow, caller, customer)
        session = replace(session, customer_details=_details(known))
    uow.checkout_sessions.add(session)
    return session


def intent_data(given: dict[str, Any] | None, items: tuple[LineItem, ...]) -> dict[str, Any]:
    """What a session or link that sells ``items`` keeps for its intents, without what is unset."""
    kept = {name: value for name, value in (given or {}).items() if value is not None}
    least_sats = sum(item.least_sats for item in items)
    param = "payment_intent_data[application_fee_amount]"
    check_fee(kept.get("application_fee_amount", 0), least_sats, param=param)
    if "metadata" in kept:
        kept["metadata"] = merged({}, kept["metadata"])
    return kept


def new_session_id(services: Services, livemode: bool) -> str:
    """An id that says which mode the session is of, as Stripe's do."""
    return services.ids.new("cs_live" if livemode else "cs_test")


def _check_return(params: dict[str, Any]) -> None:
    """A hosted page has to know where to go on success; an embedded one, where to come back."""
    is_embedded = params.get("ui_mode", "hosted_page").startswith("embedded")
    needed = "return_url" if is_embedded else "success_url"
    if needed not in params:
        raise InvalidParameter(
            f"Missing required param: {needed}.", code="parameter_missing", param=needed
        )
    for name in ("success_url", "cancel_url") if is_embedded else ("return_url",):
        if name in params:
            kind = "embedded" if is_embedded else "hosted"
            raise InvalidParameter(f"{name} cannot be used with a {kind} page.", param=name)


def _expiry(asked: int | None, now: int) -> int:
    if asked is None:
        return now + LONGEST_LIFE_SECONDS
    if asked < now + LEAST_LIFE_SECONDS - CLOCK_SLACK_SECONDS:
        raise InvalidParameter(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
            "creation.",
            param="expires_at",
        )
    if asked > now + LONGEST_LIFE_SECONDS + CLOCK_SLACK_SECONDS:
        raise InvalidParameter(
            "The `expires_at` timestamp must be at most 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return asked


def _details(customer: Customer) -> dict[str, Any]:
    names = ("address", "email", "name", "phone", "tax_exempt")
    return {**NO_DETAILS, **{name: getattr(customer, name) for name in names}}
