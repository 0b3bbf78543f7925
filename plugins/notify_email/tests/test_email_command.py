"""``stacktill email test``: it sends, or says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from plugins.notify_email.tests.mail_kit import (
    Authority,
    Letterbox,
    hostile,
    letterbox_at,
    settings_for,
    speaking,
)

from stacktill.plugin import PluginContext
from stacktill_notify_email.config import EmailConfig
from stacktill_notify_email.plugin import stacktill_commands

Context = Callable[[EmailConfig], PluginContext]


async def run(context: Context, port: int, *words: str, **settings: Any) -> Result:
    (group,) = stacktill_commands(context(settings_for(port, **settings)))
    assert isinstance(group, click.Group)
    assert group.name == "email"
    # In a thread, as the command has an event loop of its own and the mail server needs this one.
    return await asyncio.to_thread(CliRunner().invoke, group, ["test", *words])


async def test_a_message_goes_whatever_test_mode_may(
    context: Context, letterbox: Letterbox
) -> None:
    result = await run(context, letterbox.port, "me@example.com")
    assert result.exit_code == 0, result.output
    assert "took the message <evt_test_" in result.output
    assert "taken as 42" in result.output
    (letter,) = letterbox.letters
    assert letter.recipients == ["me@example.com"]
    assert letter.message["Subject"] == "Test: Your receipt from stacktill"


async def test_in_another_language(context: Context, letterbox: Letterbox) -> None:
    await run(context, letterbox.port, "me@example.com", "--language", "fr")
    await run(context, letterbox.port, "me@example.com", default_language="de")
    french, german = letterbox.letters
    assert french.message["Subject"] == "Test : Votre reçu de stacktill"
    assert german.message["Subject"] == "Test: Ihre Quittung von stacktill"


@pytest.mark.parametrize(
    ("answers", "settings", "said"),
    [
        ({"RCPT": "550 no such user"}, {}, "will not take this message"),
        ({"DATA": "451 try later"}, {}, "may take it later"),
        ({}, {"username": "till", "password": "hidden-one"}, "Check username, password"),
        ({}, {"security": "starttls"}, "whether the server speaks STARTTLS"),
        ({}, {"security": "tls"}, "Check host, port and security"),
    ],
)
async def test_a_failure_says_what_to_do(
    context: Context, answers: dict[str, str], settings: dict[str, Any], said: str
) -> None:
    async with letterbox_at() as letterbox:
        letterbox.answers.update(answers)
        result = await run(context, letterbox.port, "me@example.com", **settings)
    assert result.exit_code == 1
    assert f"127.0.0.1:{letterbox.port}" in result.output
    assert said in result.output
    assert "hidden-one" not in result.output


async def test_a_certificate_that_is_not_accepted_says_what_to_set(
    context: Context, authority: Authority
) -> None:
    async with letterbox_at(tls=authority.server("127.0.0.1")) as box:
        result = await run(context, box.port, "me@example.com", security="starttls")
    assert "certificate was not accepted: unable to get local issuer" in result.output
    assert "ca_file names the authorities" in result.output


async def test_a_server_that_hangs_and_an_address_that_is_none(context: Context) -> None:
    async with hostile(speaking(None)) as port:
        result = await run(context, port, "me@example.com", timeout_seconds=0.3)
    assert result.exit_code == 1
    assert "not done within 0.3 seconds" in result.output
    result = await run(context, 25, "me at example")
    assert result.exit_code == 1
    assert "TO: it must be an e-mail address such as name@example.com." in result.output
