"""Request bodies: not compressed, not too large, not for ever on their way."""

from __future__ import annotations

import asyncio

from stacktill.domain.errors import BodyTooLarge, RequestError
from stacktill.web.errors import BodyTimedOut, ClientGone, UnsupportedEncoding
from stacktill.web.shell.asgi import Exchange, Message, Receive

__all__ = ["BodyLimits"]


class BodyLimits:
    """Decides which requests may have a body and hands out readers that count it."""

    def __init__(self, max_bytes: int, timeout_seconds: float) -> None:
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds

    def check(self, exchange: Exchange) -> RequestError | None:
        """The refusal of what the headers alone give away."""
        headers = exchange.headers
        if headers.get(b"content-encoding", b"identity").lower() not in (b"identity", b""):
            return UnsupportedEncoding(
                "Compressed request bodies are not accepted. "
                "Send the body without Content-Encoding."
            )
        if self._announced_bytes(headers) > self._max_bytes:
            return too_large(self._max_bytes)
        return None

    def reader(self, exchange: Exchange, receive: Receive) -> Receive:
        """``receive`` itself for a request without a body, else one that holds the limits."""
        headers = exchange.headers
        if (
            b"transfer-encoding" not in headers
            and self._announced_bytes(headers) == 0
            and exchange.scope.get("http_version", "1.1") in ("1.1", "1.0")
        ):
            return receive
        return _BodyReader(receive, self._max_bytes, self._timeout_seconds).receive

    @staticmethod
    def _announced_bytes(headers: dict[bytes, bytes]) -> int:
        length = headers.get(b"content-length")
        # Digits only, or Python would take spaces, signs and underscores as well.
        return int(length) if length is not None and length.isdigit() and len(length) < 20 else 0


def too_large(max_bytes: int) -> BodyTooLarge:
    """The refusal of a body beyond ``max_bytes``."""
    return BodyTooLarge(f"The request body is too large. It may have at most {max_bytes} bytes.")


class _BodyReader:
    """Counts the bytes that really arrive, whatever the headers said, against one deadline."""

    __slots__ = ("_count", "_deadline", "_is_done", "_max_bytes", "_receive", "_timeout_seconds")

    def __init__(self, receive: Receive, max_bytes: int, timeout_seconds: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds
        self._deadline: float | None = None
        self._count = 0
        self._is_done = False

    async def receive(self) -> Message:
        """The next part of the body; after the last one whatever the server says."""
        if self._is_done:
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._timeout_seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise BodyTimedOut(
                f"The request body did not arrive within {self._timeout_seconds:g} seconds."
            ) from None
        if message["type"] != "http.request":
            raise ClientGone("The connection closed before the request body was complete.")
        self._count += len(message.get("body", b""))
        if self._count > self._max_bytes:
            raise too_large(self._max_bytes)
        self._is_done = not message.get("more_body", False)
        return message
