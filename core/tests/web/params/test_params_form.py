"""Form bodies and query strings: both spellings, the limits, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.errors import InvalidParameter, RequestError
from stacktill.web.params.form import MAXIMUM_BRACKETS, MAXIMUM_KEYS, decode_form


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (b"", {}),
        (b"a=1", {"a": "1"}),
        (b"a", {"a": ""}),
        (b"a=", {"a": ""}),
        (b"&a=1&&b=2&", {"a": "1", "b": "2"}),
        (b"a=1=2", {"a": "1=2"}),
        (b"a=one+two%2B%26%3D", {"a": "one two+&="}),
        (b"a=%C3%BC" + "ü".encode(), {"a": "üü"}),
        (b"a=100%", {"a": "100%"}),
        (b"a=%zz", {"a": "%zz"}),
        (b"=1", {"": "1"}),
        (b"metadata[a]=1&metadata[b]=", {"metadata": {"a": "1", "b": ""}}),
        (b"expand[]=x&expand[]=y", {"expand": ["x", "y"]}),
        (b"expand[0]=x&expand[1]=y", {"expand": {"0": "x", "1": "y"}}),
        (b"expand%5B0%5D=x", {"expand": {"0": "x"}}),
        (b"expand%5b%5d=x", {"expand": ["x"]}),
        (b"a[b][c][d]=1", {"a": {"b": {"c": {"d": "1"}}}}),
        (b"a[][b]=1&a[][c]=2&a[][b]=3", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        (b"a[][b][]=1&a[][b][]=2", {"a": [{"b": ["1", "2"]}]}),
        (b"a[][b][c]=1&a[][b][d]=2", {"a": [{"b": {"c": "1", "d": "2"}}]}),
        (b"a[][b]=1&a[][b][c]=2", {"a": [{"b": "1"}, {"b": {"c": "2"}}]}),
        (b"a[999999999]=1", {"a": {"999999999": "1"}}),
    ],
)
def test_form_bodies_become_trees(body: bytes, tree: dict[str, Any]) -> None:
    """Every spelling that the SDKs and curl send is understood."""
    assert decode_form(body) == tree


@pytest.mark.parametrize(
    "key", ["a[", "a]", "[a]", "a[b]c", "a[[b]]", "a[b]]", "a[b[c]", "]", "a]b["]
)
def test_unbalanced_brackets_stay_in_the_name(key: str) -> None:
    """A crooked name is left whole, so that the schema refuses it as unknown."""
    assert decode_form(f"{key}=1".encode()) == {key: "1"}


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        (b"amount=1&amount=2", "amount", "twice"),
        (b"a[b]=1&a[b]=2", "a[b]", "twice"),
        (b"a[0]=1&a[0]=2", "a[0]", "twice"),
        (b"a=1&a[b]=2", "a[b]", "two shapes"),
        (b"a[b]=2&a=1", "a", "two shapes"),
        (b"a[]=1&a[b]=2", "a[b]", "two shapes"),
        (b"a[b]=1&a[]=2", "a[]", "two shapes"),
        (b"a[]=1&a=2", "a", "two shapes"),
        (b"a[][]=1", "a[][]", "nests arrays"),
        (b"a" + b"[b]" * (MAXIMUM_BRACKETS + 1) + b"=1", "a", "too deeply"),
    ],
)
def test_clashing_parameters_are_named(body: bytes, param: str, words: str) -> None:
    """Parameters sent twice, in two shapes or too deep are refused by name."""
    with pytest.raises(InvalidParameter, match=words) as caught:
        decode_form(body)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"a=%00", "NUL"),
        (b"a\x00=1", "NUL"),
        (b"a=\xff", "UTF-8"),
        (b"a=%ff", "UTF-8"),
        (b"%ff=1", "UTF-8"),
        (b"a=%ED%A0%80", "UTF-8"),
        (b"a=\xed\xa0\x80", "UTF-8"),
        (b"&".join(b"a%d=1" % n for n in range(MAXIMUM_KEYS + 1)), "more than 1,000"),
        (b"&" * MAXIMUM_KEYS, "more than 1,000"),
    ],
)
def test_bodies_that_are_no_text_or_too_many_are_refused(body: bytes, words: str) -> None:
    """Broken encodings and floods of keys are refused before anything is built."""
    with pytest.raises(RequestError, match=words):
        decode_form(body)


def test_limits_themselves_are_allowed() -> None:
    """A request exactly at its limits passes."""
    assert len(decode_form(b"&".join(b"a%d=1" % n for n in range(MAXIMUM_KEYS)))) == MAXIMUM_KEYS
    assert decode_form(b"a" + b"[b]" * MAXIMUM_BRACKETS + b"=1")


FRAGMENTS = st.sampled_from(
    [b"a", b"b", b"[", b"]", b"[]", b"[0]", b"=", b"&", b"%", b"%5B", b"%00", b"+", b"\xff", b"1"]
)


@given(st.binary(max_size=200) | st.lists(FRAGMENTS, max_size=40).map(b"".join))
def test_no_bytes_break_the_decoder(body: bytes) -> None:
    """Whatever arrives, the answer is a tree or a refusal that the caller can mend."""
    with suppress(RequestError):
        assert all(type(key) is str for key in decode_form(body))


NAMES = st.text(st.characters(exclude_characters="[]\0", codec="utf-8"), min_size=1, max_size=8)
VALUES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        VALUES,
        lambda inner: (
            st.dictionaries(NAMES.filter(lambda name: not name.isdigit()), inner, min_size=1)
            | st.lists(inner, min_size=1, max_size=4)
        ),
        max_leaves=12,
    ),
    max_size=6,
)


def spelled(value: Any, name: str, *, empty: bool) -> list[tuple[str, str]]:
    """The pairs of one parameter; ``empty`` writes arrays of strings as ``a[]``."""
    if isinstance(value, dict):
        return [
            pair
            for key, each in value.items()
            for pair in spelled(each, f"{name}[{key}]", empty=empty)
        ]
    if isinstance(value, list):
        plain = empty and all(isinstance(each, str) for each in value)
        return [
            pair
            for index, each in enumerate(value)
            for pair in spelled(each, f"{name}[]" if plain else f"{name}[{index}]", empty=empty)
        ]
    return [(name, value)]


def arrays(value: Any) -> Any:
    """The tree with all hashes of indexes as the lists they mean."""
    if isinstance(value, dict) and value and all(key.isdigit() for key in value):
        return [arrays(each) for _, each in sorted(value.items(), key=lambda pair: int(pair[0]))]
    if isinstance(value, dict):
        return {key: arrays(each) for key, each in value.items()}
    return [arrays(each) for each in value] if isinstance(value, list) else value


@given(TREES, st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_every_spelling_of_a_tree_reads_back(
    tree: dict[str, Any], empty: bool, literal: bool, random: Any
) -> None:
    """Indexed or empty brackets, literal or percent-encoded, in any order: the same tree."""
    pairs = [pair for key, value in tree.items() for pair in spelled(value, key, empty=empty)]
    if max((key.count("[") for key, _ in pairs), default=0) > MAXIMUM_BRACKETS:
        return
    if not empty:
        random.shuffle(pairs)
    safe = "[]" if literal else ""
    body = "&".join(f"{quote(key, safe=safe)}={quote_plus(value)}" for key, value in pairs)
    decoded = decode_form(body.encode())
    assert {key: arrays(value) for key, value in decoded.items()} == tree
