"""The webhook plugin: how the appliance finds the channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stacktill.plugin import (
    NotificationBackend,
    Notifier,
    PluginContext,
    PluginInfo,
    hookimpl,
)
from stacktill_notify_webhook.config import WebhookConfig

__all__ = ["stacktill_notification", "stacktill_plugin"]


@hookimpl
def stacktill_plugin() -> PluginInfo:
    """Introduce the plugin."""
    return PluginInfo(
        summary="Tells shops' servers about events by signed HTTP webhooks.",
        config=WebhookConfig,
    )


@hookimpl
def stacktill_notification() -> NotificationBackend:
    """Offer the channel."""
    return NotificationBackend(scheme="webhook", open=_open)


@asynccontextmanager
async def _open(context: PluginContext) -> AsyncIterator[Notifier]:
    # Imported here, since the HTTP client takes a while and most commands do without it.
    from stacktill_notify_webhook.opening import open_webhooks

    async with open_webhooks(context) as notifier:
        yield notifier
