"""How pages are made and sent: templates that escape, a strict policy, answers that browsers keep."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Request, Response

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Kept", "page", "render"]

FOLDER = Path(__file__).parent / "templates"

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""No scripts at all, nothing from anywhere else, and nobody may frame it."""


@cache
def _environment() -> Environment:
    # Imported with the first page: the appliance is ready sooner without.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> bytes:
    """The page that a template makes of values, all of which are escaped."""
    return _environment().get_template(template).render(**values).encode()


def page(body: bytes, *, status: int = 200) -> Response[bytes]:
    """A page of this moment, which nobody keeps."""
    headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
    return Response(body, status_code=status, media_type="text/html", headers=headers)


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
