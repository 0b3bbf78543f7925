"""Compressed answers: Brotli or gzip for text that is large enough, never for event streams."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import brotli  # type: ignore[import-untyped]

from stacktill.web.shell.asgi import Exchange, Message, Send

__all__ = ["Compression", "choose_encoding"]

_BROTLI_QUALITY = 4
_GZIP_LEVEL = 5
_GZIP_WINDOW = 31
_TYPES = frozenset(
    {
        b"application/json",
        b"application/problem+json",
        b"application/manifest+json",
        b"application/javascript",
        b"application/xml",
        b"image/svg+xml",
    }
)
_BODILESS = frozenset({204, 206, 304})


class _Compressor(Protocol):
    def feed(self, data: bytes, *, is_last: bool) -> bytes:
        """Compress ``data``; whatever was fed can be read from what was answered."""
        ...


class _Brotli:
    __slots__ = ("_compressor",)

    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=_BROTLI_QUALITY)

    def feed(self, data: bytes, *, is_last: bool) -> bytes:
        part: bytes = self._compressor.process(data)
        rest: bytes = self._compressor.finish() if is_last else self._compressor.flush()
        return part + rest


class _Gzip:
    __slots__ = ("_compressor",)

    def __init__(self) -> None:
        self._compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)

    def feed(self, data: bytes, *, is_last: bool) -> bytes:
        part = self._compressor.compress(data)
        return part + self._compressor.flush(zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH)


_COMPRESSORS: dict[bytes, Callable[[], _Compressor]] = {b"br": _Brotli, b"gzip": _Gzip}


@lru_cache(maxsize=64)
def choose_encoding(accept_encoding: bytes) -> bytes | None:
    """The best encoding that an ``Accept-Encoding`` header allows, or None for none.

    An encoding with ``q=0`` is refused; between the others our own order counts.
    """
    accepted: dict[bytes, bool] = {}
    for part in accept_encoding.lower().split(b","):
        name, _, parameters = part.partition(b";")
        quality = parameters.strip().removeprefix(b"q=").strip()
        accepted[name.strip()] = not quality or quality.strip(b"0.") != b""
    others = accepted.get(b"*", False)
    return next((name for name in _COMPRESSORS if accepted.get(name, others)), None)


class Compression:
    """Chooses whether the answer to a request may be compressed at all."""

    def __init__(self, smallest_bytes: int) -> None:
        self._smallest_bytes = smallest_bytes

    def sender(self, exchange: Exchange) -> Send:
        """The way out for the application's answer."""
        accept_encoding = exchange.headers.get(b"accept-encoding")
        if not self._smallest_bytes or accept_encoding is None or exchange.method == "HEAD":
            return exchange.send
        encoding = choose_encoding(accept_encoding)
        if encoding is None:
            return exchange.send
        return _CompressedSender(exchange, encoding, self._smallest_bytes).send


class _CompressedSender:
    """Holds the start of the answer back until the first part shows whether it is worth it."""

    __slots__ = ("_compressor", "_encoding", "_exchange", "_smallest_bytes", "_start")

    def __init__(self, exchange: Exchange, encoding: bytes, smallest_bytes: int) -> None:
        self._exchange = exchange
        self._encoding = encoding
        self._smallest_bytes = smallest_bytes
        self._start: Message | None = None
        self._compressor: _Compressor | None = None

    async def send(self, message: Message) -> None:
        """Pass ``message`` on, compressed where that pays."""
        kind = message["type"]
        if kind == "http.response.start" and _is_compressible(message):
            self._start = message
            return
        if kind == "http.response.body":
            if self._start is not None:
                await self._begin(self._start, message)
                self._start = None
            if self._compressor is not None:
                is_last = not message.get("more_body", False)
                message["body"] = self._compressor.feed(message.get("body", b""), is_last=is_last)
        await self._exchange.send(message)

    async def _begin(self, start: Message, first: Message) -> None:
        """Send the start of the answer, with the headers that fit its first part."""
        is_whole = not first.get("more_body", False)
        headers = list(start["headers"])
        if not is_whole or len(first.get("body", b"")) >= self._smallest_bytes:
            headers = [
                _weakened(name, value) for name, value in headers if name != b"content-length"
            ]
            headers.append((b"content-encoding", self._encoding))
            compressor = _COMPRESSORS[self._encoding]()
            if is_whole:
                first["body"] = compressor.feed(first["body"], is_last=True)
                headers.append((b"content-length", b"%d" % len(first["body"])))
            else:
                self._compressor = compressor
        headers.append((b"vary", b"Accept-Encoding"))
        start["headers"] = headers
        await self._exchange.send(start)


def _weakened(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A strong ETag promises the very bytes, which are others now."""
    if name == b"etag" and not value.startswith(b"W/"):
        return name, b"W/" + value
    return name, value


def _is_compressible(start: Message) -> bool:
    content_type = b""
    for name, value in start.get("headers", ()):
        if name == b"content-encoding" or (name == b"cache-control" and b"no-transform" in value):
            return False
        if name == b"content-type":
            content_type = value.partition(b";")[0].strip().lower()
    if start["status"] in _BODILESS or content_type == b"text/event-stream":
        return False
    return content_type in _TYPES or content_type.startswith(b"text/")
