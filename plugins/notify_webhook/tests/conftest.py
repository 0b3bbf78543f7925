"""What the webhook tests share: opened channels, receivers and a small authority for TLS."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest
import trustme

from stacktill.plugin import Message, Target
from stacktill.testing.context import plugin_context
from stacktill.testing.receiver import Receiver
from stacktill_notify_webhook.channel import WebhookNotifier
from stacktill_notify_webhook.config import WebhookConfig
from stacktill_notify_webhook.lookups import Lookup, system_lookup
from stacktill_notify_webhook.opening import open_webhooks

SECRET = "whsec_" + "abcdefghijklmnopqrstuvwxyz012345"


class Opener(Protocol):
    """Opens a channel with the given settings."""

    def __call__(
        self,
        config: WebhookConfig | None = None,
        *,
        live: bool = False,
        lookup: Lookup = system_lookup,
        tls: ssl.SSLContext | None = None,
    ) -> AbstractAsyncContextManager[WebhookNotifier]: ...


@pytest.fixture
def open_channel(tmp_path: Path) -> Opener:
    def opener(
        config: WebhookConfig | None = None,
        *,
        live: bool = False,
        lookup: Lookup = system_lookup,
        tls: ssl.SSLContext | None = None,
    ) -> AbstractAsyncContextManager[WebhookNotifier]:
        chosen = config if config is not None else WebhookConfig(timeout_seconds=1.0)
        context = plugin_context("notify_webhook", chosen, tmp_path, live=live)
        return open_webhooks(context, lookup=lookup, tls=tls)

    return opener


@pytest.fixture
async def channel(open_channel: Opener) -> AsyncIterator[WebhookNotifier]:
    async with open_channel() as channel:
        yield channel


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
def message() -> Message:
    body = b'{"id": "evt_1", "object": "event", "type": "payment_intent.succeeded"}'
    return Message("evt_1", "payment_intent.succeeded", body)


@pytest.fixture
def to() -> Callable[[str], Target]:
    return lambda url: Target("we_1", url, (SECRET,))


class Authority:
    """A certificate authority for one test."""

    def __init__(self) -> None:
        self._signs = trustme.CA()

    def client(self) -> ssl.SSLContext:
        """Trusts this authority and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._signs.configure_trust(context)
        return context

    def server(self, host: str) -> ssl.SSLContext:
        """Shows a certificate for that host."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._signs.issue_cert(host).configure_cert(context)
        return context


@pytest.fixture
def authority() -> Authority:
    return Authority()
