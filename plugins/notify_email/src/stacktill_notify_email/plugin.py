"""The e-mail plugin: how the appliance finds the senders of receipts and notices, and its command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from stacktill.plugin import (
    NoticeBackend,
    NoticeSender,
    PluginContext,
    PluginInfo,
    ReceiptBackend,
    ReceiptSender,
    hookimpl,
)
from stacktill_notify_email.config import EmailConfig

if TYPE_CHECKING:
    import click

__all__ = [
    "stacktill_commands",
    "stacktill_notices",
    "stacktill_plugin",
    "stacktill_receipts",
]


@hookimpl
def stacktill_plugin() -> PluginInfo:
    """Introduce the plugin."""
    return PluginInfo(
        summary="Sends payers their receipts and merchants their notices by e-mail.",
        config=EmailConfig,
    )


@hookimpl
def stacktill_receipts() -> ReceiptBackend:
    """Offer the sender of receipts."""
    return ReceiptBackend(open=_open_receipts)


@hookimpl
def stacktill_notices() -> NoticeBackend:
    """Offer the sender of notices."""
    return NoticeBackend(open=_open_notices)


@hookimpl
def stacktill_commands(context: PluginContext) -> list[click.Command]:
    """Offer ``stacktill email``."""
    from stacktill_notify_email.commands import email_commands

    return [email_commands(context)]


# What is opened is imported late, since languages and templates take a while and most commands do
# without them.


@asynccontextmanager
async def _open_receipts(context: PluginContext) -> AsyncIterator[ReceiptSender]:
    from stacktill_notify_email.opening import open_receipts

    async with open_receipts(context) as sender:
        yield sender


@asynccontextmanager
async def _open_notices(context: PluginContext) -> AsyncIterator[NoticeSender]:
    from stacktill_notify_email.opening import open_notices

    async with open_notices(context) as sender:
        yield sender
