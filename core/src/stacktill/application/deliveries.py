"""The delivery log: what was tried for each delivery, and how it went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from stacktill.domain.webhooks import AttemptRecord, Delivery
from stacktill.plugin.storage import UnitOfWork

__all__ = ["attempts_of"]

ATTEMPTS_PER_DELIVERY = 50
"""More than any schedule of retries makes."""


def attempts_of(
    uow: UnitOfWork, deliveries: Sequence[Delivery]
) -> defaultdict[str, list[AttemptRecord]]:
    """The attempts of each delivery in their order, by the delivery's id."""
    ids = [delivery.id for delivery in deliveries]
    limit = ATTEMPTS_PER_DELIVERY * len(ids)
    found: defaultdict[str, list[AttemptRecord]] = defaultdict(list)
    for attempt in uow.attempts.find({"delivery_id": ids}, limit=limit):
        found[attempt.delivery_id].append(attempt)
    return found
