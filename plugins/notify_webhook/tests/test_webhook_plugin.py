"""The plugin as the appliance sees it: entry point, settings, log line, health."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pluggy
import pytest

from stacktill.plugin import hookspecs
from stacktill.testing.context import plugin_context
from stacktill_notify_webhook import plugin
from stacktill_notify_webhook.config import WebhookConfig

if TYPE_CHECKING:
    from plugins.notify_webhook.tests.conftest import Opener


def test_the_entry_point_leads_to_hooks_that_fit() -> None:
    (entry,) = entry_points(group="stacktill.plugins", name="notify_webhook")
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(entry.load())
    manager.check_pending()
    (info,) = manager.hook.stacktill_plugin()
    assert info.config is WebhookConfig
    (backend,) = manager.hook.stacktill_notification()
    assert backend.scheme == "webhook"


async def test_the_backend_opens_a_channel(tmp_path: Path) -> None:
    config = WebhookConfig(max_in_flight_per_target=3)
    context = plugin_context("notify_webhook", config, tmp_path)
    async with plugin.stacktill_notification().open(context) as notifier:
        assert notifier.max_in_flight_per_target == 3
        assert (await notifier.health()).ok
    assert not (await notifier.health()).ok


def test_the_hooks_do_without_the_http_client() -> None:
    code = "import sys, stacktill_notify_webhook.plugin as p; p.stacktill_plugin(); "
    code += "p.stacktill_notification(); print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


# ----------------------------------------------------------------------------------- settings


def test_settings_from_toml_and_from_the_environment() -> None:
    table = {"retry_schedule_seconds": [1, 1.5], "timeout_seconds": 2, "allow_plain_http": True}
    config = msgspec.convert(table, WebhookConfig)
    assert config.retry_schedule_seconds == (1.0, 1.5)
    texts = {"retry_schedule_seconds": ["1", "1", "2"], "allow_private_addresses": "false"}
    config = msgspec.convert(texts, WebhookConfig, strict=False)
    assert config.retry_schedule_seconds == (1.0, 1.0, 2.0)
    assert config.allow_private_addresses is False


@pytest.mark.parametrize(
    "table",
    [
        {"timeout_seconds": 0},
        {"timeout_seconds": 61},
        {"timeout_seconds": float("nan")},
        {"max_in_flight_per_target": 0},
        {"max_in_flight_per_target": 257},
        {"retry_schedule_seconds": []},
        {"retry_schedule_seconds": [1.0] * 101},
        {"retry_schedule_seconds": [-1.0]},
        {"retry_schedule_seconds": [float("inf")]},
        {"retry_schedule_seconds": [float("nan")]},
        {"retry_schedule_seconds": [604_801.0]},
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(table: dict[str, Any]) -> None:
    (key,) = table
    with pytest.raises(msgspec.ValidationError, match=key):
        msgspec.convert(table, WebhookConfig)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="retrys"):
        msgspec.convert({"retrys": 1}, WebhookConfig)


@pytest.mark.parametrize(
    ("setting", "live", "said"),
    [
        (None, False, "no live chain"),
        (True, True, "allow_private_addresses is true"),
        (None, True, None),
        (False, False, None),
    ],
)
async def test_one_line_says_that_private_addresses_are_allowed(
    open_channel: Opener,
    caplog: pytest.LogCaptureFixture,
    setting: bool | None,
    live: bool,
    said: str | None,
) -> None:
    async with open_channel(WebhookConfig(allow_private_addresses=setting), live=live) as channel:
        health = await channel.health()
    lines = [record.getMessage() for record in caplog.records]
    if said is None:
        assert lines == []
        assert "private" not in health.detail
    else:
        (line,) = lines
        assert said in line
        assert "private" in health.detail
