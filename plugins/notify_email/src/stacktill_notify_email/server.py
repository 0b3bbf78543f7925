"""One e-mail over SMTP, within a deadline: what the mail server said of it becomes an attempt."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass

import aiosmtplib

from stacktill.plugin import Attempt
from stacktill.plugin.notification import Outcome
from stacktill_notify_email.config import Security
from stacktill_notify_email.connections import Connections, Lookup, system_lookup
from stacktill_notify_email.messages import Envelope
from stacktill_notify_email.words import one_line

__all__ = ["MailServer", "ServerSettings"]

SAID_MAX = 500
"""How much of an answer the delivery log keeps, in characters."""
GOODBYE_SECONDS = 1.0
BUSY = 421


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How to reach the mail server; ``tls`` is what it must prove, None in clear text."""

    host: str
    port: int
    security: Security
    tls: ssl.SSLContext | None
    username: str | None
    password: str | None
    timeout_seconds: float


class MailServer:
    """Gives e-mails to the mail server, each by a connection of its own."""

    def __init__(self, settings: ServerSettings, *, lookup: Lookup = system_lookup) -> None:
        self._settings = settings
        self._connections = Connections(settings.host, settings.port, lookup=lookup)

    async def attempt(self, envelope: Envelope) -> Attempt:
        """Try once; whatever the server does comes back as an ``Attempt``, only cancellation is raised.

        ``failed`` may pass, ``throttled`` is the server's 421, ``refused`` is a 5xx answer to this
        very e-mail. A 5xx before that, such as a wrong password, is about this box: it may pass.
        """
        started = time.monotonic()
        client: aiosmtplib.SMTP | None = None
        answer: Attempt
        deadline = asyncio.timeout(self._settings.timeout_seconds)
        try:
            async with deadline:
                connection = await self._connections.open(self._settings.timeout_seconds)
                client = self._client(envelope, connection)
                await client.connect()
                answer = await self._deliver(client, envelope)
        except TimeoutError as error:
            reason = _timeout(self._settings) if deadline.expired() else _reason(error)
            answer = Attempt("failed", 0, error=reason)
        except aiosmtplib.SMTPResponseException as error:
            answer = _answered(error.code, error.message, is_final=False)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            answer = Attempt("failed", 0, error=_reason(error))
        finally:
            if client is not None:
                client.close()
        duration_ms = round((time.monotonic() - started) * 1000)
        return Attempt(answer.outcome, duration_ms, answer.status, answer.response, answer.error)

    async def _deliver(self, client: aiosmtplib.SMTP, envelope: Envelope) -> Attempt:
        """Hand the e-mail over on a connection that stands."""
        if envelope.needs_utf8 and client.is_ehlo_or_helo_needed:
            await client.ehlo()
        if envelope.needs_utf8 and not client.supports_extension("smtputf8"):
            return Attempt(
                "refused",
                0,
                error="The mail server takes no addresses with letters beyond ASCII (SMTPUTF8).",
            )
        options = ["SMTPUTF8", "BODY=8BITMIME"] if envelope.needs_utf8 else []
        try:
            _, said = await client.sendmail(
                envelope.sender.text,
                [envelope.recipient.text],
                envelope.content,
                mail_options=options,
            )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            (error,) = refusal.recipients
            return _answered(error.code, error.message, is_final=True)
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code, error.message, is_final=True)
        # It is taken; how the connection ends changes nothing about that.
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await client.quit()
        return Attempt("delivered", 0, 250, one_line(said, SAID_MAX))

    def _client(self, envelope: Envelope, connection: socket.socket) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            # What the certificate must name; the connection stands already.
            hostname=settings.host,
            sock=connection,
            username=settings.username,
            password=settings.password,
            # Not the machine's own name, which is nobody's business and slow to look up.
            local_hostname=envelope.sender.domain,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=settings.tls,
            timeout=settings.timeout_seconds,
        )


def _answered(code: int, said: str, *, is_final: bool) -> Attempt:
    """What an answer that was no success means; ``is_final``: a 5xx is about this very e-mail."""
    outcome: Outcome = "throttled" if code == BUSY else "failed"
    if is_final and 500 <= code < 600:
        outcome = "refused"
    if not 200 <= code < 600:
        return Attempt(outcome, 0, error=f"no SMTP answer: {code} {one_line(said, SAID_MAX)}")
    return Attempt(outcome, 0, code, one_line(said, SAID_MAX))


def _timeout(settings: ServerSettings) -> str:
    return f"not done within {settings.timeout_seconds:g} seconds"


def _reason(error: BaseException) -> str:
    """Why it failed, in a line; never with a password in it."""
    # The library's own words about a connection hide why it failed.
    if isinstance(error, aiosmtplib.SMTPConnectError) and error.__cause__ is not None:
        return _reason(error.__cause__)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the mail server's certificate was not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS: {one_line(error.reason or str(error), SAID_MAX)}"
    if isinstance(error, EOFError | ConnectionResetError | aiosmtplib.SMTPServerDisconnected):
        return "the mail server closed the connection"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return one_line(str(error), SAID_MAX) or type(error).__name__
