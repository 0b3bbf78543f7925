"""Who carries a notice: the plugin that tells merchants what no API key of theirs may keep from them."""

from __future__ import annotations

from stacktill.application.delivery_queue import cancel_delivery
from stacktill.application.notices import notice_of
from stacktill.application.services import Services
from stacktill.domain.events import Event
from stacktill.domain.webhooks import Delivery
from stacktill.plugin.health import Health
from stacktill.plugin.notices import NoticeSender
from stacktill.plugin.notification import Attempt
from stacktill.plugin.storage import Storage

__all__ = ["NOBODY_TOLD", "NoticeCarrier", "notices_health"]

NOBODY_TOLD = Health(
    ok=True,
    detail="no plugin sends notices: a change of a settlement address is told to webhooks only, "
    "whose keys may be the stolen ones; enable [plugins.notify_email]",
)
"""How a box is on which merchants are told of nothing outside the API."""


class NoticeCarrier:
    """Carries notices to merchants, whoever the store is."""

    max_per_second: int | None = None

    def __init__(self, storage: Storage, services: Services, sender: NoticeSender | None) -> None:
        self._storage = storage
        self._services = services
        self._sender = sender
        self.max_in_flight = 1 if sender is None else sender.max_in_flight

    async def attempt(self, delivery: Delivery, event: Event) -> Attempt | None:
        """Send the notice as the books are now, or drop it when it is not true any more."""
        notice = await self._storage.read(notice_of, self._services, event, delivery)
        if notice is None or self._sender is None:
            await self._storage.write(cancel_delivery, delivery)
            return None
        return await self._sender.attempt(notice)

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """The sender's own schedule."""
        if self._sender is None:
            return None
        return self._sender.retry_delay_seconds(attempts_made, last)


async def notices_health(sender: NoticeSender | None) -> Health:
    """How the way to merchants is, also when there is none."""
    return NOBODY_TOLD if sender is None else await sender.health()
