"""``/v1/stacktill.js``: the module that puts the checkout into a shop's page, and its types."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.web.kept import READING, Kept

__all__ = ["FOLDER", "MODULE_PATH", "PINNED_PATH", "TYPES_PATH", "embed_routes"]

FOLDER = Path(__file__).parent / "static"
MODULE_PATH = "/v1/stacktill.js"
TYPES_PATH = "/v1/stacktill.d.ts"
FOR_EVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300, stale-while-revalidate=86400"

_MODULE = (FOLDER / "stacktill.js").read_bytes()
PINNED_PATH = f"/v1/stacktill.{hashlib.sha256(_MODULE).hexdigest()[:16]}.js"
"""These very bytes, for shops that name their digest in ``integrity``; gone with the next version."""

# Any site may import it: there is nothing of anybody in it.
SHARED = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-typescript-types": TYPES_PATH,
}


def embed_routes() -> list[HTTPRouteHandler]:
    """The module under its lasting name, under the name of its content, and its types."""
    types = (FOLDER / "stacktill.d.ts").read_bytes()
    lasting = Kept(_MODULE, "text/javascript", cache_control=A_WHILE)
    pinned = Kept(_MODULE, "text/javascript", cache_control=FOR_EVER)
    return [
        _route("embed.module", MODULE_PATH, lasting),
        _route("embed.pinned", PINNED_PATH, pinned),
        _route("embed.types", TYPES_PATH, Kept(types, "text/plain", cache_control=A_WHILE)),
    ]


def _route(name: str, path: str, kept: Kept) -> HTTPRouteHandler:
    async def serve(request: Request[Any, Any, Any]) -> Response[bytes]:
        answer = kept.answer(request)
        answer.headers.update(SHARED)
        if path == MODULE_PATH:
            answer.headers["content-location"] = PINNED_PATH
        return answer

    return HTTPRouteHandler(path, http_method=READING, name=name, include_in_schema=False)(serve)
