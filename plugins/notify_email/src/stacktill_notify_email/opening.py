"""Opening the sender: the settings become a mail server, and the languages are learnt beforehand."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from stacktill.domain.errors import ConfigError
from stacktill.plugin import PluginContext
from stacktill_notify_email.config import EmailConfig
from stacktill_notify_email.languages import LANGUAGES
from stacktill_notify_email.samples import sample_receipt
from stacktill_notify_email.sender import EmailSender, compose
from stacktill_notify_email.server import MailServer, ServerSettings

__all__ = ["mail_server", "open_sender"]


@asynccontextmanager
async def open_sender(context: PluginContext) -> AsyncIterator[EmailSender]:
    """A sender for as long as the context lasts; raise ``ConfigError`` for a bad ``ca_file``."""
    server = mail_server(context.config)
    with ThreadPoolExecutor(1, "email-composer") as composer:
        # Catalogues and templates are read now, so that the first receipt takes no longer than others.
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(composer, _learn_languages, context)
        yield EmailSender(context, server, composer)


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


def _learn_languages(context: PluginContext) -> None:
    for language in LANGUAGES:
        sample, recipient = sample_receipt(context, "payer@example.com", language)
        compose(context, sample, recipient)
