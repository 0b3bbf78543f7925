"""``/v1/payment_links``: create, read, change and list; and what they sell."""

from __future__ import annotations

from typing import Any

from stacktill.application import payment_links as use_cases
from stacktill.application.views.resources import payment_link_view
from stacktill.domain.resources import PaymentLink
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import (
    Boolean,
    Currency,
    Enum,
    Expand,
    Hash,
    ListOf,
    Metadata,
    Params,
    Text,
    Url,
)
from stacktill.web.resources.sold import (
    LINE_ITEMS_PARAMS,
    expanded,
    intent_data,
    line_item_list,
    line_items,
)

__all__ = ["OPERATIONS"]

URL = "/v1/payment_links"
EXPANDS = ("line_items", "line_items.data.price.product")
MAX_ITEMS = 20
MESSAGE = 500

CHANGEABLE = {
    "after_completion": Hash(
        {
            "type": Enum(("hosted_confirmation", "redirect"), required=True),
            "hosted_confirmation": Hash(
                {"custom_message": Text(max_length=MESSAGE, unsettable=True)}
            ),
            "redirect": Hash({"url": Url(required=True)}),
        },
        description="What the payer sees after paying.",
    ),
    "inactive_message": Text(
        max_length=MESSAGE, unsettable=True, description="What visitors read once it is inactive."
    ),
    "metadata": Metadata(description="Your own keys and values; its sessions get them too."),
    "payment_intent_data": intent_data(),
    "payment_method_types": ListOf(Enum(("crypto",)), max_items=1),
}
CREATE = Params(
    {
        "line_items": line_items(MAX_ITEMS),
        "currency": Currency(("btc",)),
        **CHANGEABLE,
        "expand": Expand(EXPANDS),
    }
)
UPDATE = Params(
    {
        "active": Boolean(description="Whether it can be used."),
        **CHANGEABLE,
        "expand": Expand(EXPANDS),
    }
)
RETRIEVE = Params({"expand": Expand(EXPANDS)})
LIST = list_params(
    {
        "active": Boolean(description="Only what can be used, or only what cannot."),
        "expand": Expand(tuple(f"data.{path}" for path in EXPANDS)),
    }
)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    link = use_cases.create_payment_link(uow, ask.services, ask.caller, ask.params)
    return _view(uow, ask, link)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(uow, ask, use_cases.payment_link_of(uow, ask.caller, ask.id))


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    link = use_cases.update_payment_link(uow, ask.services, ask.caller, ask.id, ask.params)
    return _view(uow, ask, link)


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where = {"active": ask.params["active"]} if "active" in ask.params else {}
    listing = Listing(URL, "payment_link", where)
    page = list_page(
        uow.payment_links, ask, listing, lambda link: payment_link_view(ask.services, link)
    )
    return expanded(uow, ask, page, uow.payment_links, URL)


def _line_items(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    link = use_cases.payment_link_of(uow, ask.caller, ask.id)
    return line_item_list(uow, f"{URL}/{link.id}/line_items", link.line_items, ask.params)


def _view(uow: UnitOfWork, ask: Ask, link: PaymentLink) -> dict[str, Any]:
    return expanded(uow, ask, payment_link_view(ask.services, link), uow.payment_links, URL)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"payment_links.{name}",
        summary=summary,
        resource="payment_links",
        **{"returns": "payment_link", **more},
    )


OPERATIONS = (
    _operation("POST", "", "create", "Create a payment link", params=CREATE, run=_create),
    _operation(
        "GET",
        "",
        "list",
        "List payment links",
        params=LIST,
        returns="list:payment_link",
        run=_list,
        long=True,
    ),
    _operation(
        "GET", "/{id}", "retrieve", "Retrieve a payment link", params=RETRIEVE, run=_retrieve
    ),
    _operation("POST", "/{id}", "update", "Update a payment link", params=UPDATE, run=_update),
    _operation(
        "GET",
        "/{id}/line_items",
        "list_line_items",
        "List what a payment link sells",
        params=LINE_ITEMS_PARAMS,
        expands=("data.price.product",),
        returns="list:item",
        run=_line_items,
    ),
)
