"""The responses of operations: what ``returns`` names, and every refusal in its envelope."""

from __future__ import annotations

from typing import Any

from stacktill.web.api.operation import Operation
from stacktill.web.openapi.schemas import SCHEMAS
from stacktill.web.openapi.shapes import STRING, Schema, nullable, page_of, record, ref, search_of

__all__ = [
    "COMMON_HEADERS",
    "REFUSALS",
    "refusal_components",
    "refusals_of",
    "returned_schema",
    "success",
]

JSON = "application/json"
MEDIA = {"stream": "text/event-stream", "csv": "text/csv"}
"""What an operation answers with that is no JSON, by the kind that it returns."""

REFUSALS: dict[str, str] = {
    "400": "A value, a combination of values or a status does not allow it.",
    "401": "No API key, or one that is unknown, expired or revoked.",
    "403": "The key may not do this.",
    "404": "There is no such object for this key.",
    "408": "The request did not arrive in time.",
    "409": "The first request under this idempotency key still runs; try again.",
    "413": "The request's body is too large.",
    "415": "The request's body is compressed, which is never undone.",
    "429": "Too many requests; Retry-After says when there is room again.",
    "500": "A defect of the server, which its log explains under the request's id.",
    "503": "A part that the request needs is down; nothing was changed, try again.",
}

REMAIN = ("customer",)
"""What can still be read after it was deleted, as what is left of it."""

COMMON_HEADERS: dict[str, Any] = {
    "Request-Id": {
        "description": "Names the request in the server's log.",
        "required": True,
        "schema": {"type": "string", "pattern": "^req_"},
    },
    "Stripe-Version": {"description": "The version that was asked for.", "schema": STRING},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
    "Stripe-Should-Retry": {
        "description": "Whether trying again may help.",
        "schema": {"type": "string", "enum": ["true", "false"]},
    },
    "Idempotent-Replayed": {
        "description": "There, and true, when this is the answer to an earlier request.",
        "schema": {"type": "string", "const": "true"},
    },
}


def returned_schema(returns: str) -> Schema:
    """The schema of what an operation ``returns``; raise ``LookupError`` for an unknown name."""
    kind, _, item = returns.rpartition(":")
    if kind == "csv":
        return {"type": "string", "description": "A row of heads, then one row per line."}
    if kind == "stream":
        return {"type": "string", "description": f"Server-sent events; data is one {item} each."}
    if kind == "deleted":
        return ref(_known(f"deleted_{item}"))
    schema = ref(_known(item))
    if kind == "search":
        return search_of(schema)
    if kind == "list":
        return _event_page() if item == "event" else page_of(schema)
    return schema


def success(operation: Operation) -> dict[str, Any]:
    """The response of an operation that did what was asked."""
    is_stream = operation.returns.startswith("stream:")
    schema = returned_schema(operation.returns)
    if operation.access == "payer" and not is_stream:
        schema = {"anyOf": [schema, ref(f"{operation.returns}.payer")]}
    if operation.method == "GET" and operation.returns in REMAIN:
        schema = {"anyOf": [schema, ref(f"deleted_{operation.returns}")]}
    names = ["Request-Id", "Stripe-Version"]
    if operation.method == "POST":
        names.append("Idempotent-Replayed")
    return {
        "description": "Done.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {MEDIA.get(operation.returns.partition(":")[0], JSON): {"schema": schema}},
    }


def refusals_of(operation: Operation) -> dict[str, Any]:
    """References to the refusals that an operation may answer with."""
    return {
        status: {"$ref": f"#/components/responses/{status}"}
        for status in REFUSALS
        if status != "409" or operation.writes
    }


def refusal_components() -> dict[str, Any]:
    """The responses that all operations share."""
    components = {}
    for status, description in REFUSALS.items():
        names = ["Request-Id", "Stripe-Version", "Stripe-Should-Retry"]
        if status in ("429", "503"):
            names.append("Retry-After")
        components[status] = {
            "description": description,
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
            "content": {JSON: {"schema": ref("error")}},
        }
    return components


def _known(name: str) -> str:
    if name not in SCHEMAS:
        raise LookupError(f"there is no schema named {name}; write one in web/openapi/schemas")
    return name


def _event_page() -> Schema:
    page = page_of(ref("event"))
    position = nullable({"type": "integer"}, "With after_position: where to go on.")
    properties = {**page["properties"], "next_position": position}
    return record(properties, optional=("next_position",))
