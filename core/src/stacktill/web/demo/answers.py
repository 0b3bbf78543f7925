"""How the demo shop answers: its own templates, files with lasting names, a strict policy."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from litestar import Response

from stacktill.web.demo.goods import GOODS
from stacktill.web.demo.highlighting import as_curl, as_json
from stacktill.web.kept import Kept
from stacktill.web.pages.i18n.languages import LANGUAGES, Language
from stacktill.web.pages.i18n.tongue import tongue

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["FILES", "demo_page", "see_other"]

FOLDER = Path(__file__).parent
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"
SEE_OTHER = 303

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self' {public}; frame-ancestors 'none'; "
    "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""As strict as a shop can be. The public origin is there for the redirect to a page of its own."""


def _named() -> dict[str, tuple[str, Kept]]:
    named = {}
    for path in sorted((FOLDER / "static").iterdir()):
        if path.suffix in TYPES:
            body = path.read_bytes()
            digest = hashlib.sha256(body).hexdigest()[:16]
            kept = Kept(body, TYPES[path.suffix], cache_control=FOR_EVER)
            named[path.name] = (f"{path.stem}.{digest}{path.suffix}", kept)
    return named


_NAMED = _named()
FILES: dict[str, Kept] = dict(_NAMED.values())
"""Each file by the name that it is served under, which holds a digest of its content."""
URLS = {plain: f"/demo/static/{name}" for plain, (name, _) in _NAMED.items()}


@cache
def _environment() -> Environment:
    # Imported with the first page: the appliance is ready sooner without.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"as_json": as_json, "as_curl": as_curl}
    environment.globals |= {"assets": URLS, "goods": GOODS, "languages": LANGUAGES.values()}
    return environment


def demo_page(
    template: str, language: Language, *, public_url: str, status: int = 200, **values: Any
) -> Response[bytes]:
    """A page of this moment, for this visitor alone, in their language."""
    parts = urlsplit(public_url)
    policy = POLICY.format(public=f"{parts.scheme}://{parts.netloc}")
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        # With none at all, browsers would not say where a form comes from.
        "referrer-policy": "same-origin",
        "x-robots-tag": "noindex",
        "content-language": language.code,
    }
    say = tongue(language)
    words = {"language": language, "say": say, "_": say.gettext}
    body = _environment().get_template(template).render(**words, **values).encode()
    return Response(body, status_code=status, media_type="text/html", headers=headers)


def see_other(location: str) -> Response[bytes]:
    """After a form: go and look there."""
    headers = {"location": location, "cache-control": "no-store"}
    return Response(b"", status_code=SEE_OTHER, media_type="text/html", headers=headers)
