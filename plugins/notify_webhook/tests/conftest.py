"""What the webhook tests share: opened channels, receivers and a small authority for TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    """A certificate authority for one test: it signs itself and servers' certificates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self._certificate = self._sign(self._name, self._key, None)

    def client(self) -> ssl.SSLContext:
        """Trusts this authority and no other."""
        pem = self._certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
        return ssl.create_default_context(cadata=pem)

    def server(self, host: str) -> ssl.SSLContext:
        """Shows a certificate for that host."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._sign(subject, key, host)
        path = self._folder / f"{host}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, host: str | None
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        authority = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(minutes=5))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority), False
            )
        )
        if host is not None:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(host)]), critical=False
            )
        return builder.sign(self._key, hashes.SHA256())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)
