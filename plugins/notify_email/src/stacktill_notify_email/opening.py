"""Opening the senders: the settings become a mail server, and the languages are learnt beforehand."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

from stacktill.domain.errors import ConfigError
from stacktill.plugin import PluginContext
from stacktill_notify_email.config import EmailConfig
from stacktill_notify_email.languages import LANGUAGES
from stacktill_notify_email.samples import sample_notice, sample_receipt
from stacktill_notify_email.sender import (
    EmailNotices,
    EmailReceipts,
    compose,
    compose_notice,
)
from stacktill_notify_email.server import MailServer, ServerSettings

__all__ = ["mail_server", "open_notices", "open_receipts"]


@asynccontextmanager
async def open_receipts(context: PluginContext) -> AsyncIterator[EmailReceipts]:
    """What sends receipts, as long as the context lasts; ``ConfigError`` for a bad ``ca_file``."""
    server = mail_server(context.config)
    async with _composer(partial(_compose_receipts, context)) as composer:
        yield EmailReceipts(context, server, composer)


@asynccontextmanager
async def open_notices(context: PluginContext) -> AsyncIterator[EmailNotices]:
    """What sends notices, as long as the context lasts; ``ConfigError`` for a bad ``ca_file``."""
    server = mail_server(context.config)
    async with _composer(partial(_compose_notices, context)) as composer:
        yield EmailNotices(context, server, composer)


@asynccontextmanager
async def _composer(exercise: Callable[[], None]) -> AsyncIterator[Executor]:
    """A thread that has written samples, so that the first letter takes no longer than others."""
    with ThreadPoolExecutor(1, "email-composer") as composer:
        await asyncio.get_running_loop().run_in_executor(composer, exercise)
        yield composer


def mail_server(config: EmailConfig) -> MailServer:
    """The mail server of the settings; raise ``ConfigError`` when ``ca_file`` cannot be used."""
    return MailServer(
        ServerSettings(
            host=config.host,
            port=config.server_port,
            security=config.security,
            tls=None if config.security == "none" else _tls(config.ca_file),
            username=config.username,
            password=config.password,
            timeout_seconds=config.timeout_seconds,
        )
    )


def _tls(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"[plugins.notify_email]: ca_file: '{ca_file}' cannot be used: {error}"
        ) from error


def _compose_receipts(context: PluginContext) -> None:
    for language in LANGUAGES:
        compose(context, *sample_receipt(context, "payer@example.com", language))


def _compose_notices(context: PluginContext) -> None:
    for language in LANGUAGES:
        compose_notice(context, *sample_notice(context, "merchant@example.com", language))
