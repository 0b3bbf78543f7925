"""``/v1/payment_methods``: create, read, change, list, attach to customers and detach."""

from __future__ import annotations

from typing import Any

from stacktill.application import payment_methods as use_cases
from stacktill.application.views.resources import payment_method_view
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Email, Enum, Hash, Metadata, Params, Text
from stacktill.web.resources.shared import address, reference

__all__ = ["OPERATIONS"]

URL = "/v1/payment_methods"
WORDS = 5_000

CHANGEABLE = {
    "allow_redisplay": Enum(("always", "limited", "unspecified")),
    "billing_details": Hash(
        {
            "address": address(),
            "email": Email(unsettable=True),
            "name": Text(max_length=WORDS, unsettable=True),
            "phone": Text(max_length=WORDS, unsettable=True),
        },
        unsettable=True,
        description="Who is billed.",
    ),
    "metadata": Metadata(description="Your own keys and values."),
}
CREATE = Params(
    {
        "type": Enum(("crypto",), required=True, description="How it pays: crypto."),
        "crypto": Hash({}),
        **CHANGEABLE,
    }
)
UPDATE = Params(CHANGEABLE)
ATTACH = Params({"customer": reference("Whose it becomes.", required=True)})
LIST = list_params(
    {
        "customer": reference("Only this customer's."),
        "type": Enum(("crypto",), description="Only this type."),
    }
)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    method = use_cases.create_payment_method(uow, ask.services, ask.caller, ask.params)
    return payment_method_view(method)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return payment_method_view(use_cases.payment_method_of(uow, ask.caller, ask.id))


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    method = use_cases.update_payment_method(uow, ask.caller, ask.id, ask.params)
    return payment_method_view(method)


def _attach(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    customer = ask.params["customer"]
    return payment_method_view(use_cases.attach_payment_method(uow, ask.caller, ask.id, customer))


def _detach(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return payment_method_view(use_cases.detach_payment_method(uow, ask.caller, ask.id))


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where = {"customer": ask.params["customer"]} if "customer" in ask.params else {}
    listing = Listing(URL, "payment_method", where)
    return list_page(uow.payment_methods, ask, listing, payment_method_view)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"payment_methods.{name}",
        summary=summary,
        resource="payment_methods",
        **{"returns": "payment_method", "expands": ("customer",), **more},
    )


OPERATIONS = (
    _operation("POST", "", "create", "Create a payment method", params=CREATE, run=_create),
    _operation(
        "GET",
        "",
        "list",
        "List payment methods",
        params=LIST,
        expands=("data.customer",),
        returns="list:payment_method",
        run=_list,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a payment method", run=_retrieve),
    _operation("POST", "/{id}", "update", "Update a payment method", params=UPDATE, run=_update),
    _operation(
        "POST",
        "/{id}/attach",
        "attach",
        "Attach a payment method to a customer",
        params=ATTACH,
        run=_attach,
    ),
    _operation(
        "POST",
        "/{id}/detach",
        "detach",
        "Detach a payment method from its customer",
        run=_detach,
    ),
)
