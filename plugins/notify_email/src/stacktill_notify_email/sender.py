"""The sender itself: a receipt becomes a letter, and the letter goes to the mail server."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from stacktill.domain.receipts import Receipt
from stacktill.plugin import Attempt, Health, PluginContext
from stacktill_notify_email.addresses import (
    BadAddress,
    MailAddress,
    is_among,
    parsed_address,
)
from stacktill_notify_email.config import EmailConfig
from stacktill_notify_email.languages import chosen_language, tongue
from stacktill_notify_email.letters import receipt_letter
from stacktill_notify_email.messages import Envelope, Unsendable, envelope
from stacktill_notify_email.schedule import RetrySchedule, default_delays_seconds
from stacktill_notify_email.server import MailServer

__all__ = ["EmailSender", "compose"]


@dataclass(slots=True)
class _Count:
    """What became of the attempts so far; ``failing`` counts those since the last success."""

    sent: int = 0
    failing: int = 0
    refused: int = 0
    last_failure: str = ""


class EmailSender:
    """Brings receipts to payers by e-mail; implements the ``ReceiptSender`` port."""

    def __init__(self, context: PluginContext, server: MailServer, composer: Executor) -> None:
        config: EmailConfig = context.config
        delays = config.retry_schedule_seconds or default_delays_seconds(live=context.live)
        self.max_in_flight = config.max_in_flight
        self._config = config
        self._context = context
        self._server = server
        self._composer = composer
        self._schedule = RetrySchedule(delays)
        self._count = _Count()

    async def attempt(self, receipt: Receipt) -> Attempt:
        """Try once within the deadline; only cancellation is raised.

        Nothing leaves the box for an address that is none, or that test mode may not write to.
        """
        try:
            recipient = parsed_address(receipt.recipient)
        except BadAddress as error:
            return self._noted(receipt, Attempt("refused", 0, error=f"receipt_email: {error}"))
        if not receipt.livemode and not is_among(recipient, self._config.test_recipients):
            reason = "Test mode sends only to test_recipients of [plugins.notify_email]."
            return self._noted(receipt, Attempt("refused", 0, error=reason))
        try:
            # In a thread: it takes milliseconds in which nobody else would be served.
            letter = await asyncio.get_running_loop().run_in_executor(
                self._composer, compose, self._context, receipt, recipient
            )
        except Unsendable as error:
            return self._noted(receipt, Attempt("refused", 0, error=str(error)))
        return self._noted(receipt, await self._server.attempt(letter))

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """The pause before the next attempt by the schedule, or None to give up."""
        delay = self._schedule.delay_seconds(attempts_made, last)
        if delay is None:
            self._context.log.warning("receipts.given_up", extra={"attempts": attempts_made})
        return delay

    async def health(self) -> Health:
        """How sending goes. Payments do not depend on it, so that it never makes the box unready."""
        count = self._count
        figures = {
            "sent": float(count.sent),
            "refused": float(count.refused),
            "failing": float(count.failing),
        }
        detail = f"receipts go by {self._config.host}:{self._config.server_port}"
        if count.failing:
            detail = f"the last {count.failing} attempts failed: {count.last_failure}"
        return Health(ok=True, detail=detail, figures=figures)

    def _noted(self, receipt: Receipt, attempt: Attempt) -> Attempt:
        """Count an attempt, and log it without the payer's address."""
        count = self._count
        if attempt.outcome == "delivered":
            self._count = replace(count, sent=count.sent + 1, failing=0)
        elif attempt.outcome == "refused":
            self._count = replace(count, refused=count.refused + 1)
        else:
            reason = attempt.error or f"{attempt.status} {attempt.response}"
            self._count = replace(count, failing=count.failing + 1, last_failure=reason)
        self._context.log.info(
            "receipts.attempted",
            extra={
                "event": receipt.event_id,
                "kind": receipt.kind,
                "outcome": attempt.outcome,
                "status": attempt.status,
                "duration_ms": attempt.duration_ms,
            },
        )
        return attempt


def compose(context: PluginContext, receipt: Receipt, recipient: MailAddress) -> Envelope:
    """The e-mail of a receipt, in the payer's language."""
    config: EmailConfig = context.config
    language = chosen_language(receipt.locales, config.default_language)
    reply_to = None
    if receipt.store.email is not None:
        try:
            reply_to = parsed_address(receipt.store.email)
        except BadAddress:
            # The store's own mistake is no reason to keep the receipt from the payer.
            reply_to = None
    letter = receipt_letter(receipt, tongue(language), can_reply=reply_to is not None)
    return envelope(
        letter,
        event_id=receipt.event_id,
        sender=parsed_address(config.from_address),
        recipient=recipient,
        reply_to=reply_to,
        clock=context.clock,
    )
