"""A settlement statement as a file: CSV, as long as it is, in parts."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from stacktill.application.statement_csv import statement_csv
from stacktill.application.statements import statement_of
from stacktill.runtime.appliance import Appliance
from stacktill.web.api.endpoint import identify_request
from stacktill.web.api.operation import NO_PARAMS, Operation
from stacktill.web.params import decode_form

__all__ = ["CSV_OPERATION", "statement_routes"]

CSV_OPERATION = Operation(
    method="GET",
    path="/v1/settlement_statements/{id}/csv",
    name="settlement_statements.csv",
    summary="Download a settlement statement as CSV",
    resource="settlement_statements",
    returns="csv:settlement_statement",
    params=NO_PARAMS,
)


def statement_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The download of one statement."""

    async def download(request: Request[Any, Any, Any]) -> Stream:
        scope: Any = request.scope
        identity = await identify_request(appliance, CSV_OPERATION, scope)
        CSV_OPERATION.params.parse(decode_form(scope["query_string"]))
        id = request.path_params["id"]
        statement, _ = await appliance.storage.read(statement_of, identity.caller, id)
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{statement.id}.csv"',
        }
        parts = statement_csv(appliance.storage, statement)
        return Stream(parts, media_type="text/csv; charset=utf-8", headers=headers)

    handler = HTTPRouteHandler(
        "/v1/settlement_statements/{id:str}/csv",
        http_method="GET",
        status_code=200,
        include_in_schema=False,
        name=CSV_OPERATION.name,
    )(download)
    return [handler]
