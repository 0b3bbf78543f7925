"""Answers that stay the same while the process runs, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from typing import Any

from litestar import Request, Response
from litestar.types import Method

__all__ = ["POLICY", "READING", "Kept"]

READING: tuple[Method, ...] = ("GET", "HEAD")
"""How pages are read: whoever checks a link, or previews it, asks for the head alone."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""No scripts at all, nothing from anywhere else, and nobody may frame it."""


class Kept:
    """Bytes that stay the same while the process runs; browsers ask only whether they still do."""

    def __init__(self, body: bytes, media_type: str, *, cache_control: str = "no-cache") -> None:
        self._body = body
        self._media_type = media_type
        digest = hashlib.sha256(body).hexdigest()[:32]
        self._headers = {
            "etag": f'"{digest}"',
            "cache-control": cache_control,
            "content-security-policy": POLICY,
        }

    def answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """The bytes, or 304 when the browser has them already."""
        known = request.headers.get("if-none-match", "")
        if self._headers["etag"] in (each.strip().removeprefix("W/") for each in known.split(",")):
            return Response(b"", status_code=304, headers=self._headers)
        return Response(self._body, media_type=self._media_type, headers=self._headers)
