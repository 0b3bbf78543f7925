"""How pages are made and sent: templates that escape, a strict policy, answers that browsers keep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from litestar import Response

from stacktill.web.kept import POLICY, Kept

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Kept", "isolated", "page", "render"]

FOLDER = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    # Imported with the first page: the appliance is ready sooner without.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"isolated": isolated, "query": _query}
    return environment


def isolated(text: str) -> str:
    """Somebody's words within ours: whatever direction they are written in, it ends with them."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def _query(values: Mapping[str, str | None]) -> str:
    """The query string of what is set."""
    return urlencode({name: value for name, value in values.items() if value is not None})


def render(template: str, **values: Any) -> bytes:
    """The page that a template makes of values, all of which are escaped."""
    return _environment().get_template(template).render(**values).encode()


def page(body: bytes, *, status: int = 200) -> Response[bytes]:
    """A page of this moment, which nobody keeps."""
    headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
    return Response(body, status_code=status, media_type="text/html", headers=headers)
