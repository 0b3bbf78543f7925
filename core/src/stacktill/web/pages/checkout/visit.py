"""One visit to the payer's page: its language, its frame, and the words that every template may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response

from stacktill.web.embed.framing import Framing, framing_of
from stacktill.web.pages import money
from stacktill.web.pages.assets import URLS
from stacktill.web.pages.html import render
from stacktill.web.pages.i18n.languages import LANGUAGES, choose_language, wanted_language
from stacktill.web.pages.i18n.tongue import Tongue, tongue

__all__ = ["Visit"]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "
)
"""Our own script and style files only, no text that becomes a script, and frames as the store says."""


@dataclass(frozen=True, slots=True)
class Visit:
    """How one request wants a page, whatever the page shows.

    ``carried`` is what its address said that is known here, kept on all of its links.
    """

    tongue: Tongue
    framing: Framing
    carried: Mapping[str, str]

    @classmethod
    def of(
        cls,
        request: Request[Any, Any, Any],
        *,
        locale: str | None = None,
        allowed_origins: tuple[str, ...] = (),
    ) -> Visit:
        """The visit that a request makes to a store with that list of origins."""
        query = request.query_params
        asked = wanted_language(query.get("lang"))
        accepted = request.headers.get("accept-language")
        framing = framing_of(allowed_origins, query.get("embed"), query.get("origin"))
        carried = {} if asked is None else {"lang": asked.code}
        if framing.parent is not None:
            carried |= {"embed": query["embed"], "origin": framing.parent}
        return cls(tongue(asked or choose_language(None, locale, accepted)), framing, carried)

    def url(self, path: str, **more: str) -> str:
        """A path of ours with what this visit carries along."""
        query = urlencode({**self.carried, **more})
        return f"{path}?{query}" if query else path

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response[bytes]:
        """A template's page in the visitor's language, which nobody keeps."""
        body = render(
            f"checkout/{template}",
            visit=self,
            say=self.tongue,
            _=self.tongue.gettext,
            ngettext=self.tongue.ngettext,
            language=self.tongue.language,
            languages=LANGUAGES.values(),
            assets=URLS,
            money=money,
            **values,
        )
        headers = {
            "content-security-policy": POLICY + self.framing.ancestors,
            "cache-control": "no-store",
            "content-language": self.tongue.language.code,
            **self.framing.headers,
        }
        return Response(body, status_code=status, media_type="text/html", headers=headers)
