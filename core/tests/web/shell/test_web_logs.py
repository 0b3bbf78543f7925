"""Log lines: whole, in JSON, without secrets, and no field can pretend to be a line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from stacktill.runtime.logs import configure_logs, current_request_id, redact


@pytest.fixture
def stream() -> Iterator[io.BytesIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.BytesIO()
    configure_logs("debug", stream=stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def entries(stream: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().decode().splitlines()]


def test_a_record_and_its_fields(stream: io.BytesIO) -> None:
    token = current_request_id.set("req_1")
    logging.getLogger("some.library").warning("%s of %d", "one", 2, extra={"amount_sats": 5})
    current_request_id.reset(token)
    (entry,) = entries(stream)
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "level": "warning",
        "logger": "some.library",
        "event": "one of 2",
        "request_id": "req_1",
        "amount_sats": 5,
    }


def test_a_traceback_is_one_line(stream: io.BytesIO) -> None:
    try:
        raise ValueError("two\nlines sk_live_abcdefghijkl")
    except ValueError:
        logging.getLogger("x").exception("thing.failed")
    (entry,) = entries(stream)
    assert "ValueError: two\nlines sk_live_[redacted]" in entry["exception"]


class Unprintable:
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        return "unprintable"


@pytest.mark.parametrize(
    "value",
    [
        'a\n{"event":"forged"}',
        "a\r\nb",
        "a\u2028b\u2029c\x85d",
        "\x1b[2Jclear",
        "\u202eesrever",
        "\ud800",
        Unprintable(),
        {1: object()},
        float("nan"),
    ],
)
def test_no_value_breaks_a_line(stream: io.BytesIO, value: object) -> None:
    logging.getLogger("x").info("event", extra={"value": value, "event": "not this"})
    text = stream.getvalue().decode()
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert json.loads(text)["event"].strip("'") == "event"


@pytest.mark.parametrize(
    "secret",
    [
        "sk_test_51Habcdefghij",
        "rk_live_51Habcdefghij",
        "pk_live_51Habcdefghij",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "pi_3abc_secret_Yabcdefghijkl",
        "Authorization: Bearer abcdefghijklmnop",
        "authorization: basic c2tfdGVzdF8xMjM0NTY3ODkwOg==",
    ],
)
def test_what_looks_like_a_secret(secret: str) -> None:
    line = redact(f'{{"note":"before {secret} after"}}'.encode()).decode()
    assert "[redacted]" in line
    assert secret[-8:] not in line
    assert line.startswith('{"note":"before ')
    assert line.endswith(' after"}')


@pytest.mark.parametrize("text", [b"sk_test_****1234", b"key_test_case", b"the_secret_is_out"])
def test_what_is_none(text: bytes) -> None:
    assert redact(text) == text


def test_warnings_become_records(stream: io.BytesIO) -> None:
    logging.getLogger("py.warnings").warning("old")
    assert entries(stream)[0]["logger"] == "py.warnings"
