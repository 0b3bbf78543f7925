"""The API version that a client names, and what it may look like."""

from __future__ import annotations

import re

from stacktill.web.errors import Answer, answer_status
from stacktill.web.shell.asgi import Exchange

__all__ = ["Versions"]

_WELL_FORMED = re.compile(rb"\d{4}-\d{2}-\d{2}(?:\.[a-z][a-z0-9_]{0,30})?")
_SHOWN_CHARACTERS = 60


class Versions:
    """Echoes ``Stripe-Version``; later versions are welcome, or the next SDK would not work."""

    def __init__(self, default_version: str) -> None:
        self._default = default_version.encode("ascii")

    def check(self, exchange: Exchange) -> Answer | None:
        """Note the version for the answer and in ``scope["state"]["api_version"]``."""
        version = exchange.headers.get(b"stripe-version", self._default)
        refusal = None
        if not _WELL_FORMED.fullmatch(version):
            shown = version[:_SHOWN_CHARACTERS].decode("latin-1")
            refusal = answer_status(400, f"Invalid Stripe API version: {shown}")
            version = self._default
        exchange.scope["state"]["api_version"] = version.decode("ascii")
        exchange.added_headers.append((b"stripe-version", version))
        return refusal
