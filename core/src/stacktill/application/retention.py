"""Forgetting: what was delivered long ago need not be kept for ever; the event log itself is."""

from __future__ import annotations

from stacktill.plugin.storage import UnitOfWork

__all__ = ["KEPT_DAYS", "forget_deliveries"]

KEPT_DAYS = 30
"""How long the delivery log goes back."""


def forget_deliveries(uow: UnitOfWork, before: dict[str, str], limit: int = 500) -> int:
    """Remove settled deliveries and attempts older than the ids in ``before``; return how many went.

    ``before`` holds, for ``deliveries`` and ``attempts``, an id of the oldest moment to keep: ids are in
    order of time, so no clock is compared row by row.
    """
    gone = uow.prune("attempts", {"id <": before["attempts"]}, limit=limit)
    settled = {"id <": before["deliveries"], "status": ("delivered", "dead", "canceled")}
    return gone + uow.prune("deliveries", settled, limit=limit)
