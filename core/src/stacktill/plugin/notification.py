"""The notification port: carrying one event to one subscriber, once."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from stacktill.plugin.context import PluginContext
    from stacktill.plugin.health import Health

__all__ = ["Attempt", "Message", "NotificationBackend", "Notifier", "Outcome", "Target"]

Outcome = Literal["delivered", "failed", "throttled", "gone", "refused"]
"""delivered: 2xx · failed: anything that may pass · throttled: slow down (429, 502, 504) ·
gone: 410, disable the endpoint · refused: the address is forbidden and nothing was sent, or the peer
has said no for good (a mail server's 5xx)."""


@dataclass(frozen=True, slots=True)
class Message:
    """An event on its way: the same id, type and body bytes at every attempt."""

    event_id: str
    event_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """A subscriber: where to, and the secrets in force (the newest first, the rolled one after it)."""

    endpoint_id: str
    url: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt.

    ``response`` is the start of the answer's body as text, for the delivery log;
    ``error`` is a short plain reason when there was no answer.
    """

    outcome: Outcome
    duration_ms: int
    status: int | None = None
    response: str = ""
    error: str | None = None
    retry_after_seconds: float | None = None


class Notifier(Protocol):
    """An opened channel. The core owns the queue and the log; the channel owns the wire."""

    max_in_flight_per_target: int
    """How many attempts may run against one target at once."""

    async def attempt(self, target: Target, message: Message) -> Attempt:
        """Try once, within a total deadline of the channel's own; never raises for the peer's faults."""
        ...

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """How long to wait after that many failed attempts (jitter included); None = give up."""
        ...

    def check_url(self, url: str) -> None:
        """Raise ``InvalidParameter`` (code ``url_invalid``, param ``url``) for a URL that can never work."""
        ...

    async def health(self) -> Health:
        """Whether the channel can work."""
        ...


@dataclass(frozen=True, slots=True)
class NotificationBackend:
    """What a notification plugin offers; ``scheme`` is the kind of target it carries to."""

    scheme: Literal["webhook"]
    open: NotifierOpener


class NotifierOpener(Protocol):
    """Opens the channel for as long as the context lasts."""

    def __call__(self, context: PluginContext) -> AbstractAsyncContextManager[Notifier]:
        """Return an async context manager of the opened channel."""
        ...
