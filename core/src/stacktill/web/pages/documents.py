"""``/openapi.json`` and ``/docs``: the API's description for programs and for people."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.web.kept import READING
from stacktill.web.openapi import build_document
from stacktill.web.pages.assets import URLS
from stacktill.web.pages.html import Kept, render
from stacktill.web.pages.reference import read_reference

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["document_routes", "whole_document"]

AnyRequest = Request[Any, Any, Any]


@cache
def whole_document() -> dict[str, Any]:
    """The description of every operation; made once, because it never changes."""
    from stacktill.web.live import LIVE_OPERATION  # All import the routes' machinery,
    from stacktill.web.resources.every import OPERATIONS  # which is only needed for serving.
    from stacktill.web.statements import CSV_OPERATION

    return build_document((*OPERATIONS, LIVE_OPERATION, CSV_OPERATION))


def document_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The document, and the page made of it; both are made at the first request for them."""

    @cache
    def document() -> Kept:
        return Kept(msgspec.json.encode(whole_document()), "application/json")

    @cache
    def reference() -> Kept:
        read = read_reference(whole_document(), appliance.services.public_url)
        body = render("docs.html", reference=read, stylesheet=URLS["docs.css"])
        return Kept(body, "text/html")

    async def serve_document(request: AnyRequest) -> Response[bytes]:
        return document().answer(request)

    async def serve_reference(request: AnyRequest) -> Response[bytes]:
        return reference().answer(request)

    return [
        HTTPRouteHandler(
            "/openapi.json", http_method=READING, name="openapi", include_in_schema=False
        )(serve_document),
        HTTPRouteHandler("/docs", http_method=READING, name="docs", include_in_schema=False)(
            serve_reference
        ),
    ]
