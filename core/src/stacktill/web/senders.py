"""Where a form was sent from, as far as a browser says."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from litestar import Request

__all__ = ["Sender", "sender_of"]

Sender = Literal["here", "elsewhere", "unknown"]
SITES: dict[str, Sender] = {"same-origin": "here", "none": "unknown"}


def sender_of(request: Request[Any, Any, Any]) -> Sender:
    """Whether a page of ours has sent this.

    Browsers say so by Fetch Metadata. Without TLS, except on their own machine, they do not, but they name
    the origin; theirs is ``null`` for a form of a page that sends no Referer. Programs say nothing.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return SITES.get(site, "elsewhere")
    origin = request.headers.get("origin", "null")
    if origin == "null":
        return "unknown"
    return "here" if urlsplit(origin).netloc == request.headers.get("host") else "elsewhere"
