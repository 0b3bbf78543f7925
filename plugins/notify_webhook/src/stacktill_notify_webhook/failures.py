"""Failures on the wire in plain words, short enough for the delivery log."""

from __future__ import annotations

import errno
import os
import ssl

import aiohttp

from stacktill_notify_webhook.networks import ForbiddenAddress

__all__ = ["WIRE_ERRORS", "is_forbidden", "reason"]

WIRE_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, RuntimeError)
"""All that a peer's doings can raise out of the HTTP client; uvloop says RuntimeError at times."""


def is_forbidden(error: BaseException) -> bool:
    """Whether the guard refused the address, so that no connection was opened."""
    return isinstance(getattr(error, "os_error", error), ForbiddenAddress)


def reason(error: BaseException) -> str:
    """Why there was no answer; the words hold no address and no secret."""
    if is_forbidden(error):
        return str(ForbiddenAddress())
    for kinds, words in _REASONS:
        if isinstance(error, kinds):
            return words
    return _system_reason(error)


_REASONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (aiohttp.ConnectionTimeoutError, "no connection within 5 seconds"),
    (
        (aiohttp.ClientConnectorCertificateError, ssl.CertificateError),
        "the TLS certificate is not valid for this host",
    ),
    ((aiohttp.ClientSSLError, ssl.SSLError), "the TLS handshake failed"),
    (aiohttp.ClientConnectorDNSError, "the host name could not be resolved"),
    (aiohttp.ServerDisconnectedError, "the connection was closed without an answer"),
    (aiohttp.ClientPayloadError, "the answer broke off"),
    (aiohttp.ClientResponseError, "the answer was not valid HTTP"),
)


def _system_reason(error: BaseException) -> str:
    number = getattr(error, "errno", None)
    if number == errno.ECONNREFUSED:
        return "the connection was refused"
    if isinstance(number, int) and number > 0:
        return f"the connection failed: {os.strerror(number).lower()}"
    return "the exchange failed"
