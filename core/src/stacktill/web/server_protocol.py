"""uvicorn's HTTP/1.1 protocol with the limits that it lacks: time and size of a request's head.

A connection waits for a head from its first byte on (a new one from the moment it is made). The
waiting ones stand in line in ``WaitingRoom``, oldest first, which the server sweeps now and then:
no timer is set or cancelled on the way of a request.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stacktill.web.errors import answer_status
from stacktill.web.server_output import JoinedOutput
from stacktill.web.shell.request_ids import new_request_id

__all__ = ["GuardedProtocol", "HeadRefused", "WaitingRoom"]

logger = logging.getLogger(__name__)

# A second one of these would leave it open which of the two counts.
_AT_MOST_ONCE = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"stripe-account",
        b"stripe-context",
        b"stripe-version",
    }
)


class HeadRefused(Exception):
    """A request's head that is not passed on; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(HTTPStatus(status).phrase)
        self.status = status


class WaitingRoom:
    """The connections that still owe something, with the time since when (loop seconds)."""

    def __init__(
        self, timeout_seconds: float, on_timeout: Callable[[GuardedProtocol], None]
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._on_timeout = on_timeout
        # In the order of entering, so that a sweep stops at the first who still has time.
        self._since: dict[GuardedProtocol, float] = {}

    def __len__(self) -> int:
        return len(self._since)

    def enter(self, connection: GuardedProtocol, now: float) -> None:
        """Let the time run for ``connection``, unless it runs already."""
        self._since.setdefault(connection, now)

    def leave(self, connection: GuardedProtocol) -> None:
        """``connection`` paid what it owed, or is gone."""
        self._since.pop(connection, None)

    def sweep(self, now: float) -> None:
        """End every connection whose time is up."""
        while self._since:
            connection, since = next(iter(self._since.items()))
            if now - since < self._timeout_seconds:
                return
            del self._since[connection]
            self._on_timeout(connection)


class GuardedProtocol(HttpToolsProtocol):
    """One connection. The server makes a subclass per run that holds the limits."""

    max_header_bytes: int
    heads: WaitingRoom
    leftovers: WaitingRoom
    """Connections that had their answer while the client may still be sending."""

    _is_head_open = True
    _is_closed_for_input = False
    _heads_begun = 0
    _head_bytes = 0
    """Bytes of the head that the parser has handed out."""
    _raw_head_bytes = 0
    """Bytes that were fed to the parser while the head was open."""

    def connection_made(self, transport: Any) -> None:
        """Start the time for the first head."""
        super().connection_made(transport)
        self._seen_once: set[bytes] = set()
        self.heads.enter(self, self.loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._is_closed_for_input = True
        self.heads.leave(self)
        self.leftovers.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser and refuse what breaks the rules."""
        if self._is_closed_for_input:
            return
        self._unset_keepalive_if_required()
        was_head_open, heads_begun = self._is_head_open, self._heads_begun
        was_idle = was_head_open and self._raw_head_bytes == 0
        if was_head_open:
            self.heads.enter(self, self.loop.time())
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._ignore_upgrade()
        except httptools.HttpParserInvalidMethodError:
            self._refuse(405)
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._refuse(cause.status if isinstance(cause, HeadRefused) else 400)
        except httptools.HttpParserError:
            self._refuse(400)
        else:
            # If a request was finished in between, some of the data was its own, so nothing is
            # counted; that lets at most one read's worth slip by.
            begun = self._heads_begun - heads_begun
            if was_head_open and self._is_head_open and begun <= int(was_idle):
                self._count_open_head(len(data))

    def _count_open_head(self, count: int) -> None:
        """Count bytes that the parser still holds back because their line is not complete."""
        self._raw_head_bytes += count
        if self._raw_head_bytes > self.max_header_bytes:
            self._refuse(431)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._is_head_open = True
        self._heads_begun += 1
        self._head_bytes = self._raw_head_bytes = 0
        self._seen_once.clear()
        self.heads.enter(self, self.loop.time())

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that comes after the body is counted and dropped."""
        self._count(len(name) + len(value) + 4)
        if not self._is_head_open:
            # A trailer must not become a header of a request that is already being served.
            return
        lowered = name.lower()
        if lowered in _AT_MOST_ONCE:
            if lowered in self._seen_once:
                raise HeadRefused(400)
            self._seen_once.add(lowered)
        super().on_header(lowered, value)

    def _count(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > self.max_header_bytes:
            raise HeadRefused(431)

    def on_headers_complete(self) -> None:
        """The head is whole: refuse what two servers could read in two ways, else serve it."""
        version = self.parser.get_http_version()
        if version == "1.1":
            if b"host" not in self._seen_once:
                raise HeadRefused(400)
        elif any(name == b"transfer-encoding" for name, _ in self.headers):
            raise HeadRefused(400)
        if self.parser.get_method() == b"CONNECT":
            raise HeadRefused(405)
        self._is_head_open = False
        self.heads.leave(self)
        super().on_headers_complete()
        if self.cycle.scope["method"] != "HEAD":
            # Nothing follows a head alone, so it would wait for ever. The answer is not begun yet.
            self.cycle.transport = cast(Any, JoinedOutput(self.transport))

    def on_message_complete(self) -> None:
        """The request is whole; what comes now belongs to the next one."""
        self._is_head_open = True
        self._head_bytes = self._raw_head_bytes = 0
        self.leftovers.leave(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is out; if the body is not in yet, it has little time left."""
        if not self._is_head_open and not self._is_serving():
            self.leftovers.enter(self, self.loop.time())
        super().on_response_complete()

    def _ignore_upgrade(self) -> None:
        """Serve the request as what it also is, plain HTTP/1.1, and end the connection after it."""
        self._stop_reading()
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def end_waiting(self) -> None:
        """The time for a head is up."""
        if self._head_bytes or self._raw_head_bytes:
            self._refuse(408)
        elif self._is_serving():
            self._finish_and_close()
        else:
            self.transport.close()

    def end_leftovers(self) -> None:
        """The time for the rest, which nobody reads, is up."""
        self.transport.close()

    def _is_serving(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: int) -> None:
        """Answer with ``status`` if the client can tell what it is the answer to; then close."""
        if self.transport.is_closing():
            return
        is_serving = self._is_serving()
        if is_serving and self._is_head_open:
            # The fault is behind a whole request, whose answer must not be mistaken for this one.
            self._finish_and_close()
            return
        self._stop_reading()
        is_answered = self._is_head_open or (is_serving and self._is_untouched())
        if is_serving:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if is_answered:
            self.transport.write(_raw_answer(status))
            self._close_for_output()
        else:
            self.transport.close()

    def _close_for_output(self) -> None:
        """Say that nothing more comes, but hear the client out for a while.

        To close with its bytes unread would reset the connection, and the answer could be lost.
        """
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.leftovers.enter(self, self.loop.time())
        else:
            self.transport.close()

    def _is_untouched(self) -> bool:
        """Whether nothing was said about the present request, nor is another's answer under way."""
        return not self.pipeline and not self.cycle.response_started

    def _finish_and_close(self) -> None:
        """Let the requests that arrived whole have their answers, and nothing after them."""
        self._stop_reading()
        self.cycle.keep_alive = False

    def _stop_reading(self) -> None:
        self._is_closed_for_input = True
        self.heads.leave(self)


def _raw_answer(status: int) -> bytes:
    answer = answer_status(status)
    answer.headers.append((b"request-id", new_request_id().encode("ascii")))
    lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode("ascii"))]
    lines += [b"%s: %s" % line for line in answer.headers]
    return b"\r\n".join([*lines, b"connection: close", b"", answer.body])
