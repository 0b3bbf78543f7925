"""Create, change and delete customers."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from stacktill.application.journal import record
from stacktill.application.lookup import named, owned, referenced
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.application.updates import picked, record_update
from stacktill.application.views.resources import customer_view
from stacktill.domain.errors import InvalidParameter, NotFound
from stacktill.domain.resources import Customer
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "create_customer",
    "delete_customer",
    "living_customer",
    "update_customer",
    "usable_customer",
]

PLAIN = ("name", "email", "phone", "description", "address", "shipping")
"""Parameters that are kept as they come."""
METHODS_AT_ONCE = 500


def create_customer(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> Customer:
    """Keep a new customer; with ``payment_method``, that method is attached to them."""
    id = services.ids.new("cus")
    customer = Customer(
        id=id,
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=services.now(caller.livemode),
        metadata=merged({}, params.get("metadata", {})),
        invoice_prefix=params.get("invoice_prefix") or _invoice_prefix(id),
        preferred_locales=tuple(params.get("preferred_locales") or ()),
        tax_exempt=params.get("tax_exempt") or "none",
        **picked(params, *PLAIN),
    )
    uow.customers.add(customer)
    if params.get("payment_method") is not None:
        _attach(uow, caller, params["payment_method"], customer)
    record(uow, services, caller, "customer.created", customer_view(customer))
    return customer


def update_customer(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, params: dict[str, Any]
) -> Customer:
    """Change a customer."""
    before = living_customer(uow, caller, id)
    changes = picked(params, *PLAIN)
    if "metadata" in params:
        changes["metadata"] = merged(before.metadata, params["metadata"])
    if "preferred_locales" in params:
        changes["preferred_locales"] = tuple(params["preferred_locales"] or ())
    if "tax_exempt" in params:
        changes["tax_exempt"] = params["tax_exempt"] or "none"
    if params.get("invoice_prefix"):
        changes["invoice_prefix"] = params["invoice_prefix"]
    after = replace(before, **changes)
    uow.customers.save(after)
    view = customer_view(after)
    record_update(uow, services, caller, "customer.updated", customer_view(before), after=view)
    return after


def delete_customer(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> Customer:
    """Forget everything about a customer but the id; payments keep pointing at it."""
    before = living_customer(uow, caller, id)
    gone = Customer(
        id=before.id,
        merchant_id=before.merchant_id,
        livemode=before.livemode,
        created=before.created,
        deleted=True,
    )
    uow.customers.save(gone)
    while methods := uow.payment_methods.find({"customer": id}, limit=METHODS_AT_ONCE):
        for method in methods:
            uow.payment_methods.save(replace(method, customer=None))
    record(uow, services, caller, "customer.deleted", customer_view(before))
    return gone


def living_customer(uow: UnitOfWork, caller: Caller, id: str) -> Customer:
    """The customer of that id in the path; one who was deleted is ``NotFound``."""
    customer = named(uow.customers, caller, id, kind="customer")
    if customer.deleted:
        raise NotFound(f"No such customer: '{id}'", param="id")
    return customer


def usable_customer(
    uow: UnitOfWork, caller: Caller, id: str, *, param: str = "customer"
) -> Customer:
    """The customer that a parameter names; one who was deleted is no longer there for it."""
    customer = owned(uow.customers, caller, id)
    if customer is None or customer.deleted:
        raise InvalidParameter(f"No such customer: '{id}'", code="resource_missing", param=param)
    return customer


def _attach(uow: UnitOfWork, caller: Caller, method_id: str, customer: Customer) -> None:
    method = referenced(
        uow.payment_methods, caller, method_id, kind="PaymentMethod", param="payment_method"
    )
    if method.customer is not None:
        raise InvalidParameter(
            "The payment method you provided has already been attached to a customer.",
            param="payment_method",
        )
    uow.payment_methods.save(replace(method, customer=customer.id))


def _invoice_prefix(id: str) -> str:
    return hashlib.sha256(id.encode()).hexdigest()[:8].upper()
