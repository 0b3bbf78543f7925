"""The e-mail plugin: how the appliance finds the sender of receipts, and its command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from stacktill.plugin import PluginContext, PluginInfo, ReceiptBackend, ReceiptSender, hookimpl
from stacktill_notify_email.config import EmailConfig

if TYPE_CHECKING:
    import click

__all__ = ["stacktill_commands", "stacktill_plugin", "stacktill_receipts"]


@hookimpl
def stacktill_plugin() -> PluginInfo:
    """Introduce the plugin."""
    return PluginInfo(summary="Sends payers their receipts by e-mail.", config=EmailConfig)


@hookimpl
def stacktill_receipts() -> ReceiptBackend:
    """Offer the sender."""
    return ReceiptBackend(open=_open)


@hookimpl
def stacktill_commands(context: PluginContext) -> list[click.Command]:
    """Offer ``stacktill email``."""
    from stacktill_notify_email.commands import email_commands

    return [email_commands(context)]


@asynccontextmanager
async def _open(context: PluginContext) -> AsyncIterator[ReceiptSender]:
    # Imported here, since languages and templates take a while and most commands do without them.
    from stacktill_notify_email.opening import open_sender

    async with open_sender(context) as sender:
        yield sender
