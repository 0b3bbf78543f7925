"""The whole OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stacktill.domain.events import API_VERSION
from stacktill.web.api.operation import Operation
from stacktill.web.openapi.answers import COMMON_HEADERS, refusal_components
from stacktill.web.openapi.paths import HEADERS, describe, tag_of
from stacktill.web.openapi.schemas import SCHEMAS
from stacktill.web.openapi.shapes import ref
from stacktill.web.openapi.tags import ABOUT, TAGS

__all__ = ["build_document"]

JSON = "application/json"
TEXT = "text/plain"

SECURITY_SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "Your API key as a bearer token.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "Your API key as the user name, with an empty password.",
    },
}


def build_document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The document of these operations and of what operators ask.

    Raise ``LookupError`` when an operation answers with something that has no schema.
    """
    operations = tuple(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = describe(operation)
    used = {tag_of(operation) for operation in operations}
    unknown = sorted(used - set(TAGS))
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "stacktill",
            "version": API_VERSION,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "This appliance."}],
        "tags": [
            {"name": name, "x-title": _tag(name)[0], "description": _tag(name)[1]}
            for name in (*(name for name in TAGS if name in used), *unknown, "health")
        ],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": {**paths, **_operational_paths()},
        "components": {
            "schemas": SCHEMAS,
            "parameters": HEADERS,
            "headers": COMMON_HEADERS,
            "responses": refusal_components(),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _tag(name: str) -> tuple[str, str]:
    return TAGS.get(name, (name.replace("_", " ").replace(".", " ").capitalize(), ""))


def _operational_paths() -> dict[str, Any]:
    health = {"content": {JSON: {"schema": ref("health")}}}
    return {
        "/health/live": {"get": _operational("health.live", "Whether the process answers", health)},
        "/health/ready": {
            "get": _operational(
                "health.ready",
                "Whether every part works",
                health,
                {"503": {"description": "A part does not work; the answer names it.", **health}},
            )
        },
        "/metrics": {
            "get": _operational(
                "health.metrics",
                "All figures, in the text format of Prometheus",
                {"content": {TEXT: {"schema": {"type": "string"}}}},
            )
        },
    }


def _operational(
    name: str, summary: str, answer: dict[str, Any], more: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "description": "Needs no key.",
        "tags": ["health"],
        "security": [],
        "responses": {
            "200": {"description": "The answer.", **answer},
            "400": {"$ref": "#/components/responses/400"},
            "429": {"$ref": "#/components/responses/429"},
            "500": {"$ref": "#/components/responses/500"},
            **(more or {}),
        },
    }
