"""``/v1/prices``: create, read, change, list and search."""

from __future__ import annotations

from typing import Any

from stacktill.application import prices as use_cases
from stacktill.application.lookup import named
from stacktill.application.views.resources import price_view
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.api.searches import search_page, search_params
from stacktill.web.params import Boolean, Currency, Enum, Hash, ListOf, Metadata, Params, Text
from stacktill.web.resources.shared import reference
from stacktill.web.resources.sold import (
    NAME,
    PRICE_AMOUNTS,
    PRODUCT_WORDS,
    currency,
    custom_amount,
    unit_amounts,
)

__all__ = ["OPERATIONS"]

URL = "/v1/prices"
EXPANDS = ("product", "product.default_price")
LIST_EXPANDS = tuple(f"data.{path}" for path in EXPANDS)
SEARCHABLE = ("active", "currency", "lookup_key", "product", "type")
KEY_LENGTH = 200
MAX_KEYS = 10
PRODUCTS = ("product", "product_data")

CHANGEABLE = {
    "active": Boolean(description="Whether it can be used."),
    "lookup_key": Text(
        max_length=KEY_LENGTH, unsettable=True, description="A name of your own to find it by."
    ),
    "metadata": Metadata(description="Your own keys and values."),
    "nickname": Text(max_length=5_000, unsettable=True, description="A note; payers never see it."),
    "tax_behavior": Enum(("unspecified",)),
    "transfer_lookup_key": Boolean(description="Take the lookup key from the price that has it."),
}
CREATE = Params(
    {
        "currency": currency(),
        **unit_amounts(),
        "custom_unit_amount": custom_amount(),
        "product": reference("What it is the price of."),
        "product_data": Hash(
            {
                "name": Text(max_length=NAME, required=True),
                "active": Boolean(),
                "metadata": PRODUCT_WORDS["metadata"],
                "statement_descriptor": PRODUCT_WORDS["statement_descriptor"],
                "unit_label": PRODUCT_WORDS["unit_label"],
            },
            description="Makes a product of these data.",
        ),
        "billing_scheme": Enum(("per_unit",)),
        **CHANGEABLE,
    },
    exclusive=(PRODUCTS, PRICE_AMOUNTS),
    needed=(PRODUCTS, PRICE_AMOUNTS),
)
UPDATE = Params(CHANGEABLE)
LIST = list_params(
    {
        "active": Boolean(description="Only what can be used, or only what cannot."),
        "currency": Currency(("btc",)),
        "lookup_keys": ListOf(
            Text(max_length=KEY_LENGTH), max_items=MAX_KEYS, description="Only with these keys."
        ),
        "product": reference("Only of this product."),
        "type": Enum(("one_time", "recurring"), description="Every price here is one_time."),
    }
)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return price_view(use_cases.create_price(uow, ask.services, ask.caller, ask.params))


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return price_view(named(uow.prices, ask.caller, ask.id, kind="price", param="price"))


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return price_view(use_cases.update_price(uow, ask.services, ask.caller, ask.id, ask.params))


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    params = ask.params
    where: dict[str, Any] = {
        name: params[name] for name in ("active", "currency", "product") if name in params
    }
    if "lookup_keys" in params:
        where["lookup_key"] = params["lookup_keys"]
    if params.get("type") == "recurring":
        where["id"] = []
    return list_page(uow.prices, ask, Listing(URL, "price", where), price_view)


def _search(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return search_page(uow, ask, "prices", SEARCHABLE)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"prices.{name}",
        summary=summary,
        resource="prices",
        **{"returns": "price", "expands": EXPANDS, **more},
    )


OPERATIONS = (
    _operation("POST", "", "create", "Create a price", params=CREATE, run=_create),
    _operation(
        "GET",
        "",
        "list",
        "List prices",
        params=LIST,
        expands=LIST_EXPANDS,
        returns="list:price",
        run=_list,
        long=True,
    ),
    _operation(
        "GET",
        "/search",
        "search",
        "Search prices",
        params=search_params(),
        expands=LIST_EXPANDS,
        returns="search:price",
        run=_search,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a price", run=_retrieve),
    _operation("POST", "/{id}", "update", "Update a price", params=UPDATE, run=_update),
)
