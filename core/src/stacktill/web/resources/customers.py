"""``/v1/customers``: create, read, change, delete, list and search; and their payment methods."""

from __future__ import annotations

from typing import Any

from stacktill.application import customers as use_cases
from stacktill.application.lookup import named
from stacktill.application.payment_methods import payment_method_of
from stacktill.application.views.resources import customer_view, payment_method_view
from stacktill.domain.errors import NotFound
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.api.searches import search_page, search_params
from stacktill.web.params import Email, Enum, ListOf, Metadata, Params, Text
from stacktill.web.resources.shared import address, reference, shipping

__all__ = ["OPERATIONS"]

URL = "/v1/customers"
METHODS_URL = "/{id}/payment_methods"
SEARCHABLE = ("created", "email", "name", "phone")
WORDS = 5_000
NAME = 256
MAX_LOCALES = 20


CHANGEABLE = {
    "address": address(),
    "description": Text(max_length=WORDS, unsettable=True, description="Your own words."),
    "email": Email(unsettable=True, description="Their e-mail address."),
    "invoice_prefix": Text(
        max_length=12,
        min_length=3,
        pattern="[A-Z0-9]+",
        pattern_message="It must be 3 to 12 capital letters or digits.",
        description="What the numbers of their invoices begin with.",
    ),
    "metadata": Metadata(description="Your own keys and values."),
    "name": Text(max_length=NAME, unsettable=True, description="Their full name."),
    "phone": Text(max_length=20, unsettable=True, description="Their phone number."),
    "preferred_locales": ListOf(
        Text(max_length=35), max_items=MAX_LOCALES, description="Their languages, best first."
    ),
    "shipping": shipping(),
    "tax_exempt": Enum(("none", "exempt", "reverse"), unsettable=True),
}

CREATE = Params(
    {**CHANGEABLE, "payment_method": reference("A payment method to attach to the customer.")}
)
UPDATE = Params(CHANGEABLE)
LIST = list_params({"email": Text(max_length=WORDS, description="Only with this e-mail address.")})
LIST_METHODS = list_params({"type": Enum(("crypto",))}, created=False)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return customer_view(use_cases.create_customer(uow, ask.services, ask.caller, ask.params))


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return customer_view(named(uow.customers, ask.caller, ask.id, kind="customer"))


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    customer = use_cases.update_customer(uow, ask.services, ask.caller, ask.id, ask.params)
    return customer_view(customer)


def _delete(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return customer_view(use_cases.delete_customer(uow, ask.services, ask.caller, ask.id))


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where: dict[str, Any] = {"deleted": False}
    if "email" in ask.params:
        where["email"] = ask.params["email"]
    return list_page(uow.customers, ask, Listing(URL, "customer", where), customer_view)


def _search(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return search_page(uow, ask, "customers", SEARCHABLE)


def _list_methods(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    customer = use_cases.living_customer(uow, ask.caller, ask.id)
    url = f"{URL}/{customer.id}/payment_methods"
    listing = Listing(url, "payment_method", {"customer": customer.id})
    return list_page(uow.payment_methods, ask, listing, payment_method_view)


def _retrieve_method(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    customer = use_cases.living_customer(uow, ask.caller, ask.id)
    method = payment_method_of(uow, ask.caller, ask.path["method"])
    if method.customer != customer.id:
        raise NotFound(f"No such PaymentMethod: '{method.id}'", param="payment_method")
    return payment_method_view(method)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"customers.{name}",
        summary=summary,
        resource="customers",
        **{"returns": "customer", **more},
    )


OPERATIONS = (
    _operation("POST", "", "create", "Create a customer", params=CREATE, run=_create),
    _operation(
        "GET",
        "",
        "list",
        "List customers",
        params=LIST,
        returns="list:customer",
        run=_list,
        long=True,
    ),
    _operation(
        "GET",
        "/search",
        "search",
        "Search customers",
        params=search_params(),
        returns="search:customer",
        run=_search,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a customer", run=_retrieve),
    _operation("POST", "/{id}", "update", "Update a customer", params=UPDATE, run=_update),
    _operation(
        "DELETE",
        "/{id}",
        "delete",
        "Delete a customer",
        returns="deleted:customer",
        run=_delete,
    ),
    _operation(
        "GET",
        METHODS_URL,
        "list_payment_methods",
        "List a customer's payment methods",
        params=LIST_METHODS,
        expands=("data.customer",),
        returns="list:payment_method",
        run=_list_methods,
        long=True,
    ),
    _operation(
        "GET",
        METHODS_URL + "/{method}",
        "retrieve_payment_method",
        "Retrieve a customer's payment method",
        expands=("customer",),
        returns="payment_method",
        run=_retrieve_method,
    ),
)
