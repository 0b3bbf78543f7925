"""Addresses and other people's words: nothing of them ends a line or turns a letter round."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill_notify_email.addresses import BadAddress, is_among, parsed_address
from stacktill_notify_email.words import one_line


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("Payer.One+shop@Example.COM", "Payer.One+shop@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("kunde@bücher.example", "kunde@xn--bcher-kva.example"),
        ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
        ("a@localhost", "a@localhost"),
    ],
)
def test_addresses_as_the_wire_knows_them(text: str, wire: str) -> None:
    found = parsed_address(text)
    assert found.text == wire
    assert found.needs_utf8 == (not found.local.isascii())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@example.com",
        "payer",
        "payer@",
        "pay er@example.com",
        "payer@example.com\r\nBcc: all@example.com",
        "payer@example.com\n",
        "payer\x00@example.com",
        "payer@example..com",
        "payer@-example.com",
        "payer@exa_mple.com",
        ".payer@example.com",
        '"payer"@example.com',
        "<payer@example.com>",
        "payer@example.com, other@example.com",
        "payer@[127.0.0.1]",
        "pay\u202eer@example.com",
        "pay\u00a0er@example.com",
        "pay\u2028er@example.com",
        "p" * 65 + "@example.com",
        "p@" + ".".join(["d" * 60] * 5),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        parsed_address(text)
    assert len(text) < 13 or text not in str(refusal.value)


@given(st.text())
def test_an_address_never_holds_what_ends_a_line(text: str) -> None:
    for candidate in (text, f"{text}@example.com", f"a@{text}"):
        try:
            found = parsed_address(candidate)
        except BadAddress:
            continue
        assert found.text.isprintable()
        assert not any(letter.isspace() or letter in '<>,;:"()[]\\' for letter in found.text)
        assert found.domain.isascii()
        assert len(found.text.encode()) <= 254


def test_who_test_mode_may_write_to() -> None:
    me = parsed_address("Me@shop.example")
    assert is_among(me, ("me@SHOP.example",))
    assert is_among(me, ("@shop.example",))
    assert is_among(me, ("*",))
    assert not is_among(me, ())
    assert not is_among(me, ("@example", "you@shop.example", "@hop.example"))
    assert not is_among(parsed_address("me@evil-shop.example"), ("@shop.example",))


@given(st.text(max_size=300), st.integers(1, 100))
def test_any_words_become_one_short_visible_line(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert len(line) <= longest
    assert line == line.strip()
    for letter in line:
        assert unicodedata.category(letter) not in {"Cc", "Cs", "Cn", "Zl", "Zp"}
        assert unicodedata.bidirectional(letter) not in {"LRO", "RLO", "LRE", "RLE", "PDF"}


def test_words_that_are_fine_stay_as_they_are() -> None:
    for text in ("Bäckerei Süß & Söhne", "مخبز السعادة", "👩‍🍳 Cook's", "<b>Shop</b>"):
        assert one_line(text, 64) == text
    assert one_line("a" * 80, 10) == "a" * 9 + "…"
    assert one_line("one\r\ntwo\u2028three", 64) == "one two three"
