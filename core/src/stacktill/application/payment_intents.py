"""Create, update, confirm, cancel and expire payment intents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

from stacktill.application.charges import update_charge
from stacktill.application.customers import usable_customer
from stacktill.application.fees import changed_fee, with_platform_fee
from stacktill.application.intent_money import release_deposits
from stacktill.application.intent_record import record_step, snapshot
from stacktill.application.intent_terms import Verdict, method_id, payment_terms
from stacktill.application.journal import record
from stacktill.application.lookup import named
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.application.updates import picked
from stacktill.domain.errors import StateConflict
from stacktill.domain.intent_steps import Canceled, Expired, MethodAttached, step
from stacktill.domain.money import check_amount, check_fee
from stacktill.domain.payment_intents import CONFIRMABLE, CancelReason, PaymentIntent
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "cancel_payment_intent",
    "confirm_payment_intent",
    "create_payment_intent",
    "draft_payment_intent",
    "expire_payment_intent",
    "expire_payment_intents",
    "refuse_capture",
    "update_payment_intent",
]

PLAIN = (
    "customer",
    "description",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
    "setup_future_usage",
    "return_url",
    "payment_method_options",
)
"""Parameters that are kept as they come."""

EDITABLE_ALWAYS = frozenset({"description", "metadata", "receipt_email"})
"""What may change once the payer has been shown where to pay."""


def draft_payment_intent(
    services: Services, caller: Caller, params: dict[str, Any], *, now: int | None = None
) -> PaymentIntent:
    """The intent that parameters ask for, not kept anywhere yet."""
    id = services.ids.new("pi")
    options = params.get("payment_method_options") or {
        "crypto": {"mode": "deposit", "deposit_options": {"networks": ["stacks"]}}
    }
    plain = {name: params[name] for name in PLAIN if params.get(name) is not None}
    plain["payment_method_options"] = options
    amount_sats = check_amount(params["amount"])
    return PaymentIntent(
        id=id,
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=services.now(caller.livemode) if now is None else now,
        amount_sats=amount_sats,
        client_secret=f"{id}_{services.ids.secret('secret')}",
        currency=params.get("currency", "btc"),
        metadata=merged({}, params.get("metadata", {})),
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method=params.get("confirmation_method", "automatic"),
        automatic_payment_methods=_automatic_methods(params),
        fee_sats=check_fee(params.get("application_fee_amount") or 0, amount_sats),
        checkout_session=params.get("checkout_session"),
        **plain,
    )


def create_payment_intent(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    draft: PaymentIntent,
    params: dict[str, Any],
    *,
    verdict: Verdict,
) -> PaymentIntent:
    """Keep a draft; with ``confirm`` among the parameters, also show the payer where to pay."""
    if draft.customer is not None:
        usable_customer(uow, caller, draft.customer)
    if verdict.fee is not None or services.fees.tiers:
        draft = with_platform_fee(uow, services, draft, verdict.fee)
    wants_method = "payment_method" in params or "payment_method_data" in params
    if wants_method and not params.get("confirm"):
        method = method_id(uow, services, caller, draft, params)
        draft = step(draft, MethodAttached(method), draft.created).intent
    record(uow, services, caller, "payment_intent.created", snapshot(services, draft))
    if not params.get("confirm"):
        uow.payment_intents.add(draft)
        return draft
    done = step(
        draft, payment_terms(uow, services, caller, draft, params, verdict=verdict), draft.created
    )
    uow.payment_intents.add(done.intent)
    record_step(uow, services, caller, done)
    return done.intent


def update_payment_intent(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, params: dict[str, Any]
) -> PaymentIntent:
    """Change an intent; once it is confirmed its amount stands, once final only words may change."""
    intent = named(uow.payment_intents, caller, id, kind="payment_intent", param="intent")
    changing = {name for name, value in params.items() if name != "expand"}
    _check_editable(intent, changing)
    if params.get("customer") is not None:
        usable_customer(uow, caller, params["customer"])
    changes = {name: params[name] for name in PLAIN if name in params}
    if "payment_method_options" in changes and changes["payment_method_options"] is None:
        changes["payment_method_options"] = {}
    if "amount" in params:
        changes["amount_sats"] = check_amount(params["amount"])
    if "metadata" in params:
        changes["metadata"] = merged(intent.metadata, params["metadata"])
    intent = replace(intent, **changes)
    if {"amount", "application_fee_amount"} & changing:
        intent = changed_fee(intent, params)
    if "payment_method" in params or "payment_method_data" in params:
        method = method_id(uow, services, caller, intent, params)
        intent = step(intent, MethodAttached(method), services.now(caller.livemode)).intent
    uow.payment_intents.save(intent)
    if "receipt_email" in params and intent.latest_charge is not None:
        # A receipt belongs to the charge, and follows to the new address.
        update_charge(uow, services, caller, intent.latest_charge, picked(params, "receipt_email"))
    return intent


def confirm_payment_intent(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    id: str,
    params: dict[str, Any],
    *,
    verdict: Verdict,
) -> PaymentIntent:
    """Fix the terms of payment and show the payer where to pay."""
    intent = named(uow.payment_intents, caller, id, kind="payment_intent", param="intent")
    for name in ("receipt_email", "return_url", "shipping", "setup_future_usage"):
        if params.get(name) is not None:
            intent = replace(intent, **{name: params[name]})
    now = services.now(caller.livemode)
    done = step(intent, payment_terms(uow, services, caller, intent, params, verdict=verdict), now)
    uow.payment_intents.save(done.intent)
    record_step(uow, services, caller, done)
    return done.intent


def cancel_payment_intent(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, reason: CancelReason | None
) -> PaymentIntent:
    """Withdraw an intent; what had arrived in part becomes unmatched."""
    intent = named(uow.payment_intents, caller, id, kind="payment_intent", param="intent")
    done = step(intent, Canceled(reason), services.now(caller.livemode))
    uow.payment_intents.save(done.intent)
    release_deposits(uow, services, intent, reason="intent_canceled")
    record_step(uow, services, caller, done)
    return done.intent


def expire_payment_intents(
    uow: UnitOfWork, services: Services, livemode: bool, now: int, limit: int = 200
) -> int:
    """Cancel up to ``limit`` intents whose time is over; return how many there were."""
    due = uow.payment_intents.find(
        {"livemode": livemode, "status": "requires_action", "closes_at <": now},
        order="closes_at",
        limit=limit,
    )
    for intent in due:
        expire_payment_intent(uow, services, intent, now)
    return len(due)


def expire_payment_intent(
    uow: UnitOfWork, services: Services, intent: PaymentIntent, now: int
) -> PaymentIntent:
    """Cancel one intent because its time is over."""
    done = step(intent, Expired(), now)
    uow.payment_intents.save(done.intent)
    release_deposits(uow, services, intent, reason="underpaid")
    record_step(uow, services, Caller(intent.merchant_id, intent.livemode), done)
    return done.intent


def _automatic_methods(params: dict[str, Any]) -> dict[str, Any] | None:
    given = params.get("automatic_payment_methods")
    if given is not None:
        return {"allow_redirects": "always", **given}
    if "payment_method_types" in params or "allowed_payment_method_types" in params:
        return None
    return {"enabled": True, "allow_redirects": "always"}


def _check_editable(intent: PaymentIntent, changing: set[str]) -> None:
    allowed = set(CONFIRMABLE)
    if intent.status in CONFIRMABLE or changing <= EDITABLE_ALWAYS:
        return
    raise StateConflict(
        f"This PaymentIntent's {', '.join(sorted(changing - EDITABLE_ALWAYS))} could not be updated "
        f"because it has a status of {intent.status}. You may only update it while its status is one "
        f"of the following: {', '.join(sorted(allowed))}.",
        code="payment_intent_unexpected_state",
        object_type="payment_intent",
        object_id=intent.id,
    )


def refuse_capture(intent: PaymentIntent) -> NoReturn:
    """Capturing by hand does not exist here: what the chain moved is moved."""
    raise StateConflict(
        f"This PaymentIntent could not be captured because it has a status of {intent.status} and "
        "payments on a chain capture themselves.",
        code="payment_intent_unexpected_state",
        object_type="payment_intent",
        object_id=intent.id,
    )
