"""The shapes of ASGI, and what the shell knows about one request while it is served."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from stacktill.web.errors import Answer
from stacktill.web.shell.keys import digest_of

__all__ = [
    "ASGIApp",
    "Exchange",
    "InnerApp",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "accept_key",
    "exchange_of",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
InnerApp = Callable[[Any, Any, Any], Awaitable[None]]
"""Any ASGI application, whatever types it uses for its arguments."""

_STATE_KEY = "shell"


class Exchange:
    """One request and its answer, as far as the shell is concerned.

    It also passes the answer on: ``send`` puts the shell's headers on whatever leaves.
    """

    __slots__ = (
        "_digest",
        "_dress",
        "_send",
        "added_headers",
        "client_address",
        "credential",
        "headers",
        "key_accepted",
        "method",
        "path",
        "request_id",
        "scope",
        "started_at",
        "status",
    )

    def __init__(
        self, scope: Scope, send: Send, dress: Callable[[Exchange, Any], list[Any]]
    ) -> None:
        self.started_at = time.perf_counter()
        self.scope = scope
        # Of a repeated header the last one counts here; the server refuses the repeats that matter.
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.method: str = scope["method"]
        # Litestar rewrites the scope's path while it routes, so the sent one is kept.
        self.path: str = scope["path"]
        self.request_id = ""
        self.client_address = ""
        self.credential: str | None = None
        self._digest: bytes | None = None
        self.key_accepted = False
        self.status: int | None = None
        self.added_headers: list[tuple[bytes, bytes]] = []
        self._send = send
        self._dress = dress
        scope.setdefault("state", {})[_STATE_KEY] = self

    @property
    def key_digest(self) -> bytes | None:
        """The digest of the presented key, made when it is first asked for."""
        if self._digest is None and self.credential is not None:
            self._digest = digest_of(self.credential)
        return self._digest

    def send(self, message: Message) -> Awaitable[None]:
        """Pass ``message`` on; the start of the answer gets the shell's headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = self._dress(self, message.get("headers", ()))
        return self._send(message)

    async def answer(self, answer: Answer) -> None:
        """Send a whole answer."""
        await self.send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await self.send({"type": "http.response.body", "body": answer.body})


def exchange_of(scope: Mapping[str, Any]) -> Exchange:
    """What the shell knows about the request of a scope that it has passed on."""
    exchange: Exchange = scope["state"][_STATE_KEY]
    return exchange


def accept_key(scope: Mapping[str, Any]) -> None:
    """Tell the shell that the request's API key is a real one; the authentication calls it.

    From then on this key has a rate limit of its own. Until then, and again after an answer 401,
    its requests count for the client's address, so that made-up keys do not dodge the limit.
    """
    exchange_of(scope).key_accepted = True
