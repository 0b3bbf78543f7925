"""``/v1/balance``: what the ledger says lies at the merchant's own addresses."""

from __future__ import annotations

from typing import Any

from stacktill.application.balance import balance_of
from stacktill.application.views.charges import balance_view
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.operation import Ask, Operation

__all__ = ["OPERATIONS"]


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    found = balance_of(uow, ask.services, ask.caller)
    return balance_view(
        livemode=ask.caller.livemode,
        available_sats=found["available"],
        pending_sats=found["pending"],
        unmatched_sats=found["unmatched"],
        locked_sats=found["locked"],
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/balance",
        name="balance.retrieve",
        summary="Retrieve the balance",
        resource="balance",
        returns="balance",
        run=_retrieve,
    ),
)
