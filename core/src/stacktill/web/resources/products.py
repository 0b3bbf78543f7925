"""``/v1/products``: create, read, change, delete, list and search."""

from __future__ import annotations

from typing import Any

from stacktill.application import products as use_cases
from stacktill.application.views.resources import product_view
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import ID_LENGTH, Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.api.searches import search_page, search_params
from stacktill.web.params import Boolean, Enum, Hash, ListOf, Metadata, Params, Text, Url
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

URL = "/v1/products"
EXPANDS = ("default_price",)
LIST_EXPANDS = tuple(f"data.{path}" for path in EXPANDS)
SEARCHABLE = ("active", "description", "name", "shippable", "url")
MAX_IDS = 100

CHANGEABLE = {
    **PRODUCT_WORDS,
    "active": Boolean(description="Whether it can be bought."),
    "shippable": Boolean(description="Whether it is a thing that is shipped."),
    "url": Url(unsettable=True, description="Where the shop shows it."),
}
CREATE = Params(
    {
        "name": Text(max_length=NAME, required=True, description="What payers read."),
        **CHANGEABLE,
        "default_price_data": Hash(
            {
                "currency": currency(),
                **unit_amounts(),
                "custom_unit_amount": custom_amount(),
                "metadata": Metadata(),
                "nickname": Text(max_length=5_000),
                "tax_behavior": Enum(("unspecified",)),
            },
            exclusive=(PRICE_AMOUNTS,),
            needed=(PRICE_AMOUNTS,),
            description="Makes the product's first price.",
        ),
    }
)
UPDATE = Params(
    {
        "name": Text(max_length=NAME, description="What payers read."),
        **CHANGEABLE,
        "default_price": reference("The price to offer first.", unsettable=True),
    }
)
LIST = list_params(
    {
        "active": Boolean(description="Only what can be bought, or only what cannot."),
        "ids": ListOf(
            Text(max_length=ID_LENGTH), max_items=MAX_IDS, description="Only these products."
        ),
        "shippable": Boolean(description="Only what is shipped, or only what is not."),
        "url": Text(max_length=2_048, description="Only with this address."),
    }
)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return product_view(use_cases.create_product(uow, ask.services, ask.caller, ask.params))


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return product_view(use_cases.living_product(uow, ask.caller, ask.id))


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    product = use_cases.update_product(uow, ask.services, ask.caller, ask.id, ask.params)
    return product_view(product)


def _delete(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return product_view(use_cases.delete_product(uow, ask.services, ask.caller, ask.id))


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    params = ask.params
    where: dict[str, Any] = {
        name: params[name] for name in ("active", "shippable", "url") if name in params
    }
    where["deleted"] = False
    if "ids" in params:
        where["id"] = params["ids"]
    return list_page(uow.products, ask, Listing(URL, "product", where), product_view)


def _search(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return search_page(uow, ask, "products", SEARCHABLE)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"products.{name}",
        summary=summary,
        resource="products",
        **{"returns": "product", "expands": EXPANDS, **more},
    )


OPERATIONS = (
    _operation("POST", "", "create", "Create a product", params=CREATE, run=_create),
    _operation(
        "GET",
        "",
        "list",
        "List products",
        params=LIST,
        expands=LIST_EXPANDS,
        returns="list:product",
        run=_list,
        long=True,
    ),
    _operation(
        "GET",
        "/search",
        "search",
        "Search products",
        params=search_params(),
        expands=LIST_EXPANDS,
        returns="search:product",
        run=_search,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a product", run=_retrieve),
    _operation("POST", "/{id}", "update", "Update a product", params=UPDATE, run=_update),
    _operation(
        "DELETE",
        "/{id}",
        "delete",
        "Delete a product that has no prices",
        expands=(),
        returns="deleted:product",
        run=_delete,
    ),
)
