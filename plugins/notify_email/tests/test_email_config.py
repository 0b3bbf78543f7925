"""The settings: what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from plugins.notify_email.tests.mail_kit import settings_for

from stacktill.domain.errors import ConfigError
from stacktill.testing.context import plugin_context
from stacktill_notify_email.config import EmailConfig, is_loopback
from stacktill_notify_email.opening import open_receipts

ADDRESS = "receipts@pay.example"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"host": "smtp example"}, "host"),
        ({"host": "smtp\r\nexample"}, "host"),
        ({"from_address": "receipts"}, "from_address"),
        ({"from_address": "Shop <receipts@pay.example>"}, "from_address"),
        ({"from_address": "a@b.example\r\nBcc: c@d.example"}, "from_address"),
        ({"username": "till"}, "password"),
        ({"password": "secret"}, "username"),
        ({"test_recipients": ("me",)}, "test_recipients"),
        ({"retry_schedule_seconds": ()}, "retry_schedule_seconds"),
        ({"retry_schedule_seconds": (float("nan"),)}, "retry_schedule_seconds"),
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        EmailConfig(**{"host": "smtp.example", "from_address": ADDRESS, **settings})


@pytest.mark.parametrize(
    "host", ["smtp.example", "10.0.0.5", "localhost.example", "127.0.0.1.example"]
)
def test_a_password_never_goes_over_the_network_in_clear_text(host: str) -> None:
    login: dict[str, Any] = {"username": "till", "password": "secret", "from_address": ADDRESS}
    with pytest.raises(ValueError, match="clear text"):
        EmailConfig(host=host, security="none", **login)
    assert EmailConfig(host=host, security="tls", **login).server_port == 465
    assert EmailConfig(host=host, **login).server_port == 587


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "LOCALHOST"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)
    found = EmailConfig(
        host=host, security="none", username="a", password="b", from_address=ADDRESS
    )
    assert found.server_port == 25


def test_it_is_read_from_a_file() -> None:
    table = {
        "host": "smtp.example",
        "port": 2525,
        "from_address": ADDRESS,
        "test_recipients": ["@example.com"],
        "timeout_seconds": 5,
        "retry_schedule_seconds": [1, 2.5],
    }
    config = msgspec.convert(table, EmailConfig)
    assert (config.server_port, config.retry_schedule_seconds) == (2525, (1.0, 2.5))
    for wrong in ({"port": 0}, {"timeout_seconds": 0}, {"max_in_flight": 65}, {"hots": "x"}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**table, **wrong}, EmailConfig)


async def test_authorities_that_are_none_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for file in ("ca.pem", "absent.pem"):
        config = settings_for(25, security="tls", ca_file=str(tmp_path / file))
        with pytest.raises(ConfigError, match="ca_file"):
            async with open_receipts(plugin_context("notify_email", config, tmp_path)):
                pass
