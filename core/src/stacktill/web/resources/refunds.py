"""``/v1/refunds``: money back to the payer, signed by the merchant's own wallet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacktill.application import refunds as use_cases
from stacktill.application.lookup import named
from stacktill.application.views.charges import refund_view
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.refunds import REFUND_REASONS, Refund
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Amount, Enum, Metadata, Params, Text
from stacktill.web.resources.shared import reference

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["OPERATIONS"]

URL = "/v1/refunds"
EXPANDS = (
    "balance_transaction",
    "charge",
    "charge.balance_transaction",
    "charge.customer",
    "deposit",
    "payment_intent",
)
LIST_EXPANDS = tuple(f"data.{path}" for path in EXPANDS)

SOURCES = ("charge", "payment_intent")

CREATE = Params(
    {
        "charge": reference("The charge to give back."),
        "payment_intent": reference("The intent whose charge to give back."),
        "amount": Amount(description="How much, in sats; all that is left when absent."),
        "reason": Enum(REFUND_REASONS, description="Why."),
        "metadata": Metadata(description="Your own keys and values."),
    },
    exclusive=(SOURCES,),
    needed=(SOURCES,),
)

BROADCAST = Params(
    {
        "transaction_hash": Text(
            required=True,
            max_length=66,
            pattern="(?:0x)?[0-9a-fA-F]{64}",
            pattern_message="It must be a transaction's hash: 64 hexadecimal digits.",
            description="The transaction that your wallet sent.",
        )
    }
)


async def _review(appliance: Appliance, ask: Ask) -> None:
    """Ask the plugins about the refund that would be made."""
    if not appliance.hooks.reviews_refunds:
        return
    _, draft = await appliance.storage.read(
        use_cases.plan_refund, ask.services, ask.caller, ask.params
    )
    intent = await appliance.storage.read(_intent, draft.payment_intent or "")
    if intent is not None:
        await appliance.hooks.review_refund(draft, intent)


def _intent(uow: UnitOfWork, id: str) -> PaymentIntent | None:
    return uow.payment_intents.get(id)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(ask, use_cases.create_refund(uow, ask.services, ask.caller, ask.params))


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(ask, named(uow.refunds, ask.caller, ask.id, kind="refund"))


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(ask, use_cases.update_refund(uow, ask.services, ask.caller, ask.id, ask.params))


def _cancel(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return _view(ask, use_cases.cancel_refund(uow, ask.services, ask.caller, ask.id))


def _broadcast(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    txid = ask.params["transaction_hash"].lower().removeprefix("0x")
    return _view(ask, use_cases.broadcast_refund(uow, ask.services, ask.caller, ask.id, txid))


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where = {name: ask.params[name] for name in SOURCES if name in ask.params}
    listing = Listing(URL, "refund", where)
    return list_page(uow.refunds, ask, listing, lambda refund: _view(ask, refund))


def _view(ask: Ask, refund: Refund) -> dict[str, Any]:
    return refund_view(refund, network=ask.services.chain_by_id(refund.chain_id).network)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"refunds.{name}",
        summary=summary,
        resource="refunds",
        **{"returns": "refund", "expands": EXPANDS, **more},
    )


OPERATIONS = (
    _operation(
        "POST",
        "",
        "create",
        "Create a refund: reserve the amount and prepare the transaction to sign",
        params=CREATE,
        prepare=_review,
        run=_create,
    ),
    _operation(
        "GET",
        "",
        "list",
        "List refunds",
        params=list_params(
            {
                "charge": reference("Only those of this charge."),
                "payment_intent": reference("Only those of this intent."),
            }
        ),
        expands=LIST_EXPANDS,
        returns="list:refund",
        run=_list,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a refund", run=_retrieve),
    _operation(
        "POST",
        "/{id}",
        "update",
        "Update a refund's metadata",
        params=Params({"metadata": Metadata(description="Your own keys and values.")}),
        run=_update,
    ),
    _operation(
        "POST", "/{id}/cancel", "cancel", "Cancel a refund that nobody has signed", run=_cancel
    ),
    _operation(
        "POST",
        "/{id}/broadcast",
        "broadcast",
        "Say which transaction your wallet sent for a refund",
        params=BROADCAST,
        run=_broadcast,
    ),
)
