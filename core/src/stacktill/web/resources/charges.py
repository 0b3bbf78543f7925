"""``/v1/charges``: what succeeded intents left behind; read, reworded, listed and searched."""

from __future__ import annotations

from typing import Any

from stacktill.application.charges import update_charge
from stacktill.application.customers import usable_customer
from stacktill.application.lookup import named
from stacktill.application.views.charges import charge_view
from stacktill.domain.charges import Charge
from stacktill.domain.errors import InvalidRequest
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.api.searches import search_page, search_params
from stacktill.web.params import Amount, Boolean, Email, Metadata, Params, Text
from stacktill.web.resources.shared import reference, shipping

__all__ = ["OPERATIONS"]

URL = "/v1/charges"
EXPANDS = ("balance_transaction", "customer", "payment_intent", "payment_method")
LIST_EXPANDS = tuple(f"data.{path}" for path in EXPANDS)
SEARCHABLE = ("amount", "created", "currency", "customer", "disputed", "refunded", "status")
LONG = 5_000

WORDS = {
    "customer": reference("Who paid.", unsettable=True),
    "description": Text(max_length=LONG, unsettable=True, description="What it was for."),
    "metadata": Metadata(description="Your own keys and values."),
    "receipt_email": Email(unsettable=True, description="Where the receipt goes."),
    "shipping": shipping(),
    "transfer_group": Text(max_length=LONG, unsettable=True),
}

CREATE = Params(
    {
        **WORDS,
        "amount": Amount(),
        "currency": Text(max_length=10),
        "source": Text(max_length=LONG),
        "capture": Boolean(),
        "statement_descriptor": Text(max_length=22),
    }
)

LIST = list_params(
    {
        "customer": reference("Only this customer's."),
        "payment_intent": reference("Only the charge of this intent."),
        "transfer_group": Text(max_length=LONG, description="Only those of this group."),
    }
)


def _refuse(_uow: UnitOfWork, _ask: Ask) -> dict[str, Any]:
    raise InvalidRequest(
        "Charges are not created directly: create and confirm a PaymentIntent; its charge is made "
        "when the payment is final."
    )


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(ask, named(uow.charges, ask.caller, ask.id, kind="charge"))


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    if ask.params.get("customer") is not None:
        usable_customer(uow, ask.caller, ask.params["customer"])
    return _view(ask, update_charge(uow, ask.services, ask.caller, ask.id, ask.params))


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    names = ("customer", "payment_intent", "transfer_group")
    where = {name: ask.params[name] for name in names if name in ask.params}
    listing = Listing(URL, "charge", where)
    return list_page(uow.charges, ask, listing, lambda charge: _view(ask, charge))


def _search(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return search_page(uow, ask, "charges", SEARCHABLE)


def _view(ask: Ask, charge: Charge) -> dict[str, Any]:
    return charge_view(ask.services, charge)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"charges.{name}",
        summary=summary,
        resource="charges",
        **{"returns": "charge", "expands": EXPANDS, **more},
    )


OPERATIONS = (
    _operation(
        "POST",
        "",
        "create",
        "Create a charge (always refused: payment intents make charges)",
        params=CREATE,
        run=_refuse,
    ),
    _operation(
        "GET",
        "",
        "list",
        "List charges",
        params=LIST,
        expands=LIST_EXPANDS,
        returns="list:charge",
        run=_list,
        long=True,
    ),
    _operation(
        "GET",
        "/search",
        "search",
        "Search charges",
        params=search_params(),
        expands=LIST_EXPANDS,
        returns="search:charge",
        run=_search,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a charge", run=_retrieve),
    _operation(
        "POST", "/{id}", "update", "Update a charge's words", params=Params(WORDS), run=_update
    ),
)
