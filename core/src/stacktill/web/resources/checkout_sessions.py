"""``/v1/checkout/sessions``: create, read, change, expire and list; and what they sell."""

from __future__ import annotations

from typing import Any

from stacktill.application import sessions as use_cases
from stacktill.application.session_terms import create_session
from stacktill.application.views.resources import session_view
from stacktill.domain.resources import CheckoutSession
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import (
    Currency,
    Email,
    Enum,
    Expand,
    ListOf,
    Metadata,
    Params,
    Text,
    Timestamp,
    Url,
)
from stacktill.web.resources.shared import reference
from stacktill.web.resources.sold import (
    LINE_ITEMS_PARAMS,
    expanded,
    intent_data,
    line_item_list,
    line_items,
)

__all__ = ["OPERATIONS"]

URL = "/v1/checkout/sessions"
EXPANDS = (
    "customer",
    "line_items",
    "line_items.data.price.product",
    "payment_intent",
    "payment_intent.customer",
    "payment_intent.latest_charge",
    "payment_intent.latest_charge.balance_transaction",
    "payment_intent.payment_method",
    "payment_link",
)
UI_MODES = ("hosted_page", "hosted", "embedded_page", "embedded")
"""The names since 2025-09 and those before."""
STATUSES = ("open", "complete", "expired")
SUBMIT_TYPES = ("auto", "book", "donate", "pay")
MAX_ITEMS = 100
FILTERS = ("customer", "payment_intent", "payment_link", "status")


def _types() -> ListOf:
    return ListOf(Enum(("crypto",)), max_items=1, description="Which methods may pay: crypto.")


CREATE = Params(
    {
        "line_items": line_items(MAX_ITEMS),
        "mode": Enum(("payment",), default="payment", description="payment: paid once."),
        "success_url": Url(
            description="Where the payer goes after paying; {CHECKOUT_SESSION_ID} becomes the id."
        ),
        "cancel_url": Url(description="Where the payer goes without paying."),
        "return_url": Url(description="Where an embedded page returns to."),
        "ui_mode": Enum(UI_MODES, description="A page of ours, or one within the shop's."),
        "expires_at": Timestamp(description="30 minutes to 24 hours from now; 24 hours if absent."),
        "customer": reference("Who pays."),
        "customer_email": Email(description="Who pays, when they are no customer yet."),
        "client_reference_id": Text(max_length=200, description="Your own name for it."),
        "currency": Currency(("btc",)),
        "locale": Text(max_length=10, description="The language of the page."),
        "submit_type": Enum(SUBMIT_TYPES),
        "customer_creation": Enum(("if_required",)),
        "metadata": Metadata(description="Your own keys and values."),
        "payment_intent_data": intent_data(),
        "payment_method_types": _types(),
        "allowed_payment_method_types": _types(),
        "expand": Expand(EXPANDS),
    },
    exclusive=(("customer", "customer_email"),),
)
UPDATE = Params(
    {"metadata": Metadata(description="Your own keys and values."), "expand": Expand(EXPANDS)}
)
ONLY_EXPAND = Params({"expand": Expand(EXPANDS)})
LIST = list_params(
    {
        "customer": reference("Only this customer's."),
        "payment_intent": reference("Only the one of this payment intent."),
        "payment_link": reference("Only those of this payment link."),
        "status": Enum(STATUSES, description="Only with this status."),
        "expand": Expand(tuple(f"data.{path}" for path in EXPANDS)),
    }
)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(uow, ask, create_session(uow, ask.services, ask.caller, ask.params))


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(uow, ask, use_cases.session_of(uow, ask.caller, ask.id))


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(uow, ask, use_cases.update_session(uow, ask.caller, ask.id, ask.params))


def _expire(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(uow, ask, use_cases.expire_session(uow, ask.services, ask.caller, ask.id))


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where = {name: ask.params[name] for name in FILTERS if name in ask.params}
    listing = Listing(URL, "checkout.session", where)
    page = list_page(
        uow.checkout_sessions, ask, listing, lambda item: session_view(ask.services, item)
    )
    return expanded(uow, ask, page, uow.checkout_sessions, URL)


def _line_items(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    session = use_cases.session_of(uow, ask.caller, ask.id)
    return line_item_list(uow, f"{URL}/{session.id}/line_items", session.line_items, ask.params)


def _view(uow: UnitOfWork, ask: Ask, session: CheckoutSession) -> dict[str, Any]:
    return expanded(uow, ask, session_view(ask.services, session), uow.checkout_sessions, URL)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"checkout_sessions.{name}",
        summary=summary,
        resource="checkout_sessions",
        **{"returns": "checkout.session", **more},
    )


OPERATIONS = (
    _operation("POST", "", "create", "Create a checkout session", params=CREATE, run=_create),
    _operation(
        "GET",
        "",
        "list",
        "List checkout sessions",
        params=LIST,
        returns="list:checkout.session",
        run=_list,
        long=True,
    ),
    _operation(
        "GET", "/{id}", "retrieve", "Retrieve a checkout session", params=ONLY_EXPAND, run=_retrieve
    ),
    _operation("POST", "/{id}", "update", "Update a checkout session", params=UPDATE, run=_update),
    _operation(
        "POST",
        "/{id}/expire",
        "expire",
        "Expire an open checkout session",
        params=ONLY_EXPAND,
        run=_expire,
    ),
    _operation(
        "GET",
        "/{id}/line_items",
        "list_line_items",
        "List what a checkout session sells",
        params=LINE_ITEMS_PARAMS,
        expands=("data.price.product",),
        returns="list:item",
        run=_line_items,
    ),
)
