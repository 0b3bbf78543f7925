"""Lists and searches: newest first, one page at a time, by keys and never by counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from stacktill.application.lookup import Owned
from stacktill.application.views.resources import list_view
from stacktill.domain.errors import InvalidParameter
from stacktill.plugin.storage import Where
from stacktill.web.api.operation import Ask
from stacktill.web.params import Integer, Parameter, Params, Range, Text

__all__ = [
    "ID_LENGTH",
    "PAGING",
    "Listing",
    "Pages",
    "created_bounds",
    "find_page",
    "list_page",
    "list_params",
]

T = TypeVar("T", bound=Owned)

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
ID_LENGTH = 100
PAGING = frozenset({"limit", "starting_after", "ending_before"})
"""The parameters that choose a page; every list has an index by which its pages are found at once."""

Groups = tuple[tuple[str, ...], ...]


class Pages(Protocol[T]):
    """What a list is read from: a table, or something that picks from one."""

    def get(self, id: str) -> T | None:
        """The object of that id, or None."""
        ...

    def find(
        self, where: Where, *, order: str = "id", descending: bool = False, limit: int = 100
    ) -> list[T]:
        """The first ``limit`` objects that meet all conditions, in the order of one column."""
        ...


def list_params(
    filters: Mapping[str, Parameter] | None = None,
    *,
    created: bool = True,
    exclusive: Groups = (),
) -> Params:
    """The parameters of a list: its own filters, and those that every list has."""
    common: dict[str, Parameter] = {
        "limit": Integer(
            minimum=1, maximum=MAX_LIMIT, default=DEFAULT_LIMIT, description="Objects per page."
        ),
        "starting_after": Text(max_length=ID_LENGTH, description="The id after which to go on."),
        "ending_before": Text(max_length=ID_LENGTH, description="The id before which to stop."),
    }
    if created:
        common["created"] = Range(description="When it was created, in Unix seconds.")
    cursors = ("starting_after", "ending_before")
    return Params({**(filters or {}), **common}, exclusive=(cursors, *exclusive))


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: the collection's URL, the kind of object, and the columns filtered by."""

    url: str
    kind: str
    where: Mapping[str, str | int | bool | None]


def list_page(
    table: Pages[T], ask: Ask, listing: Listing, view: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    """One page of the caller's objects, as it is answered."""
    page, has_more = find_page(table, ask, listing)
    return list_view(listing.url, [view(item) for item in page], has_more=has_more)


def find_page(table: Pages[T], ask: Ask, listing: Listing) -> tuple[list[T], bool]:
    """The objects of one page, newest first, and whether there are more beyond it."""
    params = ask.params
    limit = params.get("limit", DEFAULT_LIMIT)
    where: dict[str, Any] = {
        "merchant_id": ask.caller.merchant_id,
        "livemode": ask.caller.livemode,
        **listing.where,
        **created_bounds(params.get("created")),
    }
    before, after = params.get("ending_before"), params.get("starting_after")
    if before is not None:
        _check_cursor(table, ask, before, listing.kind, "ending_before")
        where["id >"] = before
    if after is not None:
        _check_cursor(table, ask, after, listing.kind, "starting_after")
        where["id <"] = after
    # A page before a cursor is read upwards from it, and shown newest first like any other.
    found = table.find(where, order="id", descending=before is None, limit=limit + 1)
    page = found[:limit]
    if before is not None:
        page.reverse()
    return page, len(found) > limit


def _check_cursor(table: Pages[T], ask: Ask, id: str, kind: str, param: str) -> None:
    item = table.get(id)
    mine = (ask.caller.merchant_id, ask.caller.livemode)
    if item is None or (item.merchant_id, item.livemode) != mine:
        raise InvalidParameter(f"No such {kind}: '{id}'", code="resource_missing", param=param)


def created_bounds(bounds: dict[str, int] | None) -> dict[str, int]:
    """The conditions of a ``created`` filter."""
    signs = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    return {f"created {signs[name]}": value for name, value in (bounds or {}).items()}
