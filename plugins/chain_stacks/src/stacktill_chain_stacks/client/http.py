"""One HTTP source: bounded in time and size, without redirects, strict about what it answers."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpx
import msgspec

from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks.client.pace import Pace

__all__ = ["AnswerTooLarge", "Http", "NotUnderstood", "Reply", "open_http"]

T = TypeVar("T")

LARGEST_ANSWER_BYTES = 16 * 1_048_576
KEPT_ANSWERS = 64
LARGEST_KEPT_BYTES = 65_536
LONGEST_ETAG = 200
_OK, _NOT_MODIFIED, _BAD_REQUEST, _NOT_FOUND, _TOO_MANY = 200, 304, 400, 404, 429
_ASKED_WRONGLY = (_BAD_REQUEST, 413, 414, 422)


class NotUnderstood(ChainUnavailable):
    """A host that works answers one question in a way that cannot be used."""


class AnswerTooLarge(NotUnderstood):
    """An answer is larger than anybody would take; less may be asked for at once."""


class _TooLarge(ValueError):
    """The same, while it is being read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, the body and its ETag."""

    status: int
    body: bytes
    etag: str | None = None


class Http:
    """A host of Stacks' HTTP interfaces. Everything raises ``ChainUnavailable`` when it fails."""

    def __init__(
        self, client: httpx.AsyncClient, pace: Pace, *, name: str, timeout_seconds: float
    ) -> None:
        self.name = name
        """The host as it is called in messages and logs; without credentials."""
        self.pace = pace
        self._client = client
        self._timeout_seconds = timeout_seconds
        self._kept: OrderedDict[str, Reply] = OrderedDict()

    async def get(self, path: str, kind: type[T], **params: str | int) -> T | None:
        """What a path answers, as ``kind``; None when there is nothing."""
        query = str(httpx.QueryParams(params))
        address = f"{path}?{query}" if query else path
        kept = self._kept.get(address)
        headers = {"If-None-Match": kept.etag} if kept is not None and kept.etag else {}
        reply = await self._ask("GET", address, headers=headers)
        if reply.status == _NOT_FOUND:
            self.pace.worked()
            return None
        if reply.status == _NOT_MODIFIED and kept is not None:
            reply = kept
        elif reply.status in _ASKED_WRONGLY:
            # The host works and our question was wrong: whoever asks such a one must harm nobody else.
            self.pace.worked()
            raise ChainUnavailable(f"{self.name} refuses {path}{_reason(reply)}.")
        elif reply.status != _OK:
            raise self._unusable(path, f"status {reply.status}{_reason(reply)}")
        decoded = self._decoded(path, reply.body, kind)
        self.pace.worked()
        self._keep(address, reply)
        return decoded

    async def post(self, path: str, body: Mapping[str, Any] | bytes, **params: str | int) -> Reply:
        """What a path answers to JSON, or to bytes: 200, 400 or 404, with a body to be read."""
        query = str(httpx.QueryParams(params))
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        reply = await self._ask(
            "POST",
            f"{path}?{query}" if query else path,
            headers={"Content-Type": kind},
            content=content,
        )
        if reply.status not in (_OK, _BAD_REQUEST, _NOT_FOUND):
            raise self._unusable(path, f"status {reply.status}{_reason(reply)}")
        self.pace.worked()
        return reply

    def decoded(self, path: str, reply: Reply, kind: type[T]) -> T:
        """A reply's JSON as ``kind``."""
        return self._decoded(path, reply.body, kind)

    async def _ask(
        self, method: str, address: str, *, headers: Mapping[str, str], content: bytes | None = None
    ) -> Reply:
        await self.pace.turn()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                reply, retry_after = await self._exchange(method, address, headers, content)
        except _TooLarge as error:
            # Anybody can put what is large on the chain: it must not shut the host up for all others.
            raise AnswerTooLarge(f"{self.name} answers too much: {error}.") from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            self.pace.failed()
            words = str(error) or type(error).__name__
            raise ChainUnavailable(f"{self.name} does not answer: {words}.") from error
        if reply.status == _TOO_MANY or reply.status >= 500:
            self.pace.failed(retry_after)
            raise ChainUnavailable(f"{self.name} answers with status {reply.status}.")
        return reply

    async def _exchange(
        self, method: str, address: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[Reply, float | None]:
        async with self._client.stream(
            method, address, headers=headers, content=content
        ) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise ValueError("it compresses although nobody asked for that")
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > LARGEST_ANSWER_BYTES:
                    raise _TooLarge(f"more than {LARGEST_ANSWER_BYTES} bytes")
            reply = Reply(response.status_code, bytes(body), response.headers.get("etag"))
            return reply, _seconds(response.headers.get("retry-after"))

    def _decoded(self, path: str, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._unusable(path, str(error), NotUnderstood) from error

    def _unusable(
        self, path: str, why: str, kind: type[ChainUnavailable] = ChainUnavailable
    ) -> ChainUnavailable:
        """What it said cannot be used: that counts as a failure of the source."""
        self.pace.failed()
        return kind(f"{self.name} answers {path} with something else: {why}.")

    def _keep(self, address: str, reply: Reply) -> None:
        if reply.etag is None or len(reply.body) > LARGEST_KEPT_BYTES:
            return
        # It is sent back: what no header could hold would make every later question fail.
        if len(reply.etag) > LONGEST_ETAG or not (
            reply.etag.isascii() and reply.etag.isprintable()
        ):
            return
        self._kept[address] = reply
        self._kept.move_to_end(address)
        if len(self._kept) > KEPT_ANSWERS:
            self._kept.popitem(last=False)


@asynccontextmanager
async def open_http(
    url: str, *, api_key: str | None, requests_per_minute: float, timeout_seconds: float
) -> AsyncIterator[Http]:
    """A source at a URL, for as long as the context."""
    # A line per request would drown everything else; what fails is told by whoever asked.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if api_key is not None:
        headers["x-api-key"] = api_key
    parsed = httpx.URL(url)
    name = parsed.host if parsed.port is None else f"{parsed.host}:{parsed.port}"
    async with httpx.AsyncClient(
        base_url=url,
        headers=headers,
        timeout=timeout_seconds,
        follow_redirects=False,
        trust_env=False,
        # A source has no session with us: what it wants to be told again would only pile up.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        limits=httpx.Limits(max_connections=8),
    ) as client:
        pace = Pace(name, requests_per_minute)
        yield Http(client, pace, name=name, timeout_seconds=timeout_seconds)


def _reason(reply: Reply) -> str:
    """The start of what an error's body says, fit for a line of a log."""
    words = reply.body[:200].decode("utf-8", "replace")
    return f" ({' '.join(words.split())})" if words.strip() else ""


def _seconds(text: str | None) -> float | None:
    """A Retry-After in seconds; dates are not worth a clock's disagreement."""
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
