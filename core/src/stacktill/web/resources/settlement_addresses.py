"""``/v1/settlement_addresses`` (ours): where the store is paid, and how that changes."""

from __future__ import annotations

from typing import Any

from stacktill.application import addresses as use_cases
from stacktill.application.lookup import named
from stacktill.application.views.settlement import address_view
from stacktill.domain.addresses import ADDRESS_CHANGE_STATUSES
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Boolean, Enum, Params, Text

__all__ = ["OPERATIONS"]

URL = "/v1/settlement_addresses"
LONGEST_ADDRESS = 128
LONGEST_SIGNATURE = 200

LIST = list_params(
    {"status": Enum(ADDRESS_CHANGE_STATUSES, description="Only those of this status.")}
)
CREATE = Params(
    {
        "address": Text(
            max_length=LONGEST_ADDRESS, required=True, description="Where the store is to be paid."
        ),
        "contract_can_send": Boolean(
            description="Say true when the address is a contract's and you know that it can send sBTC "
            "on. Without that, contracts are refused."
        ),
    }
)


def _signature(description: str) -> Text:
    return Text(
        max_length=LONGEST_SIGNATURE,
        pattern="(0x)?[0-9a-fA-F]+",
        pattern_message="It must be a signature in hex, as wallets give it.",
        description=description,
    )


CONFIRM = Params(
    {
        "signature": _signature("The new wallet's signature of the message, in hex."),
        "current_signature": _signature(
            "The signature of the same message by the wallet in force: with it the change is immediate."
        ),
    }
)


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where = {name: ask.params[name] for name in ("status",) if name in ask.params}
    return list_page(
        uow.address_changes, ask, Listing(URL, "settlement_address", where), address_view
    )


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return address_view(named(uow.address_changes, ask.caller, ask.id, kind="settlement_address"))


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    can_send = ask.params.get("contract_can_send") or False
    change = use_cases.request_address(
        uow, ask.services, ask.caller, ask.params["address"], contract_can_send=can_send
    )
    return address_view(change)


def _confirm(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    signatures = {name: ask.params.get(name) for name in ("signature", "current_signature")}
    return address_view(
        use_cases.confirm_address(uow, ask.services, ask.caller, ask.id, **signatures)
    )


def _cancel(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return address_view(use_cases.cancel_address(uow, ask.services, ask.caller, ask.id))


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"settlement_addresses.{name}",
        summary=summary,
        resource="settlement_addresses",
        access="secret" if method == "GET" else "owner",
        **{"returns": "settlement_address", **more},
    )


OPERATIONS = (
    _operation(
        "GET",
        "",
        "list",
        "List the addresses that you are, were or asked to be paid at",
        params=LIST,
        returns="list:settlement_address",
        run=_list,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a settlement address", run=_retrieve),
    _operation(
        "POST",
        "",
        "create",
        "Begin to change where you are paid; the answer has the message to sign",
        params=CREATE,
        run=_create,
    ),
    _operation(
        "POST",
        "/{id}/confirm",
        "confirm",
        "Prove a settlement address by its wallet's signature",
        params=CONFIRM,
        run=_confirm,
    ),
    _operation(
        "POST",
        "/{id}/cancel",
        "cancel",
        "Cancel a settlement address that is not in force yet",
        run=_cancel,
    ),
)
