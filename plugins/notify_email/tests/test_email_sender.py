"""The sender: who may be written to, how often it tries, and what it says of itself."""

from __future__ import annotations

import logging
import random

import pytest
from plugins.notify_email.tests.mail_kit import Letterbox, Opener, changed, hostile, speaking

from stacktill.domain.receipts import Receipt
from stacktill.plugin import Attempt
from stacktill.plugin.notification import Outcome
from stacktill_notify_email.schedule import RetrySchedule, default_delays_seconds


async def test_test_mode_writes_to_nobody_unless_it_is_told(
    open_to: Opener, letterbox: Letterbox
) -> None:
    test = changed(livemode=False)
    async with open_to(letterbox.port) as sender:
        attempt = await sender.attempt(test)
        assert attempt.outcome == "refused"
        assert "test_recipients" in (attempt.error or "")
        assert sender.retry_delay_seconds(1, attempt) is None
    assert not letterbox.letters
    async with open_to(letterbox.port, test_recipients=("@example.com",)) as sender:
        assert (await sender.attempt(test)).outcome == "delivered"
        strange = changed(livemode=False, recipient="payer@other.example")
        assert (await sender.attempt(strange)).outcome == "refused"
    (letter,) = letterbox.letters
    assert letter.message["Subject"] == "Test: Your receipt from Bakery"


async def test_an_address_that_is_none_is_refused(open_to: Opener, letterbox: Letterbox) -> None:
    async with open_to(letterbox.port) as sender:
        attempt = await sender.attempt(changed(recipient="payer@example.com\r\nRCPT TO:<a@b.c>"))
        assert attempt.outcome == "refused"
        assert "receipt_email" in (attempt.error or "")
    assert not letterbox.letters


async def test_health_tells_how_it_goes_and_never_makes_the_box_unready(
    open_to: Opener, letterbox: Letterbox, receipt: Receipt
) -> None:
    async with hostile(speaking(b"")) as port, open_to(port) as sender:
        assert "127.0.0.1" in (await sender.health()).detail
        await sender.attempt(receipt)
        await sender.attempt(receipt)
        health = await sender.health()
    assert health.ok
    assert "the last 2 attempts failed" in health.detail
    assert health.figures["failing"] == 2
    async with open_to(letterbox.port) as sender:
        await sender.attempt(receipt)
        health = await sender.health()
        assert (health.figures["sent"], health.figures["failing"]) == (1, 0)


async def test_the_log_knows_no_addresses(
    open_to: Opener, letterbox: Letterbox, caplog: pytest.LogCaptureFixture
) -> None:
    letterbox.answers["RCPT"] = "550 payer@example.com is unknown"
    with caplog.at_level(logging.DEBUG, "stacktill"):
        async with open_to(letterbox.port) as sender:
            attempt = await sender.attempt(changed())
            assert sender.retry_delay_seconds(1, attempt) is None
    said = "".join(str(vars(record)) for record in caplog.records)
    assert "email.attempted" in said
    assert "email.given_up" in said
    assert "payer@" not in said


def test_pauses_grow_and_end() -> None:
    failed = Attempt("failed", 1)
    for live in (True, False):
        delays = default_delays_seconds(live=live)
        assert list(delays) == sorted(delays)
        assert 40 * 3600 < sum(delays) < 60 * 3600
        schedule = RetrySchedule(delays, chance=random.Random(7))
        for number, planned in enumerate(delays, 1):
            delay = schedule.delay_seconds(number, failed)
            assert delay is not None
            assert planned * 0.8 <= delay <= planned * 1.2
        assert schedule.delay_seconds(len(delays) + 1, failed) is None
    final: tuple[Outcome, ...] = ("delivered", "refused", "gone")
    for outcome in final:
        assert RetrySchedule((1.0,)).delay_seconds(1, Attempt(outcome, 1)) is None
