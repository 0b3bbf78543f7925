"""``/v1/balance_transactions``: every line of the balance, also as ``/v1/balance/history``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stacktill.application.lookup import named
from stacktill.application.views.charges import balance_transaction_view
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Currency, Text
from stacktill.web.resources.shared import reference

__all__ = ["OPERATIONS"]

URL = "/v1/balance_transactions"
OLD_URL = "/v1/balance/history"
EXPANDS = ("source", "source.customer", "source.payment_intent")
LIST_EXPANDS = tuple(f"data.{path}" for path in EXPANDS)

LIST = list_params(
    {
        "currency": Currency(("btc",), description="Only lines in this currency."),
        "source": reference("Only the lines of this charge or refund."),
        "type": Text(max_length=100, description="Only lines of this type, such as payment."),
    }
)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    line = named(uow.balance_transactions, ask.caller, ask.id, kind="balance transaction")
    return balance_transaction_view(line)


def _list_at(url: str) -> Callable[[UnitOfWork, Ask], dict[str, Any]]:
    def run(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
        # Every line is in btc, so the currency was checked and picks nothing out.
        names = ("source", "type")
        where: dict[str, Any] = {name: ask.params[name] for name in names if name in ask.params}
        listing = Listing(url, "balance transaction", where)
        return list_page(uow.balance_transactions, ask, listing, balance_transaction_view)

    return run


def _operations(url: str, name: str) -> tuple[Operation, Operation]:
    return (
        Operation(
            method="GET",
            path=url,
            name=f"{name}.list",
            summary="List the lines of the balance",
            resource="balance_transactions",
            returns="list:balance_transaction",
            params=LIST,
            expands=LIST_EXPANDS,
            run=_list_at(url),
            long=True,
        ),
        Operation(
            method="GET",
            path=f"{url}/{{id}}",
            name=f"{name}.retrieve",
            summary="Retrieve a line of the balance",
            resource="balance_transactions",
            returns="balance_transaction",
            expands=EXPANDS,
            run=_retrieve,
        ),
    )


OPERATIONS = (*_operations(URL, "balance_transactions"), *_operations(OLD_URL, "balance_history"))
