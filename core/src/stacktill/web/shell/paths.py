"""Requests that no route can mean: odd methods, stray slashes, control characters."""

from __future__ import annotations

import re

from stacktill.web.errors import Answer, answer_unrecognized_url
from stacktill.web.shell.asgi import Exchange

__all__ = ["Paths"]

# OPTIONS is not among them: preflights are answered before, and nothing else may ask.
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
_CONTROL = re.compile("[\x00-\x1f\x7f]")


class Paths:
    """Keeps from the router what it would take too kindly.

    ``/v1/customers/`` is a look-up with an empty id, not the list of all customers, so it must
    not be found; a NUL in an id would reach the database.
    """

    def __init__(self, api_paths: tuple[str, ...]) -> None:
        self._api_paths = api_paths

    def check(self, exchange: Exchange) -> Answer | None:
        """The refusal, or None if the router may look for a route."""
        path = exchange.path
        if (
            exchange.method not in _METHODS
            or _CONTROL.search(path)
            or "//" in path  # The router would read it as a single one.
            or (path[-1:] == "/" and path.startswith(self._api_paths))
        ):
            return answer_unrecognized_url(exchange.method, path)
        return None
