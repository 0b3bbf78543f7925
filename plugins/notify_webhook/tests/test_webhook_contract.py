"""The shipped contract of a webhook channel, kept by this one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from plugins.notify_webhook.tests.conftest import Opener

from stacktill.plugin import Notifier
from stacktill.testing.notification import NotifierContract
from stacktill_notify_webhook.config import WebhookConfig

if TYPE_CHECKING:
    from plugins.notify_webhook.tests.conftest import Opener


class TestWebhookContract(NotifierContract):
    timeout_seconds = 1.0

    @pytest.fixture
    async def notifier(self, open_channel: Opener) -> AsyncIterator[Notifier]:
        async with open_channel(WebhookConfig(timeout_seconds=1.0)) as notifier:
            yield notifier

    @pytest.fixture
    async def live_notifier(self, open_channel: Opener) -> AsyncIterator[Notifier]:
        config = WebhookConfig(timeout_seconds=1.0, allow_plain_http=True)
        async with open_channel(config, live=True) as notifier:
            yield notifier
