"""Create and change payment methods, and tie them to customers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.customers import usable_customer
from stacktill.application.lookup import named
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.domain.errors import InvalidRequest
from stacktill.domain.resources import PaymentMethod
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "attach_payment_method",
    "create_payment_method",
    "detach_payment_method",
    "payment_method_of",
    "update_payment_method",
]


def create_payment_method(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> PaymentMethod:
    """Keep a new payment method of type crypto."""
    method = PaymentMethod(
        id=services.ids.new("pm"),
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=services.now(caller.livemode),
        allow_redisplay=params.get("allow_redisplay", "unspecified"),
        billing_details=_details({}, params.get("billing_details")),
        metadata=merged({}, params.get("metadata", {})),
    )
    uow.payment_methods.add(method)
    return method


def update_payment_method(
    uow: UnitOfWork, caller: Caller, id: str, params: dict[str, Any]
) -> PaymentMethod:
    """Change the words on a payment method; of the billing details only what is sent changes."""
    method = payment_method_of(uow, caller, id)
    changes: dict[str, Any] = {}
    if "billing_details" in params:
        changes["billing_details"] = _details(method.billing_details, params["billing_details"])
    if "metadata" in params:
        changes["metadata"] = merged(method.metadata, params["metadata"])
    if "allow_redisplay" in params:
        changes["allow_redisplay"] = params["allow_redisplay"]
    after = replace(method, **changes)
    uow.payment_methods.save(after)
    return after


def attach_payment_method(
    uow: UnitOfWork, caller: Caller, id: str, customer_id: str
) -> PaymentMethod:
    """Tie a payment method to a customer; doing it again changes nothing."""
    method = payment_method_of(uow, caller, id)
    customer = usable_customer(uow, caller, customer_id)
    if method.customer not in (None, customer.id):
        raise InvalidRequest(
            "The payment method you provided has already been attached to a customer."
        )
    after = replace(method, customer=customer.id)
    uow.payment_methods.save(after)
    return after


def detach_payment_method(uow: UnitOfWork, caller: Caller, id: str) -> PaymentMethod:
    """Untie a payment method from its customer."""
    method = payment_method_of(uow, caller, id)
    if method.customer is None:
        raise InvalidRequest(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
    after = replace(method, customer=None)
    uow.payment_methods.save(after)
    return after


def payment_method_of(uow: UnitOfWork, caller: Caller, id: str) -> PaymentMethod:
    """The payment method in the path, or ``NotFound``."""
    return named(uow.payment_methods, caller, id, kind="PaymentMethod", param="payment_method")


def _details(before: dict[str, Any], given: dict[str, Any] | None) -> dict[str, Any]:
    return {} if given is None else {**before, **given}
