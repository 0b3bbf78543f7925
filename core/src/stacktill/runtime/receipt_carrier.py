"""Who carries a receipt: the plugin that brings them to payers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from stacktill.application.delivery_queue import cancel_delivery
from stacktill.application.receipts import EARLIER_FIRST, receipt_of
from stacktill.application.services import Services
from stacktill.domain.events import Event
from stacktill.domain.webhooks import Delivery
from stacktill.plugin.notification import Attempt
from stacktill.plugin.receipts import ReceiptSender
from stacktill.plugin.storage import Storage

__all__ = ["NamedSender", "ReceiptCarrier"]


S_co = TypeVar("S_co", covariant=True)


@dataclass(frozen=True, slots=True)
class NamedSender(Generic[S_co]):
    """What sends receipts or notices, and the name of its plugin."""

    plugin: str
    sender: S_co


class ReceiptCarrier:
    """Carries receipts to payers, whoever the store is."""

    max_per_second: int | None = None

    def __init__(
        self, subscriber: str, storage: Storage, services: Services, sender: ReceiptSender | None
    ) -> None:
        self._subscriber = subscriber
        self._storage = storage
        self._services = services
        self._sender = sender
        self.max_in_flight = 1 if sender is None else sender.max_in_flight

    async def attempt(self, delivery: Delivery, event: Event) -> Attempt | None:
        """Send the receipt as the books are now, or drop it when it is not true any more."""
        receipt = await self._storage.read(receipt_of, self._services, event, self._subscriber)
        if receipt == EARLIER_FIRST:
            return Attempt("failed", 0, error="The receipt before it is still on its way.")
        if receipt is None or self._sender is None:
            await self._storage.write(cancel_delivery, delivery)
            return None
        return await self._sender.attempt(receipt)

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """The sender's own schedule."""
        if self._sender is None:
            return None
        return self._sender.retry_delay_seconds(attempts_made, last)
