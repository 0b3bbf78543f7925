"""The API form of whatever an id names: its prefix says what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stacktill.application.lookup import Owned, owned
from stacktill.application.services import Caller, Services
from stacktill.application.views.charges import balance_transaction_view, charge_view, refund_view
from stacktill.application.views.deposits import deposit_view
from stacktill.application.views.payment_intents import payment_intent_view
from stacktill.application.views.resources import (
    customer_view,
    payment_link_view,
    payment_method_view,
    price_view,
    product_view,
    session_view,
    webhook_endpoint_view,
)
from stacktill.application.views.settlement import (
    address_view,
    audit_view,
    sponsorship_view,
    statement_view,
)
from stacktill.plugin.storage import Table, UnitOfWork

__all__ = ["view_of"]

TABLES: dict[str, str] = {
    "aud": "audit_entries",
    "ch": "charges",
    "cs": "checkout_sessions",
    "cus": "customers",
    "dep": "deposits",
    "pi": "payment_intents",
    "plink": "payment_links",
    "pm": "payment_methods",
    "price": "prices",
    "prod": "products",
    "re": "refunds",
    "sp": "sponsorships",
    "stmt": "settlement_statements",
    "sa": "address_changes",
    "txn": "balance_transactions",
    "we": "webhook_endpoints",
}

VIEWS: dict[str, Callable[[Services, Any], dict[str, Any]]] = {
    "address_changes": lambda _, item: address_view(item),
    "audit_entries": lambda _, item: audit_view(item),
    "charges": charge_view,
    "checkout_sessions": session_view,
    "customers": lambda _, item: customer_view(item),
    "deposits": lambda _, item: deposit_view(item),
    "payment_intents": payment_intent_view,
    "payment_links": payment_link_view,
    "payment_methods": lambda _, item: payment_method_view(item),
    "prices": lambda _, item: price_view(item),
    "products": lambda _, item: product_view(item),
    "refunds": lambda services, item: refund_view(
        item, network=services.chain_by_id(item.chain_id).network
    ),
    "balance_transactions": lambda _, item: balance_transaction_view(item),
    "settlement_statements": lambda _, item: statement_view(item),
    "sponsorships": lambda _, item: sponsorship_view(item),
    "webhook_endpoints": lambda _, item: webhook_endpoint_view(item),
}


def view_of(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> dict[str, Any] | None:
    """The API form of the caller's object of that id, or None when there is none."""
    name = TABLES.get(id.partition("_")[0])
    if name is None:
        return None
    table: Table[Owned] = getattr(uow, name)
    item = owned(table, caller, id)
    return None if item is None else VIEWS[name](services, item)
