"""Search: Stripe's query language, answered from indexes."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from stacktill.application.search_query import parse_query
from stacktill.application.views.any import view_of
from stacktill.domain.errors import InvalidParameter
from stacktill.plugin.storage import Search, UnitOfWork
from stacktill.web.api.lists import DEFAULT_LIMIT, MAX_LIMIT
from stacktill.web.api.operation import Ask
from stacktill.web.params import Integer, Params, Text

__all__ = ["search_page", "search_params"]

QUERY_LENGTH = 2_000


def search_params() -> Params:
    """The parameters of every search."""
    return Params(
        {
            "query": Text(
                required=True,
                max_length=QUERY_LENGTH,
                description="Such as: status:'succeeded' AND metadata['order']:'7'",
            ),
            "limit": Integer(minimum=1, maximum=MAX_LIMIT, default=DEFAULT_LIMIT),
            "page": Text(max_length=200, description="The next_page of the page before."),
        }
    )


def search_page(uow: UnitOfWork, ask: Ask, table: str, fields: tuple[str, ...]) -> dict[str, Any]:
    """One page of what a query finds, newest first."""
    limit = ask.params["limit"]
    clauses, any_clause = parse_query(ask.params["query"], fields)
    query = Search(
        merchant_id=ask.caller.merchant_id,
        livemode=ask.caller.livemode,
        clauses=clauses,
        any_clause=any_clause,
        limit=limit + 1,
        before_id=_open(ask.params.get("page")),
    )
    ids = uow.search(table, query)
    views = [view_of(uow, ask.services, ask.caller, id) for id in ids[:limit]]
    has_more = len(ids) > limit
    return {
        "object": "search_result",
        "data": [view for view in views if view is not None],
        "has_more": has_more,
        "next_page": _seal(ids[limit - 1]) if has_more else None,
        "url": f"/v1/{table}/search",
    }


def _seal(id: str) -> str:
    return base64.urlsafe_b64encode(id.encode()).decode().rstrip("=")


def _open(page: str | None) -> str | None:
    if page is None:
        return None
    try:
        text = base64.urlsafe_b64decode(page + "=" * (-len(page) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        text = ""
    if not text.replace("_", "").isalnum():
        raise InvalidParameter(
            "Invalid page: send the next_page of the page before it.", param="page"
        )
    return text
