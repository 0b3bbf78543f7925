"""Judging a receiver's answer: its status, its wish to wait, and the start of its body."""

from __future__ import annotations

import codecs
import time
from datetime import UTC
from email.utils import parsedate_to_datetime

from stacktill.plugin.notification import Outcome
from stacktill_notify_webhook.schedule import RETRY_AFTER_MAX_SECONDS

__all__ = ["EXCERPT_BYTES", "excerpt", "outcome_of", "retry_after_seconds"]

EXCERPT_BYTES = 2048
"""How much of an answer's body the delivery log keeps."""

_THROTTLING = frozenset({429, 502, 504})
# Control characters could steer the terminal of whoever reads the log.
_CONTROLS = {
    code: "\N{REPLACEMENT CHARACTER}"
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\t\n\r"
}


def outcome_of(status: int) -> Outcome:
    """What an HTTP status means for the delivery; a redirect is a failure like any other."""
    if 200 <= status < 300:
        return "delivered"
    if status == 410:
        return "gone"
    return "throttled" if status in _THROTTLING else "failed"


def excerpt(start: bytes) -> str:
    """The start of a body as harmless text, at most ``EXCERPT_BYTES`` bytes of it."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    # Not final: a character that the cut went through is left out, not replaced.
    return decoder.decode(start[:EXCERPT_BYTES]).translate(_CONTROLS)


def retry_after_seconds(header: str | None) -> float | None:
    """The wait that a Retry-After header asks for (seconds or an HTTP date), at most a day.

    None when there is none or it makes no sense; 0 when its moment has passed.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        # The length is looked at first: a number of 8,000 digits is not worth parsing.
        seconds = float(text) if len(text) < 10 else RETRY_AFTER_MAX_SECONDS
    else:
        try:
            moment = parsedate_to_datetime(text)
            # A date without a zone means UTC, as every HTTP date does.
            moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            seconds = moment.timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), RETRY_AFTER_MAX_SECONDS)
