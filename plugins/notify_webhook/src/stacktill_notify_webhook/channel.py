"""The channel itself: one signed HTTP attempt against one target, bounded in time and memory."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import aiohttp
from yarl import URL

from stacktill.domain.errors import InvalidParameter
from stacktill.plugin import Attempt, Health, Message, Target
from stacktill.plugin.notification import Outcome
from stacktill_notify_webhook.answers import (
    EXCERPT_BYTES,
    excerpt,
    outcome_of,
    retry_after_seconds,
)
from stacktill_notify_webhook.failures import WIRE_ERRORS, is_forbidden, reason
from stacktill_notify_webhook.schedule import RetrySchedule
from stacktill_notify_webhook.signatures import UnusableSecret, signature_headers
from stacktill_notify_webhook.targets import TargetRules

__all__ = ["READ_MAX_BYTES", "WebhookLimits", "WebhookNotifier"]

READ_MAX_BYTES = 64 * 1024
"""How much of an answer's body is read at most; the rest is cut off by closing."""


@dataclass(frozen=True, slots=True)
class WebhookLimits:
    """The bounds of one attempt and of one target."""

    timeout_seconds: float
    max_in_flight_per_target: int


@dataclass(slots=True)
class _Exchange:
    """What is known of an attempt so far, so that a failure half-way can still tell it."""

    status: int | None = None
    start: bytes = b""
    retry_after_seconds: float | None = None


class WebhookNotifier:
    """Carries events as HTTP POSTs; implements the ``Notifier`` port."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        rules: TargetRules,
        schedule: RetrySchedule,
        limits: WebhookLimits,
    ) -> None:
        self.max_in_flight_per_target = limits.max_in_flight_per_target
        self._session = session
        self._rules = rules
        self._schedule = schedule
        self._timeout_seconds = limits.timeout_seconds
        self._user_agent = _user_agent()
        self._attempts = 0
        self._in_flight = 0

    async def attempt(self, target: Target, message: Message) -> Attempt:
        """Try once within the deadline, which covers the answer's body too.

        An answer that is not complete in time is a failure, whatever its status; one that is
        longer than ``READ_MAX_BYTES`` is cut off and judged by its status. Whatever the peer does
        comes back as an ``Attempt``; only cancellation is raised.
        """
        started = time.monotonic()
        exchange = _Exchange()
        self._attempts += 1
        self._in_flight += 1
        try:
            outcome, error = await self._outcome(target, message, exchange)
        finally:
            self._in_flight -= 1
        return Attempt(
            outcome=outcome,
            duration_ms=round((time.monotonic() - started) * 1000),
            status=exchange.status,
            response=excerpt(exchange.start),
            error=error,
            retry_after_seconds=exchange.retry_after_seconds,
        )

    def retry_delay_seconds(self, attempts_made: int, last: Attempt) -> float | None:
        """The pause before the next attempt by the schedule, or None to give up."""
        return self._schedule.delay_seconds(attempts_made, last)

    def check_url(self, url: str) -> None:
        """Raise ``InvalidParameter`` (code ``url_invalid``, param ``url``) for a hopeless URL."""
        self._rules.parse(url)

    async def health(self) -> Health:
        """Whether webhooks can be sent, and whether they may go to private addresses."""
        figures = {"attempts": float(self._attempts), "in_flight": float(self._in_flight)}
        if self._session.closed:
            return Health(ok=False, detail="the HTTP client is closed", figures=figures)
        return Health(ok=True, detail=self._rules.describe(), figures=figures)

    async def _outcome(
        self, target: Target, message: Message, exchange: _Exchange
    ) -> tuple[Outcome, str | None]:
        try:
            url = self._rules.parse(target.url)
            headers = self._headers(target, message)
        except InvalidParameter as refusal:
            return "refused", refusal.message
        except UnusableSecret as refusal:
            return "refused", str(refusal)
        deadline = asyncio.timeout(self._timeout_seconds)
        try:
            async with deadline:
                await self._post(url, message.body, headers, exchange)
        except WIRE_ERRORS as error:
            if self._session.closed:
                raise  # Ours, not the peer's: the channel was used after its end.
            if deadline.expired():
                return "failed", f"no complete answer within {self._timeout_seconds:g} seconds"
            if exchange.status is not None:
                # The verdict had arrived; only the body, which nobody needs, broke off.
                return outcome_of(exchange.status), reason(error)
            return "refused" if is_forbidden(error) else "failed", reason(error)
        assert exchange.status is not None
        return outcome_of(exchange.status), None

    def _headers(self, target: Target, message: Message) -> dict[str, str]:
        # The attempt's own moment in real time: receivers compare it with their clocks, which
        # know nothing of a sandbox that travels in time.
        headers = signature_headers(
            message.event_id, int(time.time()), message.body, target.secrets
        )
        headers["Content-Type"] = "application/json; charset=utf-8"
        headers["User-Agent"] = self._user_agent
        return headers

    async def _post(
        self, url: URL, body: bytes, headers: dict[str, str], exchange: _Exchange
    ) -> None:
        answer = await self._session.post(url, data=body, headers=headers, allow_redirects=False)
        try:
            exchange.status = answer.status
            exchange.retry_after_seconds = retry_after_seconds(answer.headers.get("Retry-After"))
            unread = READ_MAX_BYTES
            while unread > 0:
                piece = await answer.content.read(unread)
                if not piece:
                    break
                unread -= len(piece)
                if len(exchange.start) < EXCERPT_BYTES:
                    exchange.start += piece[:EXCERPT_BYTES]
        finally:
            # An answer read to its end has already given its connection back; any other is cut.
            answer.close()


def _user_agent() -> str:
    try:
        return f"stacktill/{version('stacktill-notify-webhook')}"
    except PackageNotFoundError:
        return "stacktill/0"
