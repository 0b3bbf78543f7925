"""``/v1/audit_log`` (ours): who did what that decides where money goes, hash by hash."""

from __future__ import annotations

from typing import Any

from stacktill.application.views.settlement import audit_view
from stacktill.domain.audit import AUDIT_ACTIONS
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Enum
from stacktill.web.resources.shared import reference

__all__ = ["OPERATIONS"]

URL = "/v1/audit_log"

LIST = list_params(
    {
        "action": Enum(AUDIT_ACTIONS, description="Only acts of this kind."),
        "related_object": reference("Only acts on the object of this id."),
    }
)


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    where: dict[str, Any] = {}
    if "action" in ask.params:
        where["action"] = ask.params["action"]
    if "related_object" in ask.params:
        where["object_id"] = ask.params["related_object"]
    return list_page(uow.audit_entries, ask, Listing(URL, "audit_entry", where), audit_view)


OPERATIONS = (
    Operation(
        method="GET",
        path=URL,
        name="audit_log.list",
        summary="List the audit log of your store",
        resource="audit_log",
        returns="list:audit_entry",
        params=LIST,
        run=_list,
        long=True,
    ),
)
