"""Logs as one JSON object a line, for our own events and for the libraries' messages alike.

Write ``logger.info("delivery.failed", extra={"endpoint": endpoint_id})`` with a logger of the
standard library: the message is the event's name (dotted, noun first), the extras are its fields.
The id of the request being served is added by itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, BinaryIO

import msgspec

__all__ = [
    "ConsoleLogHandler",
    "JsonLogHandler",
    "configure_logs",
    "current_request_id",
    "log_event",
    "redact",
]

current_request_id: ContextVar[str | None] = ContextVar("stacktill_request_id", default=None)
"""The id of the request that this task serves, or None outside of requests."""

WAITING_LINES = 256
"""How many lines may wait for the end of a turn of the loop."""

_STANDARD_ATTRIBUTES = frozenset(
    logging.LogRecord("", 0, "", 0, "", (), None).__dict__.keys()
    | {"message", "asctime", "taskName", "color_message"}
)

# Each branch begins with an underscore, so that the search can leap from one to the next.
_SECRET = re.compile(
    rb"_(?:(?<=[srp]k_)((?:test|live)_)\w{6,}"
    rb"|(?<=whsec_)()[0-9A-Za-z+/=_-]{6,}"
    rb"|(secret_)[0-9A-Za-z]{12,})"
)
_CREDENTIAL = re.compile(rb"(?i)\b(bearer|basic) +[0-9a-z+/=._~-]{8,}")
_UNSAFE_TO_SHOW = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_formatter = logging.Formatter()
_encoder = msgspec.json.Encoder(enc_hook=str)


def redact(line: bytes) -> bytes:
    """``line`` without anything that looks like an API key, a secret or a credential.

    A last net only: no caller should hand a secret to a logger in the first place.
    """
    if b"k_test_" in line or b"k_live_" in line or b"whsec_" in line or b"_secret_" in line:
        line = _SECRET.sub(_redact_secret, line)
    if b"earer " in line or b"asic " in line:
        line = _CREDENTIAL.sub(rb"\1 [redacted]", line)
    return line


def _redact_secret(match: re.Match[bytes]) -> bytes:
    kept: bytes = match.group(match.lastindex or 0)
    return b"_" + kept + b"[redacted]"


def _encode(entry: dict[str, Any]) -> bytes:
    """``entry`` as one line that no field's content can break or turn around."""
    try:
        line = _encoder.encode(entry)
    except Exception:  # noqa: BLE001 - lone surrogates, odd keys, a __str__ that raises
        line = json.dumps({str(key): repr(value) for key, value in entry.items()}).encode()
    if not line.isascii() or b"\x7f" in line:
        text = _UNSAFE_TO_SHOW.sub(lambda match: f"\\u{ord(match.group()):04x}", line.decode())
        line = text.encode()
    return redact(line) + b"\n"


class JsonLogHandler(logging.Handler):
    """Writes each record as one line of JSON to a stream of bytes (standard error by default)."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        super().__init__()
        self._stream = stream if stream is not None else sys.stderr.buffer
        self._second = 0
        self._second_text = ""
        self._waiting: list[bytes] = []

    def format(self, record: logging.LogRecord) -> str:
        """The line for ``record``, without its line break."""
        return self.line(self._entry(record)).decode().rstrip("\n")

    def emit(self, record: logging.LogRecord) -> None:
        """Write ``record``; a stream that fails is reported as the standard library does."""
        try:
            self._waiting.append(self.line(self._entry(record)))
            self._flush()
        except Exception:  # noqa: BLE001 - logging must not break what it tells about
            self.handleError(record)

    def note(self, logger: str, level: str, event: str, fields: Mapping[str, object]) -> None:
        """Write an event without a record; in an event loop, lines of one turn are flushed as one."""
        entry: dict[str, Any] = {
            "time": self._time(time.time()),
            "level": level,
            "logger": logger,
            "event": event,
        }
        request_id = current_request_id.get()
        if request_id is not None:
            entry["request_id"] = request_id
        line = self.line({**fields, **entry})
        self.acquire()
        try:
            self._waiting.append(line)
            count = len(self._waiting)
            if count == 1:
                asyncio.get_running_loop().call_soon(self._flush_late)
            elif count > WAITING_LINES:
                self._flush()
        except RuntimeError:
            self._flush()  # There is no loop.
        finally:
            self.release()

    def _flush_late(self) -> None:
        self.acquire()
        try:
            self._flush()
        except (OSError, ValueError):
            pass  # The next line that is written at once tells of a stream that fails.
        finally:
            self.release()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._stream.write(b"".join(waiting))
        self._stream.flush()

    def line(self, entry: dict[str, Any]) -> bytes:
        """An entry as it is written, with its line break."""
        return _encode(entry)

    def _entry(self, record: logging.LogRecord) -> dict[str, Any]:
        attributes = record.__dict__
        entry: dict[str, Any] = {
            "time": self._time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        request_id = current_request_id.get()
        if request_id is not None:
            entry["request_id"] = request_id
        for name in attributes.keys() - _STANDARD_ATTRIBUTES:
            if name == "fields":
                entry = {**attributes[name], **entry}
            else:
                entry.setdefault(name, attributes[name])
        if record.exc_info:
            entry["exception"] = _formatter.formatException(record.exc_info)
        return entry

    def _time(self, created: float) -> str:
        """ISO 8601 in UTC with milliseconds; the part down to the second is kept."""
        second = int(created)
        if second != self._second:
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        return f"{self._second_text}.{int((created - second) * 1000):03d}Z"


class ConsoleLogHandler(JsonLogHandler):
    """Writes each record as one line for people: time of day, event, then what belongs to it."""

    def line(self, entry: dict[str, Any]) -> bytes:
        """``12:56:42 request.finished method=GET status=200 …``; values are as safe as in JSON."""
        exception = entry.pop("exception", None)
        head = f"{entry.pop('time')[11:19]} {_level(entry.pop('level'))}{entry.pop('event')}"
        entry.pop("logger")
        pairs = [f"{key}={_shown(value)}" for key, value in entry.items()]
        text = _encode({"": " ".join((head, *pairs))})[5:-3] + b"\n"
        if exception is not None:
            text += b"".join(_encode({"": row})[5:-3] + b"\n" for row in exception.splitlines())
        return text.replace(b'\\"', b'"')


def _level(name: str) -> str:
    return "" if name == "info" else f"{name}: "


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() else repr(value)


def log_event(logger: logging.Logger, level: int, event: str, fields: Mapping[str, object]) -> None:
    """Log ``event`` with ``fields`` for the hot path: without looking up the caller's place.

    When our handler is the only one that would hear of it, no record is made either.
    """
    if not logger.isEnabledFor(level):
        return
    handlers = logging.root.handlers
    if len(handlers) == 1 and isinstance(handlers[0], JsonLogHandler) and _is_plain(logger):
        try:
            handlers[0].note(logger.name, logging.getLevelName(level).lower(), event, fields)
            return
        except (OSError, ValueError):
            pass  # The standard library has its own way to tell of a stream that fails.
    record = logging.LogRecord(logger.name, level, "", 0, event, None, None)
    record.__dict__["fields"] = fields
    logger.handle(record)


def _is_plain(logger: logging.Logger) -> bool:
    """Whether nobody listens or filters between a logger and the root."""
    parent = logger.parent
    return (
        not logger.handlers
        and not logger.filters
        and logger.propagate
        and (parent is None or parent is logging.root or _is_plain(parent))
    )


def configure_logs(
    level: str = "info", *, style: str = "json", stream: BinaryIO | None = None
) -> JsonLogHandler:
    """Send every logger's records of ``level`` and above through one handler.

    ``style`` is json, console, or auto: console when standard error is a terminal, else json.

    Handlers that were set on the root before are removed. Warnings of the ``warnings`` module
    become records. Returns the handler. An unknown level raises ValueError.
    """
    is_console = style == "console" or (style == "auto" and sys.stderr.isatty())
    handler = ConsoleLogHandler(stream) if is_console else JsonLogHandler(stream)
    root = logging.getLogger()
    root.setLevel(level.upper())
    root.handlers[:] = [handler]
    logging.captureWarnings(True)
    # What they say below a warning is said by our own access log and by the server's events.
    for chatty in ("alembic", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return handler
