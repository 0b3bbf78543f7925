"""Cross-origin requests from browsers, allowed by a list of origins."""

from __future__ import annotations

import re

from stacktill.web.errors import Answer
from stacktill.web.shell.asgi import Exchange
from stacktill.web.shell.settings import CorsSettings

__all__ = ["Cors"]

_EXPOSED = (
    b"Request-Id, Stripe-Version, Stripe-Should-Retry, Stripe-Rate-Limited-Reason, Retry-After, "
    b"Idempotency-Key, Idempotent-Replayed, Original-Request"
)
_METHODS = b"GET, POST, DELETE"
_HEADER_LIST = re.compile(rb"[A-Za-z0-9, _-]{1,1000}")


class Cors:
    """Answers preflights and adds the headers that let a page read the answer.

    Credentials are never allowed: an API key in a header is all that counts on these paths.
    """

    def __init__(self, settings: CorsSettings) -> None:
        self._every = "*" in settings.allowed_origins
        self._origins = frozenset(
            origin.rstrip("/").lower().encode("ascii") for origin in settings.allowed_origins
        )
        self._paths = settings.paths
        self._shared_paths = settings.shared_paths
        self._max_age = b"%d" % settings.max_age_seconds

    def check(self, exchange: Exchange) -> Answer | None:
        """The answer to a preflight; for other requests adds headers and lets them through."""
        if not self._origins or not exchange.path.startswith(self._paths):
            return None
        if exchange.path.startswith(self._shared_paths):
            return None
        if not self._every:
            exchange.added_headers.append((b"vary", b"Origin"))
        origin = exchange.headers.get(b"origin")
        if origin is None:
            return None
        is_allowed = self._every or origin.lower() in self._origins
        if is_allowed:
            allowed = b"*" if self._every else origin
            exchange.added_headers.append((b"access-control-allow-origin", allowed))
        wanted_method = b"access-control-request-method"
        if exchange.method == "OPTIONS" and wanted_method in exchange.headers:
            return Answer(204, self._preflight_headers(exchange) if is_allowed else [], b"")
        if is_allowed:
            exchange.added_headers.append((b"access-control-expose-headers", _EXPOSED))
        return None

    def _preflight_headers(self, exchange: Exchange) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-max-age", self._max_age),
        ]
        wanted = exchange.headers.get(b"access-control-request-headers", b"")
        if _HEADER_LIST.fullmatch(wanted):
            headers.append((b"access-control-allow-headers", wanted))
        return headers
