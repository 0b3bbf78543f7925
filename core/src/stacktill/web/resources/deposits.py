"""``/v1/deposits`` (ours): every transfer to the store's addresses, and what to do with strays."""

from __future__ import annotations

from typing import Any

from stacktill.application import deposits as use_cases
from stacktill.application.lookup import named
from stacktill.application.views.charges import refund_view
from stacktill.application.views.deposits import deposit_view
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Enum, Params
from stacktill.web.resources.shared import reference

__all__ = ["OPERATIONS"]

URL = "/v1/deposits"
EXPANDS = ("payment_intent", "refund")
LIST_EXPANDS = tuple(f"data.{path}" for path in EXPANDS)

LIST = list_params(
    {
        "payment_intent": reference("Only those that name or pay this intent."),
        "status": Enum(use_cases.STATUSES, description="Only those of this status."),
    }
)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return deposit_view(named(uow.deposits, ask.caller, ask.id, kind="deposit"))


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where: dict[str, Any] = {}
    if "status" in ask.params:
        where |= use_cases.status_where(ask.params["status"])
    if "payment_intent" in ask.params:
        where["intent_id"] = ask.params["payment_intent"]
    return list_page(uow.deposits, ask, Listing(URL, "deposit", where), deposit_view)


def _attach(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    intent_id = ask.params["payment_intent"]
    return deposit_view(use_cases.attach_deposit(uow, ask.services, ask.caller, ask.id, intent_id))


def _refund(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    refund = use_cases.refund_unmatched(uow, ask.services, ask.caller, ask.id)
    return refund_view(refund, network=ask.services.chain_by_id(refund.chain_id).network)


def _dismiss(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return deposit_view(use_cases.dismiss_deposit(uow, ask.services, ask.caller, ask.id))


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"deposits.{name}",
        summary=summary,
        resource="deposits",
        **{"returns": "deposit", "expands": EXPANDS, **more},
    )


OPERATIONS = (
    _operation(
        "GET",
        "",
        "list",
        "List deposits",
        params=LIST,
        expands=LIST_EXPANDS,
        returns="list:deposit",
        run=_list,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a deposit", run=_retrieve),
    _operation(
        "POST",
        "/{id}/attach",
        "attach",
        "Count an unmatched deposit towards a payment intent",
        params=Params({"payment_intent": reference("The intent it pays.", required=True)}),
        run=_attach,
    ),
    _operation(
        "POST",
        "/{id}/refund",
        "refund",
        "Prepare giving an unmatched deposit back",
        expands=("deposit",),
        returns="refund",
        run=_refund,
    ),
    _operation(
        "POST",
        "/{id}/dismiss",
        "dismiss",
        "Keep an unmatched deposit without matching it to a payment",
        run=_dismiss,
    ),
)
