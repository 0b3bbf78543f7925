"""The OpenAPI document: complete, consistent, and made of valid schemas."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from stacktill.web.live import LIVE_OPERATION
from stacktill.web.openapi.answers import REFUSALS, returned_schema
from stacktill.web.openapi.schemas import SCHEMAS
from stacktill.web.openapi.tags import TAGS
from stacktill.web.pages.documents import whole_document
from stacktill.web.resources.every import OPERATIONS
from stacktill.web.statements import CSV_OPERATION

EVERY = (*OPERATIONS, LIVE_OPERATION, CSV_OPERATION)
DOCUMENT = whole_document()


def described() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


@pytest.mark.parametrize("operation", EVERY, ids=lambda operation: operation.name)
def test_every_answer_has_a_schema(operation: Any) -> None:
    assert returned_schema(operation.returns)


def test_an_answer_without_a_schema_is_an_error() -> None:
    with pytest.raises(LookupError, match="no schema named nonsense"):
        returned_schema("list:nonsense")


def test_every_operation_is_described_once() -> None:
    found = {(method, path) for path, method, _ in described() if path.startswith("/v1/")}
    assert found == {(operation.method, operation.path) for operation in EVERY}
    names = Counter(operation["operationId"] for _, _, operation in described())
    assert [name for name, count in names.items() if count > 1] == []


def test_every_group_is_introduced() -> None:
    assert {tag["name"] for tag in DOCUMENT["tags"]} == set(TAGS)
    assert all(title and about for title, about in TAGS.values())


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    jsonschema_rs.meta.validate({**SCHEMAS[name], "$schema": DOCUMENT["jsonSchemaDialect"]})


def test_every_reference_leads_somewhere() -> None:
    def refs(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for each in node.values():
                yield from refs(each)
        elif isinstance(node, list):
            for each in node:
                yield from refs(each)

    for ref in set(refs(DOCUMENT)):
        node: Any = DOCUMENT
        for part in ref.removeprefix("#/").split("/"):
            node = node[part]


def test_writes_take_forms_and_json() -> None:
    for _, method, operation in described():
        assert ("requestBody" in operation) == (method == "POST")
        if method == "POST":
            kinds = ["application/x-www-form-urlencoded", "application/json"]
            assert list(operation["requestBody"]["content"]) == kinds


def test_every_operation_declares_its_refusals() -> None:
    for path, method, operation in described():
        if path.startswith("/v1/"):
            expected = set(REFUSALS) - ({"409"} if method == "GET" else set())
            assert set(operation["responses"]) - {"200"} == expected


def test_what_can_be_expanded_is_marked() -> None:
    customer = SCHEMAS["payment_intent"]["properties"]["customer"]
    text = json.dumps(customer)
    assert "schemas/customer" in text
    assert "null" in text
    assert "x-expandable" in text
