"""The postman: hands letters to the mail server one by one, and keeps count of what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from stacktill.plugin import Attempt, Health, PluginContext
from stacktill_notify_email.addresses import BadAddress, MailAddress, is_among, parsed_address
from stacktill_notify_email.config import EmailConfig
from stacktill_notify_email.messages import Envelope, Unsendable
from stacktill_notify_email.schedule import RetrySchedule, default_delays_seconds
from stacktill_notify_email.server import MailServer

__all__ = ["Mail", "Postman"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What is to be sent to whom; ``id`` and ``kind`` are for the log, ``compose`` writes it.

    ``field`` is what the API calls the recipient's address.
    """

    id: str
    kind: str
    livemode: bool
    recipient: str
    field: str
    compose: Callable[[MailAddress], Envelope]


@dataclass(slots=True)
class _Count:
    """What became of the attempts so far; ``failing`` counts those since the last success."""

    sent: int = 0
    failing: int = 0
    refused: int = 0
    last_failure: str = ""


class Postman:
    """Sends one sort of letters, such as ``receipts``: the name that log and health call them by."""

    def __init__(
        self, sort: str, context: PluginContext, server: MailServer, composer: Executor
    ) -> None:
        config: EmailConfig = context.config
        delays = config.retry_schedule_seconds or default_delays_seconds(live=context.live)
        self.max_in_flight = config.max_in_flight
        self._sort = sort
        self._config = config
        self._context = context
        self._server = server
        self._composer = composer
        self._schedule = RetrySchedule(delays)
        self._count = _Count()

    async def send(self, mail: Mail) -> Attempt:
        """Try once within the deadline; only cancellation is raised.

        Nothing leaves the box for an address that is none, or that test mode may not write to.
        """
        try:
            recipient = parsed_address(mail.recipient)
        except BadAddress as error:
            return self._noted(mail, Attempt("refused", 0, error=f"{mail.field}: {error}"))
        if not mail.livemode and not is_among(recipient, self._config.test_recipients):
            reason = "Test mode sends only to test_recipients of [plugins.notify_email]."
            return self._noted(mail, Attempt("refused", 0, error=reason))
        try:
            # In a thread: it takes milliseconds in which nobody else would be served.
            envelope = await asyncio.get_running_loop().run_in_executor(
                self._composer, mail.compose, recipient
            )
        except Unsendable as error:
            return self._noted(mail, Attempt("refused", 0, error=str(error)))
        return self._noted(mail, await self._server.attempt(envelope))

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """The pause before the next attempt by the schedule, or None to give up."""
        delay = self._schedule.delay_seconds(attempts_made, last)
        if delay is None:
            self._context.log.warning(
                "email.given_up", extra={"sort": self._sort, "attempts": attempts_made}
            )
        return delay

    async def health(self) -> Health:
        """How sending goes. Payments do not depend on it, so that it never makes the box unready."""
        count = self._count
        figures = {
            "sent": float(count.sent),
            "refused": float(count.refused),
            "failing": float(count.failing),
        }
        detail = f"{self._sort} go by {self._config.host}:{self._config.server_port}"
        if count.failing:
            detail = f"the last {count.failing} attempts failed: {count.last_failure}"
        return Health(ok=True, detail=detail, figures=figures)

    def _noted(self, mail: Mail, attempt: Attempt) -> Attempt:
        """Count an attempt, and log it without the recipient's address."""
        count = self._count
        if attempt.outcome == "delivered":
            self._count = replace(count, sent=count.sent + 1, failing=0)
        elif attempt.outcome == "refused":
            self._count = replace(count, refused=count.refused + 1)
        else:
            reason = attempt.error or f"{attempt.status} {attempt.response}"
            self._count = replace(count, failing=count.failing + 1, last_failure=reason)
        self._context.log.info(
            "email.attempted",
            extra={
                "sort": self._sort,
                "id": mail.id,
                "kind": mail.kind,
                "outcome": attempt.outcome,
                "status": attempt.status,
                "duration_ms": attempt.duration_ms,
            },
        )
        return attempt
