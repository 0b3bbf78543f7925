"""The memo fits the token's 34 bytes and can be typed."""

from __future__ import annotations

import re

import pytest

from stacktill.application.memo import intent_memo, memo_name, memos_of_name, refund_memo


def test_a_memo_is_34_letters() -> None:
    text = bytes.fromhex(intent_memo("pi_1")).decode()
    assert re.fullmatch("st[a-z2-7]{32}", text)
    assert bytes.fromhex(refund_memo("re_1")).decode().startswith("sr")


def test_every_wish_has_its_own() -> None:
    made = {intent_memo(f"pi_{number}") for number in range(1000)}
    made |= {refund_memo(f"pi_{number}") for number in range(1000)}
    assert len(made) == 2000


def test_a_name_leads_back_to_its_memo_and_to_no_other() -> None:
    memos = [intent_memo(f"pi_{number}") for number in range(2_000)]
    for memo in memos[:50]:
        low, high = memos_of_name(memo_name(memo))
        assert [other for other in memos if low <= other < high] == [memo]
    assert len({memo_name(memo) for memo in memos}) == len(memos)


@pytest.mark.parametrize("name", [bytes(16), b"\xff" * 16, b"0123456789abcdef"])
def test_any_name_has_bounds(name: bytes) -> None:
    low, high = memos_of_name(name)
    assert low < high
