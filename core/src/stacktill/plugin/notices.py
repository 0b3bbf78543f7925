"""The notices port: telling whoever runs a store what its money may depend on, once."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stacktill.domain.notices import Notice
    from stacktill.plugin.context import PluginContext
    from stacktill.plugin.health import Health
    from stacktill.plugin.notification import Attempt

__all__ = ["NoticeBackend", "NoticeSender"]


class NoticeSender(Protocol):
    """An opened way to merchants that no API key of theirs leads through, such as e-mail.

    The core owns the queue and the log; the sender the words and the wire.
    """

    max_in_flight: int
    """How many attempts may run at once."""

    async def attempt(self, notice: Notice) -> Attempt:
        """Try once, within a total deadline of the sender's own; never raises for the peer's faults.

        The same notice may come again: a crash between an attempt and its record sends it twice.
        """
        ...

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """How long to wait after that many failed attempts (jitter included); None = give up."""
        ...

    async def health(self) -> Health:
        """Whether notices can be sent."""
        ...


@dataclass(frozen=True, slots=True)
class NoticeBackend:
    """What a plugin offers that tells merchants."""

    open: NoticeOpener


class NoticeOpener(Protocol):
    """Opens the sender for as long as the context lasts."""

    def __call__(self, context: PluginContext) -> AbstractAsyncContextManager[NoticeSender]:
        """Return an async context manager of the opened sender."""
        ...
