"""``stacktill email``: try the mail server, and say clearly what failed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from stacktill.plugin import Attempt, PluginContext
from stacktill_notify_email.config import EmailConfig

if TYPE_CHECKING:
    from stacktill_notify_email.messages import Envelope

__all__ = ["email_commands"]

LANGUAGE_CODES = ("en", "de", "es", "fr", "pt", "ja", "ar")


def email_commands(context: PluginContext) -> click.Group:
    """The group, for the plugin's settings."""

    @click.group("email")
    def email() -> None:
        """Receipts by e-mail."""

    @email.command("test")
    @click.argument("to")
    @click.option(
        "--language",
        type=click.Choice(LANGUAGE_CODES),
        help="The language of the message; else default_language.",
    )
    def test(to: str, language: str | None) -> None:
        """Send a receipt of nothing to TO, whatever test_recipients says."""
        _send_test(context, to, language)

    return email


def _send_test(context: PluginContext, to: str, language: str | None) -> None:
    # Late, since languages and templates take a while and `--help` does without them.
    from stacktill_notify_email.addresses import BadAddress
    from stacktill_notify_email.opening import mail_server
    from stacktill_notify_email.samples import sample_receipt
    from stacktill_notify_email.sender import compose

    config: EmailConfig = context.config
    try:
        receipt, recipient = sample_receipt(context, to, language or config.default_language)
    except BadAddress as error:
        raise click.ClickException(f"TO: {error}.") from None
    message = compose(context, receipt, recipient)
    attempt = asyncio.run(mail_server(config).attempt(message))
    _tell(config, message, attempt)


def _tell(config: EmailConfig, message: Envelope, attempt: Attempt) -> None:
    where = f"{config.host}:{config.server_port} ({config.security})"
    if attempt.outcome == "delivered":
        click.echo(f"{where} took the message {message.message_id} for {message.recipient.text}")
        if attempt.response:
            click.echo(f"it said: {attempt.response}")
        return
    said = attempt.error or f"it answered {attempt.status} {attempt.response}"
    raise click.ClickException(f"{where}: {said}{_advice(config, attempt)}")


def _advice(config: EmailConfig, attempt: Attempt) -> str:
    """What an operator can do about it."""
    if attempt.outcome == "refused":
        return "\nThe server will not take this message; receipts like it are given up."
    if attempt.status is not None and 500 <= attempt.status < 600:
        return "\nCheck username, password and what the server allows this box to do."
    if attempt.status is not None:
        return "\nThe server may take it later; receipts are tried again."
    if "certificate" in (attempt.error or ""):
        return (
            "\nhost must be a name that the server's certificate has; ca_file names the authorities "
            "of a server that signs its own."
        )
    if config.security == "starttls":
        return (
            "\nCheck host and port, and whether the server speaks STARTTLS there; servers on port "
            '465 need security = "tls".'
        )
    return "\nCheck host, port and security of [plugins.notify_email]."
