"""What the e-mail tests share: real mail servers on loopback, hostile ones, and a receipt."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from stacktill.domain.receipts import Receipt, ReceiptItem, Store
from stacktill_notify_email.config import EmailConfig

RECEIPT = Receipt(
    event_id="evt_000000000000000000000042",
    kind="payment",
    livemode=True,
    recipient="payer@example.com",
    store=Store("Bakery", "hello@bakery.example", "https://bakery.example", "#7a3e9d", "#ffffff"),
    payment="pi_000000000000000000000007",
    amount_sats=21_500,
    overpaid_sats=500,
    moment=1_795_360_000,
    url="https://pay.example/pay/pi_000000000000000000000007/receipt",
    network="stacks",
    transaction_hash="0x" + "3fa9c17d" * 8,
    items=(ReceiptItem("Loaf", 2, 14_000), ReceiptItem("Coffee", 1, 7_000)),
    description="Order 1042",
)


@dataclass
class Letter:
    """One e-mail as a mail server got it."""

    sender: str
    recipients: list[str]
    options: list[str]
    content: bytes
    tls: bool

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Letterbox:
    """A mail server: what came in, and how it answers the next commands."""

    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """By command (RCPT, DATA): what is answered instead of yes."""
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        letter = Letter(
            envelope.mail_from or "",
            list(envelope.rcpt_tos),
            list(envelope.mail_options),
            envelope.content,
            session.ssl is not None,
        )
        self.letters.append(letter)
        return self.answers.get("DATA", "250 taken as 42")

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


@asynccontextmanager
async def letterbox_at(
    *, tls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None, **more: Any
) -> AsyncIterator[Letterbox]:
    box = Letterbox()
    loop = asyncio.get_running_loop()

    def connected() -> SMTP:
        return SMTP(
            box,
            tls_context=tls,
            authenticator=box.authenticate,
            auth_require_tls=tls is not None,
            loop=loop,
            **{"enable_SMTPUTF8": True, "ident": "mail", **more},
        )

    server = await loop.create_server(connected, "127.0.0.1", 0, ssl=implicit)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def hostile(script: Script) -> AsyncIterator[int]:
    """The port of a server that does with each connection what the script says."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            running.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(running):
            task.cancel()


def speaking(*answers: bytes | None, last: bytes = b"") -> Script:
    """A script: the greeting, then one answer per line that comes; None goes silent for ever."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number, answer in enumerate(answers):
            if number:
                await reader.readline()
            if answer is None:
                await asyncio.sleep(3_600)
                return
            writer.write(answer)
            await writer.drain()
        writer.write(last)

    return script


class Opener(Protocol):
    """Opens a sender to a port, with settings other than the usual ones."""

    def __call__(self, port: int, **settings: Any) -> Any: ...


def settings_for(port: int, **settings: Any) -> EmailConfig:
    usual: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "from_address": "receipts@pay.example",
        "timeout_seconds": 2.0,
    }
    return EmailConfig(**{**usual, **settings})


def changed(**changes: Any) -> Receipt:
    """The receipt of the tests, with other facts."""
    return replace(RECEIPT, **changes)


class Authority:
    """A certificate authority for one test; ``file`` is what makes others trust it."""

    def __init__(self, folder: Path) -> None:
        self._signs = trustme.CA()
        self.file = folder / "authority.pem"
        self._signs.cert_pem.write_to_path(self.file)

    def server(self, host: str) -> ssl.SSLContext:
        """Shows a certificate for that host."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._signs.issue_cert(host).configure_cert(context)
        return context
