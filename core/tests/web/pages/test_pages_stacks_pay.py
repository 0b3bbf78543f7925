"""What wallets scan: the published examples of Bech32m, and requests that say all or nothing."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.application.memo import intent_memo
from stacktill.web.pages.checkout.qr import qr_code
from stacktill.web.pages.checkout.stacks_pay import LETTERS, LONGEST, bech32m, payment_request
from stacktill.web.pages.checkout.states import Place

PLACE = Place(
    token="SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token",
    address="SP2RTE7F21N6GQ6BBZR7JGGRWAT0T5Q3Z9ZHB9KRS",
    memo=intent_memo("pi_1"),
)


def decoded(text: str) -> bytes:
    """The bytes behind Bech32m text, its checksum left out; filled up with fewer than 8 bits of zero."""
    values = [LETTERS.index(letter) for letter in text.rpartition("1")[2][:-6]]
    number = 0
    for value in values:
        number = number << 5 | value
    spare = len(values) * 5 % 8
    assert number & (1 << spare) - 1 == 0
    return (number >> spare).to_bytes(len(values) * 5 // 8, "big")


@pytest.mark.parametrize(("part", "text"), [("a", "a1lqfn3a"), ("?", "?1v759aa")])
def test_published_examples(part: str, text: str) -> None:
    assert bech32m(part, b"") == text


@given(st.binary(max_size=300))
def test_bytes_come_back(data: bytes) -> None:
    assert decoded(bech32m("stxpay", data)) == data


@given(st.binary(min_size=1, max_size=60), st.data())
def test_no_letter_changes_unnoticed(data: bytes, draw: st.DataObject) -> None:
    whole = bech32m("stxpay", data)
    start = len("stxpay1")
    at = draw.draw(st.integers(start, len(whole) - 7))
    other = draw.draw(st.sampled_from(LETTERS.replace(whole[at], "")))
    broken = whole[:at] + other + whole[at + 1 :]
    try:
        again = decoded(broken)
    except AssertionError:
        return  # The bits that only fill up were touched.
    assert bech32m("stxpay", again) != broken


def test_a_request_says_all_that_a_wallet_needs() -> None:
    text = payment_request(PLACE, 20_000)
    assert text is not None
    assert text.startswith("web+stx:stxpay1")
    assert len(text) <= LONGEST
    operation, _, query = decoded(text).decode().partition("?")
    assert operation == "invoice"
    assert parse_qs(query, strict_parsing=True) == {
        "recipient": [PLACE.address],
        "token": [PLACE.token],
        "amount": ["20000"],
        "memo": [PLACE.memo_text],
    }


def test_no_request_without_the_memo() -> None:
    binary = Place(token=PLACE.token, address=PLACE.address, memo="00ff")
    assert binary.memo_text is None
    assert payment_request(binary, 1) is None


def test_the_code_is_plain_svg() -> None:
    svg = str(qr_code(payment_request(PLACE, 20_000) or ""))
    assert svg.startswith("<svg ")
    assert "style" not in svg
    assert "<script" not in svg
