"""Holds answers against the published OpenAPI document, to the letter: no field missing, none more."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

from stacktill.web.pages.documents import whole_document

__all__ = ["check_answer", "closed_document", "faults_of"]


@cache
def closed_document() -> dict[str, Any]:
    """The document, in which objects of answers have no other fields than those it names.

    The published one is open, so that clients stay content when a field is added.
    """
    document = whole_document()
    components = document["components"]
    closed = {**components, "schemas": _closed(components["schemas"])}
    paths = {
        path: {
            method: {**operation, "responses": _closed(operation["responses"])}
            for method, operation in methods.items()
        }
        for path, methods in document["paths"].items()
    }
    return {**document, "components": closed, "paths": paths}


def check_answer(answer: httpx.Response) -> None:
    """Fail unless an answer is one that the document promises; for ``event_hooks`` of httpx."""
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return
    answer.read()
    found = faults_of(
        answer.request.method, answer.request.url.path, answer.status_code, answer.json()
    )
    assert not found, f"{answer.request.method} {answer.request.url.path}: " + "\n".join(found)


def faults_of(method: str, path: str, status: int, body: Any) -> list[str]:
    """What an answer has that the document does not promise; nothing for paths without a word."""
    template = _template_of(method.lower(), path)
    if template is None:
        return []
    return _validate(method.lower(), template, str(status), body)


def _validate(method: str, template: str, status: str, body: Any) -> list[str]:
    validator = _validator(method, template, status)
    if validator is None:
        return [f"the status {status} is not declared"]
    return [
        f"{'/'.join(map(str, fault.instance_path))}: {fault.message}"
        for fault in validator.iter_errors(body)
    ]


@cache
def _validator(method: str, template: str, status: str) -> Any:
    document = closed_document()
    response = document["paths"][template][method]["responses"].get(status)
    if response is None:
        return None
    if "$ref" in response:
        response = document["components"]["responses"][status]
    (content,) = response["content"].values()
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": {"schemas": document["components"]["schemas"]},
        "allOf": [content["schema"]],
    }
    return jsonschema_rs.validator_for(whole)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], frozenset[str]]]:
    """The paths, those without placeholders first, since they win."""
    paths = closed_document()["paths"]
    return [
        (path, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), frozenset(paths[path]))
        for path in sorted(paths, key=lambda path: ("{" in path, path))
    ]


def _template_of(method: str, path: str) -> str | None:
    return next(
        (
            template
            for template, pattern, methods in _patterns()
            if method in methods and pattern.fullmatch(path)
        ),
        None,
    )


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _closed(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and "required" in schema:
        inner.setdefault("additionalProperties", False)
    return inner
