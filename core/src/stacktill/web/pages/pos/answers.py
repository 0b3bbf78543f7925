"""What the pages of a point of sale answer with."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from stacktill.domain.errors import Forbidden, NotFound, RequestError, Unauthenticated
from stacktill.plugin.storage import StorageUnavailable
from stacktill.web.errors import answer_refusal
from stacktill.web.pages import money
from stacktill.web.pages.assets import URLS
from stacktill.web.pages.html import render
from stacktill.web.pages.i18n.languages import choose_language
from stacktill.web.pages.i18n.tongue import tongue

__all__ = ["POLICY", "lead_to", "pos_page", "pos_problem"]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'none'"
)
SEE_OTHER = 303

AnyRequest = Request[Any, Any, Any]


def pos_page(
    request: AnyRequest, template: str, *, status: int = 200, **values: Any
) -> Response[bytes]:
    """A template's page in the language of the phone, which nobody keeps."""
    asked = request.query_params.get("lang")
    speaker = tongue(choose_language(asked, None, request.headers.get("accept-language")))
    body = render(
        f"pos/{template}",
        say=speaker,
        _=speaker.gettext,
        ngettext=speaker.ngettext,
        language=speaker.language,
        assets=URLS,
        money=money,
        **values,
    )
    headers = {
        "content-security-policy": POLICY,
        "cache-control": "no-store",
        "content-language": speaker.language.code,
        # With none at all, browsers without TLS would not say where a form comes from.
        "referrer-policy": "same-origin",
    }
    return Response(body, status_code=status, media_type="text/html", headers=headers)


def lead_to(path: str) -> Response[bytes]:
    """Lead to another page of the terminal."""
    headers = {"location": path, "cache-control": "no-store"}
    return Response(b"", status_code=SEE_OTHER, media_type="text/html", headers=headers)


def pos_problem(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Any failure as a page that says what to do."""
    status = 503 if isinstance(error, StorageUnavailable) else answer_refusal(error).status
    kind = "other"
    if isinstance(error, Unauthenticated):
        kind = "unpaired"
    elif isinstance(error, Forbidden):
        kind = "forbidden"
    elif isinstance(error, NotFound):
        kind = "missing"
    elif isinstance(error, RequestError):
        kind = "refused"
    return pos_page(request, "problem.html", status=status, kind=kind, brand_url=None)
