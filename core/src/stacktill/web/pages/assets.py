"""Style sheets, scripts and icons, under names with a digest of their content: browsers may keep them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.domain.errors import NotFound
from stacktill.web.kept import READING
from stacktill.web.pages.html import Kept

__all__ = ["FOR_EVER", "URLS", "asset_routes"]

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".png": "image/png"}
ASIDES = re.compile(rb"^[ \t]*(?://[^\n]*\n|/\*[^\n]*\*/\n|\n)|^[ \t]+", re.MULTILINE)
"""What stands in a line for whoever reads the source: comments, and the space before everything."""
SIBLING = re.compile(rb'"\./([a-z-]+\.js)"')
FOR_EVER = "public, max-age=31536000, immutable"


def _named() -> dict[str, tuple[str, bytes]]:
    """Each file's name with a digest and its bytes, by its plain name."""
    named: dict[str, tuple[str, bytes]] = {}
    for path in sorted(path for path in FOLDER.iterdir() if path.suffix in TYPES):
        _name(path, named)
    return named


def _name(path: Path, named: dict[str, tuple[str, bytes]]) -> str:
    """A file's name with the digest of what is served, which names the modules that it imports."""
    if path.name not in named:
        body = path.read_bytes()
        if path.suffix in (".css", ".js"):
            body = ASIDES.sub(b"", body)
        if path.suffix == ".js":
            body = SIBLING.sub(
                lambda found: f'"./{_name(FOLDER / found[1].decode(), named)}"'.encode(), body
            )
        digest = hashlib.sha256(body).hexdigest()[:16]
        named[path.name] = (f"{path.stem}.{digest}{path.suffix}", body)
    return named[path.name][0]


_FILES = _named()

URLS: dict[str, str] = {plain: f"/assets/{name}" for plain, (name, _) in _FILES.items()}
"""Where each file is served, by its plain name."""


def asset_routes() -> list[HTTPRouteHandler]:
    """The route of all these files."""
    kept = {
        name: Kept(body, TYPES[Path(name).suffix], cache_control=FOR_EVER)
        for name, body in _FILES.values()
    }

    async def serve(request: Request[Any, Any, Any]) -> Response[bytes]:
        name = request.path_params["name"]
        if name not in kept:
            raise NotFound("There is no such file.")
        return kept[name].answer(request)

    route = HTTPRouteHandler(
        "/assets/{name:str}", http_method=READING, name="assets", include_in_schema=False
    )
    return [route(serve)]
