"""Parsing against declarations: every row of the error table that concerns parameters."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.errors import InvalidParameter, InvalidRequest, RequestError
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
    Params,
    Range,
    Text,
    Timestamp,
    Url,
    decode_form,
    decode_json,
)

LINE_ITEM = Hash(
    {
        "price": Text(max_length=255),
        "price_data": Hash(
            {
                "currency": Currency(("btc", "usd"), required=True),
                "unit_amount": Amount(required=True),
            }
        ),
        "quantity": Integer(minimum=1, default=1),
    },
    exclusive=(("price", "price_data"),),
    needed=(("price", "price_data"),),
)

CREATE = Params(
    {
        "amount": Amount(minimum=546, required=True),
        "currency": Currency(("btc", "usd"), required=True),
        "capture_method": Enum(("automatic", "manual")),
        "confirm": Boolean(),
        "created": Range(),
        "customer": Text(max_length=255),
        "description": Text(max_length=10, unsettable=True),
        "expand": Expand(("customer", "latest_charge", "data.customer")),
        "expires_at": Timestamp(),
        "handle": Text(min_length=2, pattern="[a-z]+"),
        "images": ListOf(Text(), max_items=2, unsettable=True),
        "limit": Integer(minimum=1, maximum=100, default=10),
        "line_items": ListOf(LINE_ITEM, max_items=3),
        "metadata": Metadata(),
        "receipt_email": Email(unsettable=True),
        "return_url": Url(),
        "shipping": Hash({"name": Text(required=True), "phone": Text(unsettable=True)}),
        "type": Text(),
        "types": ListOf(Text(), min_items=1),
    },
    exclusive=(("type", "types"),),
)

MINIMAL: dict[str, Any] = {"amount": 1000, "currency": "btc"}


def parse_form(more: str) -> dict[str, Any]:
    """What a minimal form body with ``more`` parses to, without the always present values."""
    parsed = CREATE.parse(decode_form(b"amount=1000&currency=btc&" + more.encode()))
    return {key: value for key, value in parsed.items() if key not in {*MINIMAL, "limit"}}


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("capture_method=manual", {"capture_method": "manual"}),
    ("confirm=true", {"confirm": True}),
    ("confirm=false", {"confirm": False}),
    ("customer=cus_1", {"customer": "cus_1"}),
    ("description=", {"description": None}),
    ("description=%C3%BC" + "u" * 9, {"description": "ü" + "u" * 9}),
    ("expires_at=1793000000", {"expires_at": 1793000000}),
    ("expires_at=0", {"expires_at": 0}),
    ("images=", {"images": None}),
    ("images[]=a&images[]=b", {"images": ["a", "b"]}),
    ("images[1]=b&images[0]=a", {"images": ["a", "b"]}),
    ("images[999999999]=b&images[10]=a", {"images": ["a", "b"]}),
    ("expand[]=customer", {"expand": ["customer"]}),
    ("expand[1]=customer&expand[0]=latest_charge", {"expand": ["latest_charge", "customer"]}),
    ("expand[]=customer&expand[]=customer", {"expand": ["customer"]}),
    ("metadata[order]=7&metadata[gone]=", {"metadata": {"order": "7", "gone": None}}),
    ("metadata[0]=a&metadata[2024]=b", {"metadata": {"0": "a", "2024": "b"}}),
    ("metadata=", {"metadata": None}),
    ("created=5", {"created": {"gte": 5, "lte": 5}}),
    ("created[gt]=5&created[lte]=9", {"created": {"gt": 5, "lte": 9}}),
    ("receipt_email=a.b%2Bc@example.co.uk", {"receipt_email": "a.b+c@example.co.uk"}),
    ("receipt_email=", {"receipt_email": None}),
    ("shipping[name]=N&shipping[phone]=", {"shipping": {"name": "N", "phone": None}}),
    ("types[]=a", {"types": ["a"]}),
    (
        (
            "line_items[0][price]=p&line_items[1][price_data][currency]=BTC"
            "&line_items[1][price_data][unit_amount]=9&line_items[1][quantity]=2"
        ),
        {
            "line_items": [
                {"price": "p", "quantity": 1},
                {"price_data": {"currency": "btc", "unit_amount": 9}, "quantity": 2},
            ]
        },
    ),
    (
        "line_items[][price]=p&line_items[][quantity]=2&line_items[][price]=q",
        {"line_items": [{"price": "p", "quantity": 2}, {"price": "q", "quantity": 1}]},
    ),
]


@pytest.mark.parametrize(("more", "parsed"), ACCEPTED)
def test_forms_parse(more: str, parsed: dict[str, Any]) -> None:
    """Only what was sent is there, in Python's types."""
    assert parse_form(more) == parsed


def test_minimum_and_defaults() -> None:
    """Currencies are lowered, defaults filled in, and what was sent wins over a default."""
    assert CREATE.parse({"amount": "546", "currency": "BTC"}) == {
        "amount": 546,
        "currency": "btc",
        "limit": 10,
    }
    assert CREATE.parse({**MINIMAL, "limit": 5}, typed=True)["limit"] == 5


INT = "parameter_invalid_integer"
EMPTY = "parameter_invalid_empty"
UNKNOWN = "parameter_unknown"
MISSING = "parameter_missing"

REFUSED: list[tuple[str, str | None, str, str]] = [
    ("amont=1", UNKNOWN, "amont", "Received unknown parameter: amont. Did you mean amount?"),
    ("shipping[x]=1", UNKNOWN, "shipping[x]", "Received unknown parameter: shipping[x]"),
    ("line_items[0][qty]=1", UNKNOWN, "line_items[0][qty]", "Received unknown parameter"),
    ("metadata[a[b]=1", UNKNOWN, "metadata[a[b]", "Received unknown parameter: metadata[a[b]"),
    ("=1", UNKNOWN, "", "Received unknown parameter: "),
    ("shipping[phone]=1", MISSING, "shipping[name]", "Missing required param: shipping[name]."),
    ("line_items[0][quantity]=1", MISSING, "line_items[0][price]", "Missing required param"),
    ("limit=1.5", INT, "limit", "Invalid integer: 1.5"),
    ("limit=0", INT, "limit", "must be greater than or equal to 1"),
    ("limit=101", INT, "limit", "must be less than or equal to 100"),
    ("limit[a]=1", INT, "limit", "Invalid integer: {…}"),
    ("limit[]=1", INT, "limit", "Invalid integer: […]"),
    ("line_items[0][price]=p&line_items[0][quantity]=x", INT, "line_items[0][quantity]", "x"),
    ("customer=", EMPTY, "customer", "You passed an empty string for 'customer'"),
    ("images[0]=a&images[1]=", EMPTY, "images[1]", "You passed an empty string"),
    ("shipping=", EMPTY, "shipping", "You passed an empty string"),
    ("customer[a]=1", None, "customer", "Invalid string: {…}"),
    ("description=" + "x" * 11, None, "description", "at most 10 characters, but has 11"),
    ("handle=a", None, "handle", "at least 2 characters"),
    ("handle=aB", None, "handle", "It must match [a-z]+."),
    ("handle=ab%0A", None, "handle", "It must match"),
    ("capture_method=now", None, "capture_method", "one of: automatic, manual"),
    ("capture_method[a]=manual", None, "capture_method", "Invalid capture_method"),
    ("confirm=yes", None, "confirm", "Invalid boolean: yes"),
    ("confirm=True", None, "confirm", "Invalid boolean: True"),
    ("confirm=1", None, "confirm", "Invalid boolean: 1"),
    ("shipping=x", None, "shipping", "Invalid object: x"),
    ("shipping[]=x", None, "shipping", "Invalid object"),
    ("images=x", None, "images", "Invalid array: x"),
    ("images[a]=x", None, "images", "Invalid array"),
    ("images[01]=x", None, "images", "Invalid array"),
    ("images[%D9%A1]=x", None, "images", "Invalid array"),
    ("images[1000000000]=x", None, "images", "Invalid array"),
    ("images[]=x&images[]=y&images[]=z", None, "images", "0 to 2 values, but has 3"),
    ("metadata=x", None, "metadata", "Metadata is a hash of strings"),
    ("metadata[]=x", None, "metadata", "Metadata is a hash of strings"),
    ("metadata[a][b]=x", None, "metadata[a]", "must be strings"),
    ("metadata[" + "k" * 41 + "]=x", None, "metadata", "1 to 40 characters"),
    ("metadata[a]=" + "x" * 501, None, "metadata[a]", "up to 500 characters, but this one has 501"),
    ("&".join(f"metadata[{n}]=x" for n in range(51)), None, "metadata", "up to 50 keys"),
    ("expand[]=amount", None, "expand", "This property cannot be expanded (amount)."),
    ("expand=customer", None, "expand", "Invalid array"),
    ("expand[]=", None, "expand", "cannot be expanded"),
    ("expand[]=data.a.b.c.d.e", None, "expand", "more than 4 levels"),
    ("&".join(["expand[]=customer"] * 21), None, "expand", "up to 20 properties"),
    ("created=x", INT, "created", "Invalid integer: x"),
    ("created[gt]=-1", INT, "created[gt]", "greater than or equal to 0"),
    ("created[eq]=1", UNKNOWN, "created[eq]", "Received unknown parameter: created[eq]"),
    ("created[gt]=", EMPTY, "created[gt]", "You passed an empty string"),
    ("expires_at=2026-01-01", INT, "expires_at", "Invalid integer: 2026-01-01"),
    ("expires_at=253402300800", INT, "expires_at", "less than or equal to 253402300799"),
    ("receipt_email=nobody", "email_invalid", "receipt_email", "e-mail address"),
    ("return_url=example.com", "url_invalid", "return_url", "http or https URL"),
]


@pytest.mark.parametrize(("more", "code", "param", "words"), REFUSED)
def test_forms_are_refused(more: str, code: str | None, param: str, words: str) -> None:
    """Each fault has its code, the whole name of the parameter, and a plain sentence."""
    with pytest.raises(InvalidParameter) as caught:
        parse_form(more)
    assert (caught.value.code, caught.value.param) == (code, param)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("body", "code", "param", "words"),
    [
        (b"currency=btc", MISSING, "amount", "Missing required param: amount."),
        (b"", MISSING, "amount", "Missing required param: amount."),
        (b"amount=&currency=btc", EMPTY, "amount", "empty string"),
        (b"amount=545&currency=btc", "amount_too_small", "amount", "equal to 546"),
        (b"amount=-1&currency=btc", "amount_too_small", "amount", "equal to 546"),
        (b"amount=2100000000000001&currency=btc", "amount_too_large", "amount", "2100000000000000"),
        (b"amount=9223372036854775808&currency=btc", "amount_too_large", "amount", "less"),
        (b"amount=1" + b"0" * 9_999 + b"&currency=btc", "amount_too_large", "amount", "less"),
        (b"amount=-1" + b"0" * 9_999 + b"&currency=btc", "amount_too_small", "amount", "greater"),
        (b"amount=1000&currency=zzz", None, "currency", "Invalid currency: zzz. The supported"),
        (b"amount=1000&currency=zzz", None, "currency", "currencies are: btc, usd."),
        (b"amount=1000&currency=", EMPTY, "currency", "empty string"),
        (b"amount=1000&currency[]=btc", None, "currency", "Invalid currency: […]"),
    ],
)
def test_amounts_and_currencies(body: bytes, code: str | None, param: str, words: str) -> None:
    """Money outside its bounds and unknown currencies are refused as Stripe refuses them."""
    with pytest.raises(InvalidParameter) as caught:
        CREATE.parse(decode_form(body))
    assert (caught.value.code, caught.value.param) == (code, param)
    assert words in caught.value.message


def test_lower_casing_does_not_fold_look_alikes() -> None:
    """A Kelvin sign lowers to an ASCII k and is still not one."""
    currencies = Params({"currency": Currency(("pkr",))})
    assert currencies.parse({"currency": "PKR"}) == {"currency": "pkr"}
    with pytest.raises(InvalidParameter):
        currencies.parse({"currency": "p\u212ar"})


@pytest.mark.parametrize("more", ["type=a&types[]=b", "types[0]=b&type=a"])
def test_exclusive_parameters(more: str) -> None:
    """Two parameters of which one rules out the other are both named."""
    with pytest.raises(InvalidRequest, match="'type' and 'types'") as caught:
        parse_form(more)
    assert caught.value.code == "parameters_exclusive"


def test_exclusive_parameters_inside_a_hash() -> None:
    """Rules between parameters hold in hashes, under their whole names."""
    more = "line_items[3][price]=p&line_items[3][price_data][currency]=btc"
    with pytest.raises(InvalidRequest, match=r"line_items\[3\]\[price\]") as caught:
        parse_form(more + "&line_items[3][price_data][unit_amount]=1")
    assert caught.value.code == "parameters_exclusive"


def test_rules_may_only_name_declared_parameters() -> None:
    """A slip in a declaration fails at import, not at a request."""
    with pytest.raises(ValueError, match="undeclared parameter: b"):
        Params({"a": Text()}, exclusive=(("a", "b"),))


@pytest.mark.parametrize(
    "text",
    [
        "\uff11\uff12",
        "+5",
        " 5",
        "5 ",
        "1e3",
        "0x10",
        "1_000",
        "1.0",
        "-",
        "--5",
        "05",
        "-0",
        "\u0663",
        "5\n",
    ],
)
def test_integers_have_one_spelling(text: str) -> None:
    """What other parsers would let through is refused."""
    with pytest.raises(InvalidParameter, match="Invalid integer") as caught:
        CREATE.parse({"amount": "1000", "currency": "btc", "limit": text})
    assert caught.value.code == INT


@pytest.mark.parametrize(
    ("value", "param"),
    [
        ({"amount": "1000"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 1000.0}, "amount"),
        ({"amount": 1e300}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 10**400}, "amount"),
        ({"currency": 1}, "currency"),
        ({"capture_method": 1}, "capture_method"),
        ({"capture_method": []}, "capture_method"),
        ({"confirm": "true"}, "confirm"),
        ({"confirm": 1}, "confirm"),
        ({"created": "5"}, "created"),
        ({"customer": 5}, "customer"),
        ({"customer": False}, "customer"),
        ({"customer": None}, "customer"),
        ({"images": {"0": "a"}}, "images"),
        ({"images": [1]}, "images[0]"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": 1}}, "metadata[a]"),
        ({"metadata": {"[": "1"}}, "metadata"),
        ({"metadata": {"": "1"}}, "metadata"),
        ({"shipping": []}, "shipping"),
        ({"shipping": 0}, "shipping"),
        ({"expand": [1]}, "expand"),
        ({"expand": [[]]}, "expand"),
        ({"types": []}, "types"),
    ],
)
def test_json_must_have_the_right_types(value: dict[str, Any], param: str) -> None:
    """Nothing is coerced: no strings for numbers, no numbers for booleans."""
    with pytest.raises(InvalidParameter) as caught:
        CREATE.parse({**MINIMAL, **value}, typed=True)
    assert caught.value.param == param


def test_json_parses() -> None:
    """JSON bodies give what the same form body gives, and null unsets."""
    body = (
        b'{"amount": 1000, "currency": "btc", "confirm": true, "description": null, "images": [],'
        b'"metadata": {"a": null, "b": "1"}, "receipt_email": "", "created": {"gt": 5}}'
    )
    assert CREATE.parse(decode_json(body), typed=True) == {
        **MINIMAL,
        "confirm": True,
        "created": {"gt": 5},
        "description": None,
        "images": [],
        "limit": 10,
        "metadata": {"a": None, "b": "1"},
        "receipt_email": None,
    }
    assert CREATE.parse({**MINIMAL, "metadata": None}, typed=True)["metadata"] is None


def test_messages_repeat_only_the_beginning_of_what_was_sent() -> None:
    """A megabyte of nonsense does not come back as a megabyte."""
    for more in ("x" * 100_000 + "=1", "confirm=" + "x" * 100_000, "x" * 9_999 + "[]=1"):
        with pytest.raises(InvalidParameter) as caught:
            parse_form(more)
        assert len(caught.value.message) + len(str(caught.value.param)) < 400


KEYS = st.sampled_from([*CREATE.names, "x"]).flatmap(
    lambda name: st.sampled_from(["", "[]", "[0]", "[a]", "[0][price]", "[name]", "[gt]"]).map(
        lambda rest: f"{name}{rest}"
    )
)
PAIRS = st.tuples(KEYS, st.sampled_from(["", "1", "btc", "true", "x", "-1"]) | st.text(max_size=5))


@given(st.lists(PAIRS, max_size=8))
def test_no_form_breaks_the_parser(pairs: list[tuple[str, str]]) -> None:
    """Whatever is sent, the answer is a dict or a refusal that the caller can mend."""
    body = "&".join(f"{key}={value}" for key, value in pairs).encode()
    with suppress(RequestError):
        CREATE.parse(decode_form(body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*CREATE.names, "x"]), JSON), st.booleans())
def test_no_tree_breaks_the_parser(tree: dict[str, Any], minimal: bool) -> None:
    """Whatever JSON holds, the answer is a dict or a refusal that the caller can mend."""
    with suppress(RequestError):
        CREATE.parse({**tree, **MINIMAL} if minimal else tree, typed=True)
