"""``/v1/pos_terminals`` (ours): links that turn a phone into a point of sale."""

from __future__ import annotations

from typing import Any

from stacktill.application.pos import create_terminal, pairing_url
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Params, Text

__all__ = ["OPERATIONS"]

CREATE = Params(
    {"name": Text(max_length=100, required=True, description="What the phone is called.")}
)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    services, caller = ask.services, ask.caller
    new = create_terminal(
        uow,
        services,
        caller.merchant_id,
        livemode=caller.livemode,
        name=ask.params["name"],
        actor=caller.actor,
    )
    return {
        "object": "pos_terminal",
        "api_key": new.record.id,
        "expires_at": new.record.expires_at,
        "livemode": caller.livemode,
        "name": new.record.name,
        "url": pairing_url(services, new.text),
    }


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/pos_terminals",
        name="pos_terminals.create",
        summary="Make a link that turns one phone into a point of sale",
        resource="pos_terminals",
        returns="pos_terminal",
        params=CREATE,
        run=_create,
        access="owner",
        secret_answer=True,
    ),
)
