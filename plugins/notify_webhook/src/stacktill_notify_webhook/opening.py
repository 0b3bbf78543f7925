"""Opening the channel: the settings, and what they mean on this box, become a notifier."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stacktill.plugin import PluginContext
from stacktill_notify_webhook.channel import WebhookLimits, WebhookNotifier
from stacktill_notify_webhook.config import WebhookConfig
from stacktill_notify_webhook.connections import open_session
from stacktill_notify_webhook.lookups import Lookup, Lookups, system_lookup
from stacktill_notify_webhook.networks import AddressGuard
from stacktill_notify_webhook.schedule import RetrySchedule, default_delays_seconds
from stacktill_notify_webhook.targets import TargetRules

__all__ = ["open_webhooks"]


@asynccontextmanager
async def open_webhooks(
    context: PluginContext,
    *,
    lookup: Lookup = system_lookup,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[WebhookNotifier]:
    """A notifier for as long as the context lasts; its connections end with it.

    ``lookup`` and ``tls`` replace the system's name lookup and trusted authorities.
    """
    config: WebhookConfig = context.config
    allow_private = _unless_live(config.allow_private_addresses, context)
    allow_plain_http = _unless_live(config.allow_plain_http, context)
    if allow_private:
        _say_so(config, context)
    guard = AddressGuard(allow_private=allow_private)
    delays = config.retry_schedule_seconds or default_delays_seconds(live=context.live)
    async with open_session(guard, Lookups(lookup), tls=tls) as session:
        yield WebhookNotifier(
            session,
            TargetRules(guard, allow_plain_http=allow_plain_http),
            RetrySchedule(delays),
            WebhookLimits(config.timeout_seconds, config.max_in_flight_per_target),
        )


def _unless_live(setting: bool | None, context: PluginContext) -> bool:
    return setting if setting is not None else not context.live


def _say_so(config: WebhookConfig, context: PluginContext) -> None:
    why = (
        "because no live chain is configured"
        if config.allow_private_addresses is None
        else "because allow_private_addresses is true"
    )
    context.log.warning(
        "notify_webhook.private_addresses_allowed: webhooks may go to private and loopback "
        "addresses %s",
        why,
    )
