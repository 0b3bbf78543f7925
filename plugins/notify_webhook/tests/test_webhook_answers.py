"""Judging answers: Retry-After in all its forms, and the excerpt for the log."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill_notify_webhook.answers import excerpt, outcome_of, retry_after_seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        (" 120 ", 120),
        ("86400", 86_400),
        ("86401", 86_400),
        ("9" * 5000, 86_400),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("１２", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 9999 07:28:00 GMT", 86_400),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header) == seconds


def test_retry_after_as_a_date() -> None:
    seconds = retry_after_seconds(formatdate(time.time() + 600, usegmt=True))
    assert seconds is not None
    assert 590 <= seconds <= 600


@given(st.text(max_size=80))
def test_any_retry_after_is_a_wait_or_nothing(header: str) -> None:
    seconds = retry_after_seconds(header)
    assert seconds is None or 0 <= seconds <= 86_400


@given(st.binary(max_size=5000))
def test_any_body_makes_harmless_text(body: bytes) -> None:
    text = excerpt(body)
    assert len(text) <= 2048
    assert all(char in "\t\n\r" or char.isprintable() or ord(char) >= 0xA0 for char in text)
    text.encode()


def test_the_excerpt_keeps_text_as_it_is() -> None:
    assert excerpt("żółw\n\t₿".encode()) == "żółw\n\t₿"
    assert excerpt(b"\x1b[31mred\x00") == "�[31mred�"
    assert excerpt(b"a" * 2047 + "ż".encode()) == "a" * 2047


def test_only_2xx_is_delivered() -> None:
    delivered = [status for status in range(100, 600) if outcome_of(status) == "delivered"]
    assert delivered == list(range(200, 300))
