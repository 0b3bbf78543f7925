"""Notices by e-mail: what a merchant reads, in every language, and what no thief can put into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from plugins.notify_email.tests.mail_kit import Letterbox, Opener, settings_for

from stacktill.domain.addresses import AddressChange
from stacktill.domain.notices import EmailChange, Notice, NoticeKind
from stacktill.plugin import PluginContext
from stacktill_notify_email.addresses import parsed_address
from stacktill_notify_email.config import EmailConfig
from stacktill_notify_email.languages import LANGUAGES, tongue
from stacktill_notify_email.notice_letters import notice_letter
from stacktill_notify_email.sender import compose_notice

CHANGE = AddressChange(
    id="sa_000000000000000000000007",
    merchant_id="acct_000000000000000000000001",
    livemode=True,
    created=1_795_000_000,
    chain_id="stacks:1",
    address="SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7",
    form="wallet",
    replaces="SP000000000000000000002Q6VF78",
    message="the words to sign",
    sign_before=1_795_086_400,
    status="scheduled",
    effective_at=1_795_360_000,
)
NOTICE = Notice(
    id="dlv_000000000000000000000042",
    kind="scheduled",
    livemode=True,
    recipient="owner@example.com",
    store_id="acct_000000000000000000000001",
    store_name="Bakery",
    moment=1_795_360_000,
    news=CHANGE,
)
KINDS: tuple[tuple[NoticeKind, Any], ...] = (
    ("scheduled", CHANGE),
    ("will_activate", CHANGE),
    ("activated", replace(CHANGE, status="active", authority="current_wallet")),
    ("activated", replace(CHANGE, status="active", authority="delay")),
    ("activated", replace(CHANGE, status="active", authority="first_address", replaces=None)),
    ("canceled", replace(CHANGE, status="canceled")),
    ("email_changed", EmailChange("thief@example.net", 1_798_000_000)),
    ("email_changed", EmailChange(None, 1_798_000_000)),
)


async def sent(open_notices_to: Opener, letterbox: Letterbox, notice: Notice) -> EmailMessage:
    async with open_notices_to(letterbox.port) as sender:
        assert (await sender.attempt(notice)).outcome == "delivered"
    return letterbox.letters[-1].message


def parts(message: EmailMessage) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


async def test_an_announced_change_as_the_mail_server_gets_it(
    open_notices_to: Opener, letterbox: Letterbox
) -> None:
    message = await sent(open_notices_to, letterbox, NOTICE)
    assert message["Subject"] == "Bakery: The address you are paid at will change"
    assert str(message["From"]) == "stacktill <receipts@pay.example>"
    assert message["To"] == "owner@example.com"
    assert message["Message-ID"] == "<dlv_000000000000000000000042@pay.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] is None
    for text in parts(message):
        for words in (
            CHANGE.address,
            str(CHANGE.replaces),
            "stacks:1",
            NOTICE.store_id,
            f"stacktill merchant address cancel {CHANGE.id} --merchant {NOTICE.store_id} --live",
            "22 Nov 2026",
        ):
            assert words in text, words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "news"), KINDS)
def test_every_notice_in_every_language(
    context: Callable[[EmailConfig], PluginContext], kind: NoticeKind, news: Any, language: str
) -> None:
    notice = replace(NOTICE, kind=kind, news=news, locales=(language,))
    made = compose_notice(context(settings_for(25)), notice, parsed_address("owner@example.com"))
    assert f"Content-Language: {language}".encode() in made.content
    letter = notice_letter(notice, tongue(language))
    assert ("In English: " in " ".join(letter.paragraphs)) is (language != "en")
    # Nothing to press: whoever forges such an e-mail needs a link, and we need none.
    assert b"href=" not in made.content
    assert b"http" not in made.content
    assert letter.url is None
    assert letter.amount is None


def test_what_is_said_fits_what_happened() -> None:
    said = {}
    for kind, news in KINDS:
        letter = notice_letter(replace(NOTICE, kind=kind, news=news), tongue("en"))
        said[kind, getattr(news, "authority", None)] = " ".join(letter.paragraphs)
        names = [row.name for row in letter.rows]
        assert ("Cancel it with" in names) is (kind in ("scheduled", "will_activate"))
        assert ("Old address" in names) is (getattr(news, "replaces", None) is not None)
    assert "has not signed" in said["scheduled", None]
    assert "has signed" in said["activated", "current_wallet"]
    assert "nobody canceled" in said["activated", "delay"]
    assert "first address" in said["activated", "first_address"]
    assert "same address as before" in said["canceled", None]
    assert "this address too is told" in said["email_changed", None]


def test_test_mode_says_so_and_cancels_in_test_mode() -> None:
    letter = notice_letter(replace(NOTICE, livemode=False), tongue("en"))
    assert letter.subject.startswith("Test: ")
    assert letter.warning is not None
    (command,) = [row.text for row in letter.rows if row.name == "Cancel it with"]
    assert command.startswith("stacktill merchant address cancel ")
    assert "--live" not in command


@pytest.mark.parametrize(
    "name",
    [
        "Bakery\r\nBcc: all@example.net",
        "=?utf-8?q?x=0D=0ABcc:_all=40example.net?=",
        "Bakery\u2028Bcc: all@example.net\x00",
        "<script>alert(1)</script>",
        '<a href="https://thief.example">',
        "\u202etset a si siht",
        "B" * 5_000,
        "",
    ],
)
async def test_a_stores_name_is_words_and_nothing_else(
    open_notices_to: Opener, letterbox: Letterbox, name: str
) -> None:
    message = await sent(open_notices_to, letterbox, replace(NOTICE, store_name=name))
    assert message["Bcc"] is None
    assert letterbox.letters[-1].recipients == ["owner@example.com"]
    assert str(message["From"]) == "stacktill <receipts@pay.example>"
    assert message["Subject"].endswith(": The address you are paid at will change")
    plain, html = parts(message)
    assert "<script" not in html
    assert "href=" not in html.replace("href=&#34;", "")
    assert "\u202e" not in plain + html
    assert len(str(message["Subject"])) < 200


async def test_a_new_email_address_is_words_and_nothing_else(
    open_notices_to: Opener, letterbox: Letterbox
) -> None:
    news = EmailChange("<b>x</b>\r\nX: y@" + "z" * 9_000, 1_798_000_000)
    notice = replace(NOTICE, kind="email_changed", news=news)
    plain, html = parts(await sent(open_notices_to, letterbox, notice))
    assert "<b>x" not in html
    assert "<b>x</b> X: y@zzz" in plain
    assert "z" * 300 not in plain


async def test_nobody_is_written_to_who_must_not_be(
    open_notices_to: Opener, letterbox: Letterbox
) -> None:
    async with open_notices_to(letterbox.port, test_recipients=("@shop.example",)) as sender:
        test = replace(NOTICE, livemode=False)
        refused = await sender.attempt(test)
        assert (refused.outcome, "test_recipients" in (refused.error or "")) == ("refused", True)
        assert (await sender.attempt(replace(test, recipient="a@shop.example"))).outcome == (
            "delivered"
        )
        bad = await sender.attempt(replace(NOTICE, recipient="a@example.com\r\nRCPT TO:<b@c.d>"))
        assert (bad.outcome, (bad.error or "").startswith("email: ")) == ("refused", True)
        assert len(letterbox.letters) == 1


async def test_health_tells_notices_from_receipts(
    open_notices_to: Opener, letterbox: Letterbox
) -> None:
    async with open_notices_to(letterbox.port) as sender:
        assert (await sender.health()).detail == f"notices go by 127.0.0.1:{letterbox.port}"
        letterbox.answers["DATA"] = "451 later"
        failed = await sender.attempt(NOTICE)
        assert sender.retry_delay_seconds(1, failed) is not None
        letterbox.answers["DATA"] = "550 never"
        refused = await sender.attempt(NOTICE)
        assert (refused.outcome, sender.retry_delay_seconds(1, refused)) == ("refused", None)
        health = await sender.health()
        assert health.ok
        assert (health.figures["failing"], health.figures["refused"]) == (1, 1)
