"""JSON bodies: the same tree with typed leaves, and what is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.errors import InvalidParameter, InvalidRequest, RequestError
from stacktill.web.params.form import MAXIMUM_KEYS
from stacktill.web.params.json_body import MAXIMUM_DEPTH, decode_json


def nested(depth: int) -> bytes:
    """A JSON object with arrays inside, ``depth`` levels in all."""
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_leaves_keep_their_types() -> None:
    """Numbers, booleans, null and strings stay what they are."""
    body = b'{"a": 1, "b": true, "c": null, "d": "\\u00fc\\ud83d\\ude00", "e": [1.5], "f": {}}'
    tree: dict[str, Any] = {"a": 1, "b": True, "c": None, "d": "ü😀", "e": [1.5], "f": {}}
    assert decode_json(body) == tree
    assert decode_json(b"") == {}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "must be an object"),
        (b"1", "must be an object"),
        (b"null", "must be an object"),
        (b'"a"', "must be an object"),
        (b"{", "not valid JSON"),
        (b"{}{}", "not valid JSON"),
        (b" ", "not valid JSON"),
        (b'{"a": NaN}', "not valid JSON"),
        (b'{"a": -Infinity}', "not valid JSON"),
        (b"{'a': 1}", "not valid JSON"),
        (b'{"a": 01}', "not valid JSON"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "not valid JSON"),
        (b'{"a": "\x00"}', "not valid JSON"),
        (b'\xef\xbb\xbf{"a": 1}', "not valid JSON"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a\\u0000": 1}', "NUL"),
        (b'{"a": ["\\ud800"]}', "surrogate"),
        (b'{"a": {"\\udc00": 1}}', "surrogate"),
        (nested(MAXIMUM_DEPTH + 1), "too deeply"),
        (nested(100_000), "too deeply"),
        (b'{"a": [' + b"0," * MAXIMUM_KEYS + b"0]}", "more than 1,000"),
    ],
)
def test_bad_bodies_are_refused(body: bytes, words: str) -> None:
    """What is no JSON object, or too much of one, is refused in plain words."""
    with pytest.raises(InvalidRequest, match=words):
        decode_json(body)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"a": 1, "b": 2, "a": 1}', "a"),
        (b'{"x": {"b": 1, "b": 2}}', "b"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "?"),
    ],
)
def test_repeated_keys_are_named(body: bytes, param: str) -> None:
    """A key that occurs twice is refused, at any depth, in characters that can be answered."""
    with pytest.raises(InvalidParameter, match="twice") as caught:
        decode_json(body)
    assert caught.value.param == param


def test_limits_themselves_are_allowed() -> None:
    """A body exactly at its limits passes, and brackets inside strings do not count."""
    assert decode_json(nested(MAXIMUM_DEPTH))
    assert decode_json(b'{"a": [' + b"0," * (MAXIMUM_KEYS - 2) + b"0]}")
    assert decode_json(json.dumps({"a": "[" * 1_000 + "," * 5_000}).encode())


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
TREES = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        LEAVES,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
        ),
        max_leaves=10,
    ),
    max_size=5,
)


@given(TREES, st.booleans())
def test_what_is_written_is_read(tree: dict[str, Any], escaped: bool) -> None:
    """Any tree without NUL reads back as it was written, escaped or not."""
    body = json.dumps(tree, ensure_ascii=escaped)
    if "\\u0000" in body.replace("\\\\", ""):
        with pytest.raises(RequestError):
            decode_json(body.encode())
    else:
        assert decode_json(body.encode()) == tree


@given(st.binary(max_size=100) | st.text('{}[]",:\\u0d8\n1e.-', max_size=60).map(str.encode))
def test_no_bytes_break_the_decoder(body: bytes) -> None:
    """Whatever arrives, the answer is a tree or a refusal that the caller can mend."""
    with suppress(RequestError):
        decode_json(body)
