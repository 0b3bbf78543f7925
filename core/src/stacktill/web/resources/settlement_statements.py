"""``/v1/settlement_statements`` (ours): what moved in a period, line by line, with the chain's proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacktill.application import statements as use_cases
from stacktill.application.proofs import line_view
from stacktill.application.views.resources import list_view
from stacktill.application.views.settlement import statement_view
from stacktill.domain.statements import SettlementStatement
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import ID_LENGTH, Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Integer, Params, Text

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["OPERATIONS"]

URL = "/v1/settlement_statements"
MOST_LINES = 100
LAST_SECOND = 253_402_300_799  # the year 9999


def _moment(description: str) -> Integer:
    return Integer(required=True, minimum=0, maximum=LAST_SECOND, description=description)


CREATE = Params(
    {
        "period_start": _moment("The first day's midnight in UTC, in Unix seconds."),
        "period_end": _moment("The midnight that ends the last day; it must be over."),
    }
)
LINES = Params(
    {
        "limit": Integer(
            minimum=1, maximum=MOST_LINES, default=MOST_LINES, description="Lines per page."
        ),
        "starting_after": Text(max_length=ID_LENGTH, description="The line after which to go on."),
    }
)


async def _prepare(appliance: Appliance, ask: Ask) -> SettlementStatement:
    period = (ask.params["period_start"], ask.params["period_end"])
    storage, services = appliance.storage, appliance.services
    return await use_cases.summed_statement(storage, services, ask.caller, period)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return statement_view(use_cases.keep_statement(uow, ask.extra))


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    listing = Listing(URL, "settlement_statement", {})
    return list_page(uow.settlement_statements, ask, listing, statement_view)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return statement_view(use_cases.statement_of(uow, ask.caller, ask.id)[0])


def _lines(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    limit, after = ask.params["limit"], ask.params.get("starting_after")
    statement, last = use_cases.statement_of(uow, ask.caller, ask.id, after)
    found = use_cases.lines_after(uow, statement, last, limit + 1)
    lines = [line_view(uow, line) for line in found[:limit]]
    return list_view(f"{URL}/{ask.id}/lines", lines, has_more=len(found) > limit)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"settlement_statements.{name}",
        summary=summary,
        resource="settlement_statements",
        **{"returns": "settlement_statement", **more},
    )


OPERATIONS = (
    _operation(
        "GET",
        "",
        "list",
        "List your settlement statements",
        params=list_params(),
        returns="list:settlement_statement",
        run=_list,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a settlement statement", run=_retrieve),
    _operation(
        "POST",
        "",
        "create",
        "Make the settlement statement of a period",
        params=CREATE,
        prepare=_prepare,
        run=_create,
    ),
    _operation(
        "GET",
        "/{id}/lines",
        "lines",
        "List the lines of a settlement statement, the oldest first",
        params=LINES,
        returns="list:settlement_statement.line",
        run=_lines,
        long=True,
    ),
)
