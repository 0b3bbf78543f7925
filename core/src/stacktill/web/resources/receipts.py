"""``/v1/charges/{id}/receipts`` (ours): which receipts were sent to a payer, and what came of them."""

from __future__ import annotations

from typing import Any

from stacktill.application.deliveries import attempts_of
from stacktill.application.lookup import named
from stacktill.application.receipts import receipt_deliveries
from stacktill.application.views.deliveries import receipt_delivery_view
from stacktill.application.views.resources import list_view
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.operation import Ask, Operation

__all__ = ["OPERATIONS"]

URL = "/v1/charges/{id}/receipts"
MAX_REFUNDS = 100


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    charge = named(uow.charges, ask.caller, ask.id, kind="charge")
    refunds = uow.refunds.find({"charge": charge.id}, limit=MAX_REFUNDS)
    queued = receipt_deliveries(uow, [charge.id, *(refund.id for refund in refunds)])[::-1]
    attempts = attempts_of(uow, queued)
    views = [receipt_delivery_view(one, attempts[one.id], charge.id) for one in queued]
    return list_view(URL.format(id=charge.id), views, has_more=False)


OPERATIONS = (
    Operation(
        method="GET",
        path=URL,
        name="charges.receipts",
        summary="List a charge's receipts with their attempts",
        resource="charges",
        returns="list:receipt_delivery",
        run=_list,
        long=True,
    ),
)
