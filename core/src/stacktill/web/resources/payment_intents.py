"""``/v1/payment_intents``: create, read, change, confirm, cancel, list and search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacktill.application import payment_intents as use_cases
from stacktill.application.intent_terms import Verdict
from stacktill.application.lookup import named
from stacktill.application.return_urls import check_payers_return
from stacktill.application.views.payment_intents import payer_view, payment_intent_view
from stacktill.domain.errors import InvalidRequest, NotFound
from stacktill.domain.payment_intents import USER_CANCEL_REASONS, PaymentIntent
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import PAGING, Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.api.searches import search_page, search_params
from stacktill.web.params import (
    Amount,
    Boolean,
    Currency,
    Email,
    Enum,
    Hash,
    Integer,
    ListOf,
    Metadata,
    Params,
    Text,
    Url,
)
from stacktill.web.resources.shared import address, reference, shipping

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["OPERATIONS"]

URL = "/v1/payment_intents"
EXPANDS = (
    "customer",
    "latest_charge",
    "latest_charge.balance_transaction",
    "latest_charge.customer",
    "payment_method",
    "payment_method.customer",
)
LIST_EXPANDS = tuple(f"data.{path}" for path in EXPANDS)
SEARCHABLE = ("amount", "created", "currency", "customer", "status")
LONG = 5_000


def _method_options() -> Hash:
    networks = ListOf(Enum(("stacks",)), max_items=1)
    crypto = Hash(
        {
            "mode": Enum(("deposit",)),
            "deposit_options": Hash({"networks": networks}),
            "setup_future_usage": Enum(("none",), unsettable=True),
        }
    )
    return Hash({"crypto": crypto}, unsettable=True, description="Options per payment method.")


def _method_data() -> Hash:
    billing = Hash(
        {
            "address": address(),
            "email": Email(unsettable=True),
            "name": Text(max_length=LONG, unsettable=True),
            "phone": Text(max_length=LONG, unsettable=True),
        }
    )
    return Hash(
        {
            "type": Enum(("crypto",), required=True),
            "billing_details": billing,
            "metadata": Metadata(),
            "crypto": Hash({}),
            "allow_redisplay": Enum(("always", "limited", "unspecified")),
        },
        description="Makes a payment method of these data.",
    )


def _types() -> ListOf:
    return ListOf(Enum(("crypto",)), max_items=1, description="Which methods may pay: crypto.")


CHANGEABLE = {
    "customer": reference("Who pays.", unsettable=True),
    "description": Text(max_length=LONG, unsettable=True, description="What it is for."),
    "metadata": Metadata(description="Your own keys and values."),
    "receipt_email": Email(unsettable=True, description="Where the receipt goes."),
    "shipping": shipping(),
    "statement_descriptor": Text(max_length=22, unsettable=True),
    "statement_descriptor_suffix": Text(max_length=22, unsettable=True),
    "transfer_group": Text(max_length=LONG, unsettable=True),
    "setup_future_usage": Enum(("off_session", "on_session"), unsettable=True),
    "payment_method": reference("The payment method to use."),
    "payment_method_data": _method_data(),
    "payment_method_options": _method_options(),
    "payment_method_types": _types(),
    "allowed_payment_method_types": _types(),
    "application_fee_amount": Amount(minimum=0, description="The platform's share, in sats."),
}

CREATE = Params(
    {
        "amount": Amount(required=True, description="What to be paid, in sats."),
        "currency": Currency(("btc",), required=True, description="btc: amounts are in sats."),
        **CHANGEABLE,
        "automatic_payment_methods": Hash(
            {
                "enabled": Boolean(required=True),
                "allow_redirects": Enum(("always", "never")),
            }
        ),
        "capture_method": Enum(("automatic", "automatic_async")),
        "confirmation_method": Enum(("automatic", "manual")),
        "confirm": Boolean(description="Confirm at once: show the payer where to pay."),
        "return_url": Url(description="Where the payer returns to; needs confirm."),
        "off_session": Boolean(),
        "error_on_requires_action": Boolean(),
    }
)

UPDATE = Params(
    {
        "amount": Amount(description="What to be paid, in sats."),
        "currency": Currency(("btc",)),
        **CHANGEABLE,
    }
)

CONFIRM = Params(
    {
        "payment_method": reference("The payment method to use."),
        "payment_method_data": _method_data(),
        "payment_method_options": _method_options(),
        "payment_method_types": _types(),
        "allowed_payment_method_types": _types(),
        "receipt_email": Email(unsettable=True),
        "return_url": Url(),
        "setup_future_usage": Enum(("off_session", "on_session"), unsettable=True),
        "shipping": shipping(),
        "off_session": Boolean(),
        "error_on_requires_action": Boolean(),
        "client_secret": Text(max_length=200, description="Needed with a publishable key."),
    }
)

RETRIEVE = Params(
    {"client_secret": Text(max_length=200, description="Needed with a publishable key.")}
)


async def _draft(appliance: Appliance, ask: Ask) -> tuple[PaymentIntent, Verdict]:
    draft = use_cases.draft_payment_intent(ask.services, ask.caller, ask.params)
    return draft, await appliance.verdict(draft, is_new=True)


async def _verdict(appliance: Appliance, ask: Ask) -> Verdict:
    if not appliance.hooks.decides_confirmations:
        return Verdict()
    intent = await appliance.storage.read(lambda uow: uow.payment_intents.get(ask.id))
    return Verdict() if intent is None else await appliance.verdict(intent, is_new=False)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    draft, verdict = ask.extra
    if ask.params.get("return_url") is not None and not ask.params.get("confirm"):
        raise InvalidRequest(
            "The parameter return_url cannot be passed when creating a PaymentIntent unless confirm "
            "is set to true.",
            param="return_url",
        )
    intent = use_cases.create_payment_intent(
        uow, ask.services, ask.caller, draft, ask.params, verdict=verdict
    )
    return payment_intent_view(ask.services, intent)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    intent = _payable(uow, ask)
    view = payer_view if ask.is_payer else payment_intent_view
    return view(ask.services, intent)


def _payable(uow: UnitOfWork, ask: Ask) -> PaymentIntent:
    """The intent in the path; a payer must know its client secret, and learns nothing without it."""
    intent = named(uow.payment_intents, ask.caller, ask.id, kind="payment_intent", param="intent")
    secret = ask.params.get("client_secret")
    if (ask.is_payer or secret is not None) and secret != intent.client_secret:
        raise NotFound(f"No such payment_intent: '{ask.id}'", param="intent")
    return intent


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    intent = use_cases.update_payment_intent(uow, ask.services, ask.caller, ask.id, ask.params)
    return payment_intent_view(ask.services, intent)


def _confirm(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    _payable(uow, ask)
    if ask.is_payer:
        check_payers_return(uow, ask.caller, ask.params.get("return_url"))
    intent = use_cases.confirm_payment_intent(
        uow, ask.services, ask.caller, ask.id, ask.params, verdict=ask.extra
    )
    view = payer_view if ask.is_payer else payment_intent_view
    return view(ask.services, intent)


def _cancel(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    intent = use_cases.cancel_payment_intent(
        uow, ask.services, ask.caller, ask.id, ask.params.get("cancellation_reason")
    )
    return payment_intent_view(ask.services, intent)


def _capture(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    intent = named(uow.payment_intents, ask.caller, ask.id, kind="payment_intent", param="intent")
    return use_cases.refuse_capture(intent)


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where = {"customer": ask.params["customer"]} if "customer" in ask.params else {}
    listing = Listing(URL, "payment_intent", where)
    return list_page(
        uow.payment_intents, ask, listing, lambda item: payment_intent_view(ask.services, item)
    )


def _search(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return search_page(uow, ask, "payment_intents", SEARCHABLE)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"payment_intents.{name}",
        summary=summary,
        resource="payment_intents",
        **{"returns": "payment_intent", "expands": EXPANDS, **more},
    )


OPERATIONS = (
    _operation(
        "POST", "", "create", "Create a payment intent", params=CREATE, prepare=_draft, run=_create
    ),
    _operation(
        "GET",
        "",
        "list",
        "List payment intents",
        params=list_params({"customer": reference("Only this customer's.")}),
        expands=LIST_EXPANDS,
        returns="list:payment_intent",
        run=_list,
        long=True,
        short_with=PAGING | {"customer"},
    ),
    _operation(
        "GET",
        "/search",
        "search",
        "Search payment intents",
        params=search_params(),
        expands=LIST_EXPANDS,
        returns="search:payment_intent",
        run=_search,
        long=True,
    ),
    _operation(
        "GET",
        "/{id}",
        "retrieve",
        "Retrieve a payment intent",
        params=RETRIEVE,
        access="payer",
        run=_retrieve,
    ),
    _operation("POST", "/{id}", "update", "Update a payment intent", params=UPDATE, run=_update),
    _operation(
        "POST",
        "/{id}/confirm",
        "confirm",
        "Confirm a payment intent: show the payer where to pay",
        params=CONFIRM,
        access="payer",
        prepare=_verdict,
        run=_confirm,
    ),
    _operation(
        "POST",
        "/{id}/cancel",
        "cancel",
        "Cancel a payment intent",
        params=Params({"cancellation_reason": Enum(USER_CANCEL_REASONS)}),
        run=_cancel,
    ),
    _operation(
        "POST",
        "/{id}/capture",
        "capture",
        "Capture (always refused: payments on a chain capture themselves)",
        params=Params({"amount_to_capture": Integer(minimum=1)}),
        run=_capture,
    ),
)
