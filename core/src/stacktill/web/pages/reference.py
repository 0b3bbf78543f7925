"""Reads the OpenAPI document into what the reference page shows: groups, calls, fields, objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stacktill.web.openapi.paths import FORM
from stacktill.web.pages.fields import Field, constant_fields, fields_of, type_of
from stacktill.web.pages.samples import Sample, samples_of

__all__ = ["Call", "Group", "Object", "Reference", "read_reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    scope: str | None
    path_fields: list[Field]
    fields: list[Field]
    answers_with: str
    samples: list[Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One kind of object that calls answer with."""

    name: str
    about: str
    fields: list[Field]
    always_null: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The calls and the objects of one resource."""

    id: str
    title: str
    about: str
    calls: list[Call] = field(default_factory=list)
    objects: list[Object] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """All of the page."""

    title: str
    version: str
    about: list[str]
    url: str
    groups: list[Group]
    refusals: list[tuple[str, str]]
    headers: list[Field]


def read_reference(document: dict[str, Any], url: str) -> Reference:
    """The page of a document, with examples that call the appliance at ``url``."""
    info, components = document["info"], document["components"]
    groups = {
        tag["name"]: Group(id=tag["name"], title=tag["x-title"], about=tag["description"])
        for tag in document["tags"]
    }
    shown: set[str] = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            group = groups[operation["tags"][0]]
            group.calls.append(_call(method.upper(), path, operation, url))
            for name in _answered(operation, group.id):
                if name not in shown:
                    shown.add(name)
                    group.objects.append(_object(name, components["schemas"][name]))
    return Reference(
        title=info["title"],
        version=info["version"],
        about=re.split(r"\n\n", info["description"].strip()),
        url=url,
        groups=list(groups.values()),
        refusals=[
            (status, response["description"])
            for status, response in components["responses"].items()
        ],
        headers=[_parameter(each) for each in components["parameters"].values()],
    )


def _call(method: str, path: str, operation: dict[str, Any], url: str) -> Call:
    name, given = operation["operationId"], operation.get("parameters", [])
    fields = [_parameter(each) for each in given if each.get("in") == "query"]
    if "requestBody" in operation:
        fields = fields_of(operation["requestBody"]["content"][FORM]["schema"])
    is_ours = path.startswith("/v1/")
    return Call(
        id=name,
        method=method,
        path=path,
        summary=operation["summary"],
        about=operation["description"],
        scope=operation.get("x-scope"),
        path_fields=[_parameter(each) for each in given if each.get("in") == "path"],
        fields=fields,
        answers_with=_answer_type(operation),
        samples=samples_of(name, method, path, url)
        if is_ours
        else [Sample("curl", f"curl {url}{path}")],
    )


def _parameter(parameter: dict[str, Any]) -> Field:
    schema = {**parameter["schema"], "description": parameter.get("description", "")}
    return Field.read(parameter["name"], schema, is_required=parameter.get("required", False))


def _answer_type(operation: dict[str, Any]) -> str:
    (content,) = operation["responses"]["200"]["content"].values()
    return type_of(content["schema"])


def _object(name: str, schema: dict[str, Any]) -> Object:
    return Object(
        name=name,
        about=schema.get("description", ""),
        fields=fields_of(schema),
        always_null=constant_fields(schema),
    )


def _answered(operation: dict[str, Any], group: str) -> Iterator[str]:
    """The names of the objects that an operation answers with, lists' items among them."""
    (content,) = operation["responses"]["200"]["content"].values()
    for name in _refs(content["schema"]):
        is_tombstone = name.startswith("deleted_")
        is_elsewhere = group == "test_helpers" and not name.startswith("sandbox.")
        if not (is_tombstone or is_elsewhere):
            yield name


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for each in schema.values():
            yield from _refs(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _refs(each)
