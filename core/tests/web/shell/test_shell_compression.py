"""Which answers leave compressed, and that they can be read again."""

from __future__ import annotations

import zlib
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest

from stacktill.web.shell import ShellSettings, wrap
from stacktill.web.shell.compression import choose_encoding


class Reply:
    """What an application sent, part by part."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.parts: list[bytes] = []

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
        else:
            self.parts.append(message.get("body", b""))

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)


async def ask(
    *parts: bytes, accept: bytes = b"gzip, deflate, br", method: str = "GET", **headers: str
) -> Reply:
    """The answer of an application that sends ``parts`` with ``headers``."""
    lines = [
        (name.replace("_", "-").encode(), value.encode())
        for name, value in {"content_type": "application/json", **headers}.items()
    ]

    async def inner(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        for index, part in enumerate(parts):
            is_last = index == len(parts) - 1
            await send({"type": "http.response.body", "body": part, "more_body": not is_last})

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "method": method, "path": "/", "client": ("::1", 1)}
    reply = Reply()
    app = wrap(inner, ShellSettings())
    await app({**scope, "headers": [(b"accept-encoding", accept)]}, receive, reply.send)
    return reply


LONG = b'{"name": "value"},' * 100


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (b"br", b"br"),
        (b"gzip", b"gzip"),
        (b"gzip, deflate, br", b"br"),
        (b"gzip;q=1.0, br;q=0", b"gzip"),
        (b"br;q=0.000, gzip;q=0.0", None),
        (b"*", b"br"),
        (b"*;q=0", None),
        (b"identity", None),
        (b"", None),
        (b";;,,q=", None),
    ],
)
def test_choice(accept: bytes, expected: bytes | None) -> None:
    assert choose_encoding(accept) == expected


async def test_brotli() -> None:
    reply = await ask(LONG, content_length=str(len(LONG)), etag='"tag"')
    assert reply.headers[b"content-encoding"] == b"br"
    assert reply.headers[b"content-length"] == str(len(reply.body)).encode()
    assert reply.headers[b"vary"] == b"Accept-Encoding"
    assert reply.headers[b"etag"] == b'W/"tag"'
    assert brotli.decompress(reply.body) == LONG


async def test_gzip() -> None:
    reply = await ask(LONG, accept=b"gzip")
    assert reply.headers[b"content-encoding"] == b"gzip"
    assert zlib.decompress(reply.body, 31) == LONG


@pytest.mark.parametrize("accept", [b"br", b"gzip"])
async def test_a_stream_can_be_read_part_by_part(accept: bytes) -> None:
    reply = await ask(b"one,", b"two,", b"", accept=accept, content_type="text/csv")
    assert b"content-length" not in reply.headers
    if accept == b"gzip":
        assert zlib.decompressobj(31).decompress(reply.parts[0]) == b"one,"
        assert zlib.decompress(reply.body, 31) == b"one,two,"
    else:
        assert brotli.Decompressor().process(reply.parts[0]) == b"one,"
        assert brotli.decompress(reply.body) == b"one,two,"


async def test_what_is_left_alone() -> None:
    for reply, expected in [
        (await ask(b"x" * 1000), b"x" * 1000),
        (await ask(LONG, content_type="image/png"), LONG),
        (await ask(LONG, content_encoding="zstd"), LONG),
        (await ask(LONG, cache_control="no-transform"), LONG),
        (await ask(LONG, accept=b"identity"), LONG),
        (await ask(LONG, method="HEAD"), LONG),
        (await ask(LONG, LONG, content_type="text/event-stream"), LONG + LONG),
    ]:
        assert reply.headers.get(b"content-encoding") != b"br"
        assert reply.body == expected
