"""``/v1/events``: the log of facts, newest first by id, or oldest first by position (ours)."""

from __future__ import annotations

from typing import Any

from stacktill.application import events as use_cases
from stacktill.application.lookup import named
from stacktill.application.undelivered import DeliveredEvents
from stacktill.application.views.events import event_view
from stacktill.application.views.resources import list_view
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.events import Event
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, Pages, created_bounds, find_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Boolean, Integer, ListOf, Text
from stacktill.web.resources.shared import reference

__all__ = ["OPERATIONS"]

URL = "/v1/events"
MAX_TYPES = 20

LIST = list_params(
    {
        "after_position": Integer(
            minimum=0,
            description="Read the log oldest first, after this position (in place of id cursors).",
        ),
        "delivery_success": Boolean(
            description="Only those whose webhooks all arrived; false: with one that did not."
        ),
        "related_object": reference("Only events of this object."),
        "type": Text(max_length=100, description="Only this type; payment_intent.* is a group."),
        "types": ListOf(Text(max_length=100), max_items=MAX_TYPES, description="Only these types."),
    },
    exclusive=(
        ("type", "types"),
        ("after_position", "starting_after"),
        ("after_position", "ending_before"),
        ("after_position", "delivery_success"),
    ),
)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    event = named(uow.events, ask.caller, ask.id, kind="event")
    pending = use_cases.pending_webhooks(uow, ask.caller, (event,))
    return event_view(event, pending_webhooks=pending[event.id])


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    if "after_position" in ask.params:
        return _log(uow, ask)
    table: Pages[Event] = uow.events
    if "delivery_success" in ask.params:
        succeeded = ask.params["delivery_success"]
        table = DeliveredEvents(uow, ask.caller, succeeded=succeeded)
    page, has_more = find_page(table, ask, Listing(URL, "event", _where(ask)))
    return list_view(URL, _views(uow, ask, page), has_more=has_more)


def _log(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    """A page of the log in its own order; ``next_position`` is where to go on."""
    limit, start = ask.params["limit"], ask.params["after_position"]
    where = {**_where(ask), **created_bounds(ask.params.get("created"))}
    found = use_cases.after_position(uow, ask.caller, start, where=where, limit=limit + 1)
    page = found[:limit]
    view = list_view(URL, _views(uow, ask, page), has_more=len(found) > limit)
    return {**view, "next_position": page[-1].position if page else start}


def _views(uow: UnitOfWork, ask: Ask, events: list[Event]) -> list[dict[str, Any]]:
    pending = use_cases.pending_webhooks(uow, ask.caller, events)
    return [event_view(event, pending_webhooks=pending[event.id]) for event in events]


def _where(ask: Ask) -> dict[str, Any]:
    where: dict[str, Any] = {}
    if "related_object" in ask.params:
        where["object_id"] = ask.params["related_object"]
    if "type" in ask.params:
        where["type"] = use_cases.matching_types(ask.params["type"])
    if "types" in ask.params:
        for number, name in enumerate(ask.params["types"]):
            if "*" in name:
                raise InvalidParameter(
                    f"Invalid types[{number}]: {name}. A group with * goes into type, alone.",
                    param=f"types[{number}]",
                )
        where["type"] = ask.params["types"]
    return where


OPERATIONS = (
    Operation(
        method="GET",
        path=URL,
        name="events.list",
        summary="List events",
        resource="events",
        returns="list:event",
        params=LIST,
        run=_list,
        long=True,
    ),
    Operation(
        method="GET",
        path=f"{URL}/{{id}}",
        name="events.retrieve",
        summary="Retrieve an event",
        resource="events",
        returns="event",
        run=_retrieve,
    ),
)
