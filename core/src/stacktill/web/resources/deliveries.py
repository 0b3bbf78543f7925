"""Deliveries of a webhook endpoint (ours): their log, and sending again by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacktill.application.deliveries import attempts_of
from stacktill.application.lookup import named
from stacktill.application.redelivery import redeliver, replay_range
from stacktill.application.views.deliveries import delivery_view
from stacktill.application.views.resources import list_view
from stacktill.domain.webhooks import DELIVERY_STATUSES
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, find_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Enum, Integer, Params
from stacktill.web.resources.shared import reference

__all__ = ["OPERATIONS"]

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

ENDPOINT = "/v1/webhook_endpoints/{id}"

LIST = list_params(
    {
        "event": reference("Only the deliveries of this event."),
        "status": Enum(DELIVERY_STATUSES, description="Only those of this status."),
    },
    created=False,
)

REPLAY = Params(
    {
        "after_position": Integer(
            minimum=0, required=True, description="Send what came after this place in the log."
        ),
        "until_position": Integer(minimum=0, description="Send nothing after this place."),
    }
)


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    endpoint = named(
        uow.webhook_endpoints, ask.caller, ask.id, kind="webhook_endpoint", param="webhook_endpoint"
    )
    where = {"subscriber": endpoint.id}
    if "event" in ask.params:
        where["event_id"] = ask.params["event"]
    if "status" in ask.params:
        where["status"] = ask.params["status"]
    url = ENDPOINT.format(id=endpoint.id) + "/deliveries"
    page, has_more = find_page(uow.deliveries, ask, Listing(url, "webhook_delivery", where))
    attempts = attempts_of(uow, page)
    views = [delivery_view(delivery, attempts[delivery.id]) for delivery in page]
    return list_view(url, views, has_more=has_more)


def _redeliver(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return delivery_view(redeliver(uow, ask.services, ask.caller, ask.params["event"], ask.id))


def _replay(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    replayed = replay_range(
        uow,
        ask.services,
        ask.caller,
        ask.id,
        after_position=ask.params["after_position"],
        until_position=ask.params.get("until_position"),
    )
    return {
        "object": "webhook_replay",
        "next_position": replayed.next_position,
        "queued": len(replayed.deliveries),
        "webhook_endpoint": ask.id,
    }


def _wake(appliance: Appliance, ask: Ask) -> None:
    appliance.dispatcher.wake(ask.id)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=ENDPOINT + path,
        name=f"webhook_endpoints.{name}",
        summary=summary,
        resource="webhook_endpoints",
        **more,
    )


OPERATIONS = (
    _operation(
        "GET",
        "/deliveries",
        "deliveries",
        "List an endpoint's deliveries with their attempts",
        params=LIST,
        returns="list:webhook_delivery",
        run=_list,
        long=True,
    ),
    _operation(
        "POST",
        "/redeliver",
        "redeliver",
        "Send one event to an endpoint again",
        params=Params({"event": reference("The event to send.", required=True)}),
        returns="webhook_delivery",
        run=_redeliver,
        after=_wake,
    ),
    _operation(
        "POST",
        "/replay",
        "replay",
        "Send the next part of the log to an endpoint again",
        params=REPLAY,
        returns="webhook_replay",
        run=_replay,
        after=_wake,
    ),
)
