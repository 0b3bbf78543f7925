"""One operation as OpenAPI describes it: parameters, headers, body, answers, rights."""

from __future__ import annotations

import re
from typing import Any

from stacktill.web.api.operation import Operation
from stacktill.web.openapi.answers import refusals_of, success
from stacktill.web.params import Expand, Params

__all__ = ["FORM", "HEADERS", "JSON", "describe", "tag_of"]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"basic": []}]

HEADERS: dict[str, Any] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Your name for this one wish: under the same key it is done once, and "
        "answered alike for 24 hours.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        },
    },
    "Stripe-Version": {
        "name": "Stripe-Version",
        "in": "header",
        "description": "The dated API version that you wrote your code for.",
        "schema": {
            "type": "string",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z][a-z0-9_]{0,30})?$",
        },
    },
    "Stripe-Account": {
        "name": "Stripe-Account",
        "in": "header",
        "description": "The account that is meant; a key has access to its own only.",
        "schema": {"type": "string"},
    },
    "Stripe-Context": {
        "name": "Stripe-Context",
        "in": "header",
        "description": "The same as Stripe-Account, as newer SDKs send it.",
        "schema": {"type": "string"},
    },
}

_ACCESS = {
    "secret": "Needs a secret key, or a restricted one with the scope `{scope}`.",
    "payer": "Needs a secret key, a restricted one with the scope `{scope}`, or a publishable key "
    "together with the client secret.",
    "operator": "Needs a secret key, or a restricted one with the scope `{scope}`; on the box "
    "itself also the operator's token.",
    "owner": "Needs a secret key; restricted ones are refused.",
}


def tag_of(operation: Operation) -> str:
    """The group an operation is documented in: its resource."""
    return operation.resource


def describe(operation: Operation) -> dict[str, Any]:
    """The OpenAPI operation object."""
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": _description(operation),
        "tags": [tag_of(operation)],
        "parameters": [*_path_parameters(operation), *_headers(operation)],
        "responses": {"200": success(operation), **refusals_of(operation)},
        "security": SECURITY,
        "x-scope": operation.scope,
    }
    params = _with_expand(operation)
    if operation.method == "POST":
        described["requestBody"] = _body(params)
    else:
        described["parameters"] += [each for one in params for each in one.query_parameters()]
    return described


def _description(operation: Operation) -> str:
    lines = [_ACCESS[operation.access].format(scope=operation.scope)]
    if operation.test_only:
        lines.append("Works in test mode only.")
    return " ".join(lines)


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
        }
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]


def _headers(operation: Operation) -> list[dict[str, Any]]:
    names = ["Stripe-Version", "Stripe-Account", "Stripe-Context"]
    if operation.method == "POST":
        names.insert(0, "Idempotency-Key")
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _with_expand(operation: Operation) -> list[Params]:
    """The declared parameters, and ``expand`` where something can be expanded."""
    if not operation.expands:
        return [operation.params]
    expand = Expand(operation.expands, description="Answer with these objects whole.")
    return [operation.params, Params({"expand": expand})]


def _body(params: list[Params]) -> dict[str, Any]:
    form: dict[str, Any] = {}
    json: dict[str, Any] = {}
    encoding: dict[str, Any] = {}
    for one in params:
        form = _merged(form, one.json_schema(form=True))
        json = _merged(json, one.json_schema())
        encoding |= one.form_encoding()
    content: dict[str, Any] = {FORM: {"schema": form}, JSON: {"schema": json}}
    if encoding:
        content[FORM]["encoding"] = encoding
    return {"required": bool(form.get("required")), "content": content}


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    properties = {**first.get("properties", {}), **second.get("properties", {})}
    return {**second, **first, "properties": properties}
