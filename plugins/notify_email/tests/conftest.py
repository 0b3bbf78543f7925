"""What the e-mail tests are given: a mail server, a way to open senders, a receipt, an authority."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from plugins.notify_email.tests.mail_kit import (
    RECEIPT,
    Authority,
    Letterbox,
    Opener,
    letterbox_at,
    settings_for,
)

from stacktill.domain.receipts import Receipt
from stacktill.plugin import PluginContext
from stacktill.testing.context import plugin_context
from stacktill_notify_email.config import EmailConfig
from stacktill_notify_email.opening import open_notices, open_receipts
from stacktill_notify_email.sender import EmailNotices, EmailReceipts


@pytest.fixture
async def letterbox() -> AsyncIterator[Letterbox]:
    async with letterbox_at() as box:
        yield box


@pytest.fixture
def context(tmp_path: Path) -> Callable[[EmailConfig], PluginContext]:
    return lambda config: plugin_context("notify_email", config, tmp_path)


@pytest.fixture
def open_to(context: Callable[[EmailConfig], PluginContext]) -> Opener:
    @asynccontextmanager
    async def opener(port: int, **settings: Any) -> AsyncIterator[EmailReceipts]:
        async with open_receipts(context(settings_for(port, **settings))) as sender:
            yield sender

    return opener


@pytest.fixture
def open_notices_to(context: Callable[[EmailConfig], PluginContext]) -> Opener:
    @asynccontextmanager
    async def opener(port: int, **settings: Any) -> AsyncIterator[EmailNotices]:
        async with open_notices(context(settings_for(port, **settings))) as sender:
            yield sender

    return opener


@pytest.fixture
def receipt() -> Receipt:
    return RECEIPT


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)
