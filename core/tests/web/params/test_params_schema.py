"""The published schema says exactly what the parser does."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.errors import InvalidRequest
from stacktill.web.params import (
    Amount,
    Boolean,
    Currency,
    Email,
    Enum,
    Expand,
    Hash,
    Integer,
    ListOf,
    Metadata,
    Parameter,
    Params,
    Range,
    Text,
    Timestamp,
    Url,
)

PARAMETERS: dict[str, Parameter] = {
    "amount": Amount(required=True, description="In satoshis."),
    "confirm": Boolean(),
    "created": Range(),
    "currency": Currency(("btc", "usd")),
    "description": Text(max_length=5, unsettable=True),
    "email": Email(),
    "expand": Expand(("customer",)),
    "expires_at": Timestamp(),
    "handle": Text(min_length=2, pattern="[a-z]+", unsettable=True),
    "item": Hash(
        {"a": Text(), "b": Text(), "c": Integer(minimum=1, maximum=3)},
        exclusive=(("a", "b"),),
        needed=(("a", "b"),),
        unsettable=True,
    ),
    "limit": Integer(minimum=1, maximum=100, default=10),
    "metadata": Metadata(),
    "mode": Enum(("payment", "setup")),
    "tags": ListOf(Text(max_length=3), max_items=2, min_items=1),
    "url": Url(),
}
PARAMS = Params(PARAMETERS, exclusive=(("email", "url", "mode"),))
SCHEMA = PARAMS.json_schema()
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)

LEAVES = (
    st.sampled_from(
        ["", "a", "ab", "abcdef", "payment", "btc", "BtC", "zzz", "customer", "x" * 40, "x" * 501]
    )
    | st.sampled_from(["a@b.co", "a@b", "http://a", "http://a:0", "http://[::1]", "ab\n", "a[b"])
    | st.sampled_from([None, True, False, -1, 0, 1, 3, 4, 100, 101, 2**63, 2_100_000_000_000_001])
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: number % 1 != 0)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=6)
)
VALUES = (
    LEAVES
    | st.lists(LEAVES, max_size=3)
    | st.dictionaries(
        st.sampled_from(["a", "b", "c", "gt", "lte", "x[", "k" * 41, ""]), LEAVES, max_size=3
    )
)
TREES = st.dictionaries(st.sampled_from([*PARAMETERS, "unknown"]), VALUES, max_size=4)


def accepted(tree: dict[str, Any]) -> bool:
    """Whether the parser takes the tree as JSON."""
    try:
        PARAMS.parse(tree, typed=True)
    except InvalidRequest:
        return False
    return True


@given(TREES, st.booleans())
def test_schema_and_parser_agree(tree: dict[str, Any], with_amount: bool) -> None:
    """A body is valid by the schema if and only if it parses."""
    body = {**tree, "amount": 5} if with_amount else tree
    assert VALIDATOR.is_valid(body) == accepted(body), body


@pytest.mark.parametrize("name", sorted(PARAMETERS))
@given(data=st.data())
def test_schema_and_parser_agree_on_each_parameter(name: str, data: st.DataObject) -> None:
    """The same for each parameter alone, so that no fault hides behind another."""
    body = {"amount": 5, name: data.draw(VALUES)}
    assert VALIDATOR.is_valid(body) == accepted(body), body


@given(st.from_regex(str(Url().pattern), fullmatch=True) | st.from_regex(r"https?://[^/]+/?"))
def test_urls_agree(url: str) -> None:
    """Python and the published pattern take the same addresses."""
    body = {"amount": 5, "url": url}
    assert "\0" in url or VALIDATOR.is_valid(body) == accepted(body), body


def test_schema_is_closed_and_bounded() -> None:
    """The schema states bounds, requirements, defaults and meanings."""
    properties = SCHEMA["properties"]
    assert SCHEMA["additionalProperties"] is False
    assert SCHEMA["required"] == ["amount"]
    assert properties["amount"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 2_100_000_000_000_000,
        "description": "In satoshis.",
    }
    assert properties["limit"]["default"] == 10
    assert properties["handle"]["anyOf"][1] == {"enum": ["", None]}
    assert properties["description"] == {
        "type": ["string", "null"],
        "maxLength": 5,
        "pattern": "^[^\\x00]*$",
    }


def test_forms_cannot_carry_null_or_nothing() -> None:
    """The form's schema has no null; what is empty sends nothing, which a required one may not."""
    properties = PARAMS.json_schema(form=True)["properties"]
    assert properties["handle"]["anyOf"][1] == {"enum": [""]}
    assert properties["description"]["type"] == "string"
    assert properties["tags"]["minItems"] == 0
    assert SCHEMA["properties"]["tags"]["minItems"] == 1
    required: list[Parameter] = [
        ListOf(Text(), required=True),
        Expand(("a",), required=True),
        Hash({}, required=True),
        Metadata(required=True, unsettable=False),
    ]
    for parameter in required:
        least = {
            key: each for key, each in parameter.json_schema(form=True).items() if "min" in key
        }
        assert list(least.values()) == [1]


def test_form_encoding_names_what_has_brackets() -> None:
    """Hashes and arrays are in brackets, single values are not."""
    assert set(PARAMS.form_encoding()) == {"created", "expand", "item", "metadata", "tags"}
    assert PARAMS.form_encoding()["tags"] == {"style": "deepObject", "explode": True}


def test_query_parameters() -> None:
    """Query strings are described one parameter at a time."""
    described = Params(
        {
            "limit": Integer(minimum=1, maximum=100, default=10, description="Page size."),
            "created": Range(),
            "expand": Expand(("data.customer",)),
            "customer": Text(required=True, max_length=255),
        }
    ).query_parameters()
    limit, created, expand, customer = described
    assert limit == {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "Page size.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
    }
    assert (created["name"], created["style"], created["explode"]) == (
        "created",
        "deepObject",
        True,
    )
    assert (expand["name"], expand["style"], expand["explode"]) == ("expand[]", "form", True)
    assert customer["required"] is True
    assert customer["schema"]["minLength"] == 1
