"""Lines for people are as safe as lines for machines: no forged line, no secret, no escape code."""

from __future__ import annotations

import io
import logging

from stacktill.runtime.logs import ConsoleLogHandler


def lines_of(message: str, **fields: object) -> list[str]:
    """What the handler writes for one record."""
    stream = io.BytesIO()
    record = logging.makeLogRecord(
        {"msg": message, "levelname": "INFO", "levelno": logging.INFO, **fields}
    )
    ConsoleLogHandler(stream).handle(record)
    return stream.getvalue().decode().splitlines()


def test_a_record_is_one_readable_line() -> None:
    """The time of day, the event, then its fields."""
    (line,) = lines_of("request.finished", method="GET", status=200)
    assert line[8:27] == " request.finished " + line[26]
    assert "method=GET" in line
    assert "status=200" in line


def test_nothing_in_a_field_can_forge_a_line_or_colour_the_screen() -> None:
    """Line breaks and escape codes are shown, not obeyed."""
    (line,) = lines_of("request.finished", path="/a\n12:00:00 all.well\x1b[31m\u202e")
    assert "\x1b" not in line
    assert "\u202e" not in line


def test_secrets_are_kept_out() -> None:
    """What looks like a key is blotted out here as well."""
    (line,) = lines_of("request.finished", key="sk_test_abcdefghijklmnop")
    assert "abcdefghijklmnop" not in line
