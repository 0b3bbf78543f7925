"""``/v1/operator/…``: what this machine's own commands may do, over all stores of the box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacktill.domain.errors import Forbidden
from stacktill.web.api.operation import Ask, Operation

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["OPERATIONS"]


async def _wake(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    """Look at once for what a command beside the server has queued."""
    if not ask.is_operator:
        raise Forbidden("Only this machine's operator may wake its server.")
    appliance.relay.nudge()
    appliance.dispatcher.look_again()
    return {"object": "operator.wake"}


OPERATIONS = (
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
