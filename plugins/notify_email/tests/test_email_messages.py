"""The e-mail: whatever a shop calls itself, the headers stay ours and the page stays still."""

from __future__ import annotations

import re
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugins.notify_email.tests.mail_kit import Letter, changed, settings_for

from stacktill.domain.receipts import Receipt, ReceiptItem, ReceiptKind, Store
from stacktill.testing.context import plugin_context
from stacktill_notify_email import messages
from stacktill_notify_email.addresses import parsed_address
from stacktill_notify_email.languages import LANGUAGES
from stacktill_notify_email.messages import Unsendable
from stacktill_notify_email.sender import compose
from stacktill_notify_email.words import one_line

HEADERS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]
CONTEXT = plugin_context("notify_email", settings_for(25), Path())
HOSTILE = [
    "Shop\r\nBcc: all@example.com",
    "Shop\nSubject: other",
    "Shop\r\n\r\n<script>alert(1)</script>",
    "Shop <other@example.com>",
    '"Shop", other@example.com',
    "=?utf-8?q?Shop=0D=0ABcc:_all@example.com?=",
    "\u202eshop\u2066\u0000\x1b[31m\u2028x",
    "<img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% raw %}%(store)s %s %",
    "ü" * 3_000,
    "a" * 5_000,
]


def message_of(receipt: Receipt) -> EmailMessage:
    content = compose(CONTEXT, receipt, parsed_address(receipt.recipient)).content
    assert len(content) < 64 * 1024
    for line in content.split(b"\r\n"):
        assert len(line) <= 998
        assert b"\n" not in line
        assert b"\r" not in line
    return Letter("", [], [], content, tls=False).message


def parts_of(message: EmailMessage) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "href":
                self.links.append(value or "")
            if name in ("src", "srcset", "background"):
                self.sources.append(value or "")


def check(receipt: Receipt) -> EmailMessage:
    """Hold an e-mail against what must be true of every one."""
    message = message_of(receipt)
    assert message.keys() == HEADERS
    assert message["To"] == "payer@example.com"
    assert [one.addr_spec for one in message["From"].addresses] == ["receipts@pay.example"]
    assert [one.addr_spec for one in message["Reply-To"].addresses] == ["hello@bakery.example"]
    assert message.get_content_type() == "multipart/alternative"
    _, html = parts_of(message)
    page = Page(html)
    assert set(page.tags) <= set(Page(PLAIN).tags)
    language = message["Content-Language"]
    assert page.links == [f"{receipt.url}?lang={language}"]
    assert not page.sources
    return message


PLAIN = parts_of(
    message_of(changed(livemode=False, items=(ReceiptItem("a", 1, 1),) * 30, kind="payment"))
)[1]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_words_of_a_shop_become_headers_or_markup(words: str) -> None:
    receipt = changed(
        store=Store(words, "hello@bakery.example"),
        description=words,
        items=(ReceiptItem(words, 3, 42),),
        network=words,
        payment=words,
        transaction_hash=words,
    )
    kinds: tuple[ReceiptKind, ...] = ("payment", "refund", "reversal")
    for kind in kinds:
        for language in LANGUAGES:
            check(replace(receipt, kind=kind, locales=(language,)))


@given(st.text(), st.text(), st.sampled_from(sorted(LANGUAGES)))
def test_any_words_at_all(name: str, description: str, language: str) -> None:
    message = check(
        changed(
            store=Store(name, "hello@bakery.example"),
            description=description,
            items=(ReceiptItem(description, 1, 7),),
            locales=(language,),
        )
    )
    shown = one_line(name, 64)
    if shown and shown.isascii():
        assert message["From"].addresses[0].display_name == shown


def test_a_message_with_other_headers_than_ours_does_not_go_out() -> None:
    """Should words ever get past all that, they stop here."""
    message = EmailMessage()
    message["Subject"] = "=?utf-8?q?Shop=0D=0ABcc:_all@example.com?="
    with pytest.raises(Unsendable):
        messages.check_headers(message.as_bytes(policy=SMTP), message)
    message = EmailMessage()
    message["Subject"] = "Shop"
    messages.check_headers(message.as_bytes(policy=SMTP), message)


def test_what_a_receipt_says() -> None:
    message = check(changed())
    plain, html = parts_of(message)
    assert message["Subject"] == "Your receipt from Bakery"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    for text in (plain, html):
        for words in (
            "0.00021500 BTC",
            "21,500 sats",
            "500 sats of it came beyond the price",
            "2 × Loaf",
            "14,000 sats",
            "Order 1042",
            "pi_000000000000000000000007",
            "3fa9c17d",
            "22 Nov 2026, 15:06:40 UTC",
            "https://pay.example/pay/pi_000000000000000000000007/receipt",
        ):
            assert words in text
        assert "This is a test" not in text


def test_what_a_refund_and_a_reversal_say() -> None:
    refund = check(changed(kind="refund", items=(), overpaid_sats=0, amount_sats=900))
    assert refund["Subject"] == "Your refund from Bakery"
    assert "900 sats" in parts_of(refund)[0]
    reversal = check(changed(kind="reversal", items=(), overpaid_sats=0))
    assert reversal["Subject"] == "Your payment to Bakery is no longer confirmed"
    assert "do not pay again" in " ".join(parts_of(reversal)[0].split())


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_test_says_so_in_every_language(language: str) -> None:
    live = check(changed(locales=(language,)))
    test = check(changed(locales=(language,), livemode=False))
    assert live["Subject"] in test["Subject"].replace("\u2068", "").replace("\u2069", "") or (
        language == "ar"
    )
    assert test["Subject"] != live["Subject"]
    assert len(parts_of(test)[0]) > len(parts_of(live)[0])
    assert ('dir="rtl"' in parts_of(live)[1]) == (language == "ar")
    assert test["Content-Language"] == language


def test_a_long_cart_is_cut_and_says_so() -> None:
    plain, _ = parts_of(check(changed(items=(ReceiptItem("Thing", 1, 1),) * 100)))
    assert plain.count("Thing") == 25
    assert "Further lines on the receipt: 75" in plain


@pytest.mark.parametrize("email", [None, "not an address", "a@b.example\r\nBcc: c@d.example"])
def test_without_an_address_of_the_store_nobody_is_told_to_answer(email: str | None) -> None:
    message = message_of(changed(store=Store("Bakery", email)))
    assert "Reply-To" not in message
    assert "Please ask Bakery" in parts_of(message)[0]


def test_colours_are_those_of_the_store_and_else_ours() -> None:
    _, html = parts_of(check(changed()))
    assert "#7a3e9d" in html
    for color in (None, "red;background:url(//evil.example)", '#7a3e9d"><b>'):
        store = Store("Bakery", "hello@bakery.example", None, color, "#ffffff")
        _, html = parts_of(check(changed(store=store)))
        assert "#1f2937" in html
        assert "evil" not in html
        assert "#7a3e9d" not in html
    assert not re.search(r"url\(|@import|<script|<img|<link", PLAIN)
