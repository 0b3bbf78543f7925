"""``/v1/operator/…``: what this machine's own commands may do, over all stores of the box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacktill.application.views.events import event_view
from stacktill.application.views.resources import list_view
from stacktill.domain.errors import Forbidden
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Integer, Params

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["OPERATIONS"]

URL = "/v1/operator/events"


def _events(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    """The log of the whole box, oldest first after a position."""
    if not ask.is_operator:
        raise Forbidden("Only this machine's operator may read the log of all stores.")
    start, limit = ask.params["after_position"], ask.params["limit"]
    found = uow.events.find({"position >": start}, order="position", limit=limit + 1)
    page = found[:limit]
    view = list_view(URL, [event_view(event) for event in page], has_more=len(found) > limit)
    return {**view, "next_position": page[-1].position if page else start}


async def _wake(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    """Look at once for what a command beside the server has queued."""
    if not ask.is_operator:
        raise Forbidden("Only this machine's operator may wake its server.")
    appliance.relay.nudge()
    appliance.dispatcher.look_again()
    return {"object": "operator.wake"}


OPERATIONS = (
    Operation(
        method="GET",
        path=URL,
        name="operator.events",
        summary="Read the event log of the whole box (operator only)",
        resource="operator",
        returns="list:event",
        access="operator",
        params=Params(
            {
                "after_position": Integer(minimum=0, default=0, description="Go on after this."),
                "limit": Integer(minimum=1, maximum=100, default=100),
            }
        ),
        run=_events,
        long=True,
    ),
    Operation(
        method="POST",
        path="/v1/operator/wake",
        name="operator.wake",
        summary="Look at once for what this machine's commands have queued (operator only)",
        resource="operator",
        returns="operator.wake",
        access="operator",
        work=_wake,
    ),
)
