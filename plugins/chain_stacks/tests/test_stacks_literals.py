"""Values as people write them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plugins.chain_stacks.tests.wire_cases import VALUES

from stacktill_chain_stacks.wire.clarity import (
    Ascii,
    Bool,
    Buffer,
    Int,
    List,
    Nothing,
    Some,
    Tuple,
    UInt,
    Utf8,
    Value,
)
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.literals import parse_literal, show_value
from stacktill_chain_stacks.wire.principals import Principal

SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("u100", UInt(100)),
        ("-7", Int(-7)),
        ("12", Int(12)),
        ("true", Bool(value=True)),
        ("none", Nothing()),
        ("0x", Buffer(b"")),
        ("0x6d656d6f", Buffer(b"memo")),
        ('"a \\" b"', Ascii('a " b')),
        ('u"\\u{20bf} é"', Utf8("₿ é")),
        (SBTC, Principal.parse(SBTC)),
        (f"'{SBTC}", Principal.parse(SBTC)),
        ("(some 0x00)", Some(Buffer(b"\0"))),
        ("(list u1 u2 )", List((UInt(1), UInt(2)))),
        ("(list)", List(())),
        (" { a : u1, b:{c: none} } ", Tuple({"a": UInt(1), "b": Tuple({"c": Nothing()})})),
    ],
)
def test_values_are_written_as_in_clarity(text: str, value: Value) -> None:
    assert parse_literal(text) == value


@settings(max_examples=500, deadline=None)
@given(value=VALUES)
def test_a_value_is_read_as_it_is_shown(value: Value) -> None:
    shown = show_value(value)
    assert parse_literal(shown) == value
    assert shown.isprintable()


@settings(max_examples=1000, deadline=None)
@given(text=st.text(st.sampled_from("u0x1\"\\{}():, ae'n-S.\n\t\x00é"), max_size=30))
@example("")
@example("(" * 100_000)
@example("{a:" * 100_000)
@example("(some " * 40 + "u1" + ")" * 40)
@example('"' + "\\" * 99)
@example('u"\\u{110000}"')
@example('u"\\u{d800}"')
@example("u1 u2")
@example("{a: u1, a: u2}")
@example("(some)")
@example("(+ 1 2)")
@example("u" + "9" * 39)
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        value = parse_literal(text)
    except WireError:
        return
    assert parse_literal(show_value(value)) == value
