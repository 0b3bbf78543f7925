"""The headers that every answer carries, so that a browser takes nothing for what it is not."""

from __future__ import annotations

from collections.abc import Iterable

from stacktill.web.shell.asgi import Exchange

__all__ = ["ResponseHeaders"]

_API_POLICY = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"


class ResponseHeaders:
    """Adds the request's own headers and, where a route set none of its own, the safe ones."""

    def __init__(self, strict_transport_seconds: int) -> None:
        self._safe = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"content-security-policy", _API_POLICY),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]
        if strict_transport_seconds:
            value = b"max-age=%d" % strict_transport_seconds
            self._safe.append((b"strict-transport-security", value))

    def dress(
        self, exchange: Exchange, headers: Iterable[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        """``headers`` of an answer with all that belongs to it."""
        dressed = list(headers)
        present = dict(dressed)
        dressed += exchange.added_headers
        for line in self._safe:
            if line[0] not in present:
                dressed.append(line)
        # What an API answers is for the one who asked with a key, not for caches on the way.
        if b"cache-control" not in present and present.get(b"content-type", b"").startswith(
            b"application/json"
        ):
            dressed.append((b"cache-control", b"no-store"))
        return dressed
