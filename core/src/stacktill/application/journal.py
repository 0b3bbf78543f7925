"""Writing things down: events with their snapshots, and movements of money."""

from __future__ import annotations

from typing import Any

import msgspec

from stacktill.application.services import Caller, Services
from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import InvariantBroken
from stacktill.domain.events import EVENT_TYPES, Event
from stacktill.domain.ledger import AccountCode, TransferKind, movement
from stacktill.plugin.storage import UnitOfWork

__all__ = ["changed_attributes", "move", "record"]

encoder = msgspec.json.Encoder()


def record(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    event_type: str,
    snapshot: dict[str, Any],
    *,
    previous: dict[str, Any] | None = None,
) -> Event:
    """Keep an event of the object whose API form is ``snapshot``; it goes out after the commit.

    ``previous`` holds the old values of the attributes that changed (``*.updated`` only).
    """
    if event_type not in EVENT_TYPES:
        raise InvariantBroken(f"no event type {event_type!r} is declared")
    data: dict[str, Any] = {"object": snapshot}
    if previous is not None:
        data["previous_attributes"] = previous
    event = Event(
        id=services.ids.new("evt"),
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=services.now(caller.livemode),
        type=event_type,
        object_id=str(snapshot["id"]),
        data=encoder.encode(data).decode(),
        request_id=caller.request_id,
        idempotency_key=caller.idempotency_key,
    )
    uow.events.add(event)
    return event


def move(
    uow: UnitOfWork,
    services: Services,
    deposit: Deposit,
    kind: TransferKind,
    route: tuple[AccountCode, AccountCode],
) -> None:
    """Move a deposit's amount along ``route`` in the ledger."""
    now = services.now(deposit.livemode)
    uow.post(movement(deposit, kind, route, id=services.ids.new("lt"), now=now))


def changed_attributes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The old values of what differs between two API forms of one object."""
    return {key: value for key, value in before.items() if after.get(key) != value}
