"""What waits to be delivered, and to whom."""

from __future__ import annotations

from dataclasses import replace

from stacktill.domain.webhooks import Delivery
from stacktill.plugin.storage import UnitOfWork

__all__ = ["cancel_delivery", "next_due_ms", "pending_subscribers"]


def pending_subscribers(uow: UnitOfWork) -> list[str]:
    """Everybody with a pending delivery: one indexed step per subscriber, whatever the backlog."""
    names: list[str] = []
    last = ""
    while True:
        found = uow.deliveries.find(
            {"status": "pending", "subscriber >": last}, order="subscriber", limit=1
        )
        if not found:
            return names
        last = found[0].subscriber
        names.append(last)


def next_due_ms(uow: UnitOfWork, subscriber: str, running: tuple[str, ...]) -> int | None:
    """When the next delivery that is not under way is due (Unix ms), or None."""
    found = uow.deliveries.find(
        {"subscriber": subscriber, "status": "pending"},
        order="next_attempt_ms",
        limit=len(running) + 1,
    )
    return next((one.next_attempt_ms for one in found if one.id not in running), None)


def cancel_delivery(uow: UnitOfWork, delivery: Delivery) -> None:
    """Give up a delivery whose endpoint was disabled or deleted."""
    uow.deliveries.save(replace(delivery, status="canceled"))
