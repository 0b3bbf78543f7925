"""The memo fits the token's 34 bytes and can be typed."""

from __future__ import annotations

import re

from stacktill.application.memo import intent_memo, refund_memo


def test_a_memo_is_34_letters() -> None:
    text = bytes.fromhex(intent_memo("pi_1")).decode()
    assert re.fullmatch("st[a-z2-7]{32}", text)
    assert bytes.fromhex(refund_memo("re_1")).decode().startswith("sr")


def test_every_wish_has_its_own() -> None:
    made = {intent_memo(f"pi_{number}") for number in range(1000)}
    made |= {refund_memo(f"pi_{number}") for number in range(1000)}
    assert len(made) == 2000
