"""Who carries a delivery: a webhook channel, the hook facade, a sender of receipts or of notices."""

from __future__ import annotations

import time
from typing import Protocol

from stacktill.application.delivery_queue import cancel_delivery
from stacktill.application.notices import NOTICES
from stacktill.application.receipts import RECEIPTS
from stacktill.application.services import Services
from stacktill.application.views.events import event_body
from stacktill.application.webhook_endpoints import target_of
from stacktill.domain.events import Event
from stacktill.domain.webhooks import Delivery, WebhookEndpoint
from stacktill.plugin.notices import NoticeSender
from stacktill.plugin.notification import Attempt, Message, Notifier
from stacktill.plugin.receipts import ReceiptSender
from stacktill.plugin.storage import Storage, UnitOfWork
from stacktill.runtime.notice_carrier import NoticeCarrier
from stacktill.runtime.receipt_carrier import NamedSender, ReceiptCarrier

__all__ = ["Carrier", "Carriers", "EventHooks"]

PLUGIN_RETRY_SECONDS = (1.0, 5.0, 30.0, 300.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
PREFIX = "plugin:"


class EventHooks(Protocol):
    """The event side of the hook facade."""

    def event_subscribers(self) -> dict[str, frozenset[str]]:
        """Plugins with event hooks, and the event types they take (``*``: all)."""
        ...

    async def deliver(self, plugin: str, event: Event) -> None:
        """Call a plugin's event hooks; raises what they raise."""
        ...


class Carrier(Protocol):
    """Carries to one subscriber."""

    max_in_flight: int
    max_per_second: int | None

    async def attempt(self, delivery: Delivery, event: Event) -> Attempt | None:
        """Try once; None when there is nobody to carry to any more."""
        ...

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """How long to wait after a failure; None = give up."""
        ...


class Carriers:
    """Makes the carrier of a subscriber."""

    def __init__(
        self,
        storage: Storage,
        services: Services,
        notifier: Notifier | None,
        hooks: EventHooks,
        *,
        receipts: NamedSender[ReceiptSender] | None = None,
        notices: NamedSender[NoticeSender] | None = None,
    ) -> None:
        self._storage = storage
        self._services = services
        self._notifier = notifier
        self._hooks = hooks
        self.receipt_sender = None if receipts is None else receipts.sender
        self.notice_sender = None if notices is None else notices.sender
        self.plugins = hooks.event_subscribers()
        self.receipts = None if receipts is None else RECEIPTS + receipts.plugin
        self.notices = None if notices is None else NOTICES + notices.plugin

    def for_subscriber(self, subscriber: str) -> Carrier:
        """The carrier for an endpoint's id, or for a plugin's ``plugin:``, ``receipts:``, ``notices:``."""
        if subscriber.startswith(RECEIPTS):
            receipts = self.receipt_sender if subscriber == self.receipts else None
            return ReceiptCarrier(subscriber, self._storage, self._services, receipts)
        if subscriber.startswith(NOTICES):
            notices = self.notice_sender if subscriber == self.notices else None
            return NoticeCarrier(self._storage, self._services, notices)
        if subscriber.startswith(PREFIX):
            return PluginCarrier(subscriber.removeprefix(PREFIX), self._hooks)
        return EndpointCarrier(subscriber, self._storage, self._services, self._notifier)


class EndpointCarrier:
    """Carries to a webhook endpoint."""

    def __init__(
        self, endpoint_id: str, storage: Storage, services: Services, notifier: Notifier | None
    ) -> None:
        self._endpoint_id = endpoint_id
        self._storage = storage
        self._services = services
        self._notifier = notifier
        self.max_in_flight = 1 if notifier is None else notifier.max_in_flight_per_target
        self.max_per_second: int | None = None

    async def attempt(self, delivery: Delivery, event: Event) -> Attempt | None:
        """Send the event, or drop the delivery when the endpoint is closed."""
        endpoint = await self._storage.read(_endpoint, self._endpoint_id)
        if endpoint is None or endpoint.status == "disabled" or self._notifier is None:
            await self._storage.write(cancel_delivery, delivery)
            return None
        self.max_per_second = endpoint.max_per_second
        message = Message(event.id, event.type, event_body(event))
        return await self._notifier.attempt(target_of(self._services, endpoint), message)

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """The channel's own schedule."""
        if self._notifier is None:
            return None
        return self._notifier.retry_delay_seconds(attempts_made, last)


class PluginCarrier:
    """Carries to a plugin's event hooks, one at a time and in order of what is due."""

    max_in_flight = 1
    max_per_second: int | None = None

    def __init__(self, name: str, hooks: EventHooks) -> None:
        self._name = name
        self._hooks = hooks

    async def attempt(self, delivery: Delivery, event: Event) -> Attempt | None:
        """Call the hooks; what they raise is a failed attempt of this plugin alone."""
        del delivery
        started = time.monotonic()
        try:
            await self._hooks.deliver(self._name, event)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            reason = f"{type(error).__name__}: {error}"[:500]
            return Attempt("failed", _elapsed_ms(started), error=reason)
        return Attempt("delivered", _elapsed_ms(started))

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """From seconds to a day, then the delivery is kept as a dead letter."""
        del last
        if attempts_made > len(PLUGIN_RETRY_SECONDS):
            return None
        return PLUGIN_RETRY_SECONDS[attempts_made - 1]


def _endpoint(uow: UnitOfWork, id: str) -> WebhookEndpoint | None:
    return uow.webhook_endpoints.get(id)


def _elapsed_ms(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
