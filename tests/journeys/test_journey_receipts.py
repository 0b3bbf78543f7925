"""Journeys of receipts: from a payment to the payer's letterbox, whatever the mail server does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from tests.contract import check_answer
from tests.letters import PostOffice, SilentPostOffice
from tests.served import Mailbox, Served, Shop, until


@pytest.fixture(scope="module")
def post() -> Iterator[PostOffice]:
    with PostOffice() as office:
        yield office


@pytest.fixture(scope="module")
def sender(post: PostOffice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance that sends receipts."""
    folder = tmp_path_factory.mktemp("receipts") / "data"
    with Served.running(folder, **post.settings) as appliance:
        appliance.http.event_hooks = {"response": [check_answer]}
        yield appliance


@pytest.fixture
def shop(sender: Served) -> Shop:
    return sender.shop()


def receipts_of(shop: Shop, intent: dict[str, Any], *, count: int) -> list[dict[str, Any]]:
    """The log of an intent's receipts, newest first, once so many are settled."""
    charge = shop.read(intent)["latest_charge"]

    def settled() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = shop.get(f"/v1/charges/{charge}/receipts")["data"]
        done = [one for one in found if one["status"] != "pending"]
        return done if len(done) >= count else []

    return until(settled)


def test_a_payment_its_refund_and_their_receipts(post: PostOffice, shop: Shop) -> None:
    intent = shop.intent(20_000, receipt_email="ann@example.com", description="Order 7")
    shop.pay(intent)
    (letter,) = post.letters_to("ann@example.com", count=1)
    message = letter.message
    assert message["Subject"].startswith("Test: Your receipt from Shop ")
    assert message["From"].addresses[0].addr_spec == "receipts@pay.example"
    assert message["Reply-To"].addresses[0].addr_spec.endswith("@example.com")
    plain = message.get_body(("plain",))
    assert plain is not None
    charge = shop.get(f"/v1/charges/{shop.read(intent)['latest_charge']}")
    for words in ("20,000 sats", "Order 7", intent["id"], charge["receipt_url"]):
        assert words in plain.get_content()
    assert charge["receipt_email"] == "ann@example.com"
    page = shop.http.get(charge["receipt_url"], params={"lang": "fr"})
    assert page.status_code == 200
    assert page.headers["content-language"] == "fr"
    assert charge["payment_method_details"]["crypto"]["transaction_hash"] in page.text
    (logged,) = receipts_of(shop, intent, count=1)
    assert (logged["status"], logged["attempt_count"]) == ("delivered", 1)
    assert logged["attempts"][0]["response_status"] == 250
    assert message["Message-ID"] == f"<{logged['event']}@pay.example>"
    refund = shop.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 5_000})
    shop.post(f"/v1/test_helpers/refunds/{refund['id']}/sign")
    _, second = post.letters_to("ann@example.com", count=2)
    assert second.message["Subject"].startswith("Test: Your refund from Shop ")
    assert len(receipts_of(shop, intent, count=2)) == 2


def test_a_session_in_the_payers_language(post: PostOffice, shop: Shop) -> None:
    line = {
        "price_data": {"currency": "btc", "unit_amount": 1_500, "product_data": {"name": "Tee"}},
        "quantity": 2,
    }
    session = shop.post(
        "/v1/checkout/sessions",
        {
            "mode": "payment",
            "line_items": [line],
            "success_url": "https://shop.example/",
            "customer_email": "ben@example.com",
            "locale": "de",
        },
    )
    shop.pay(session)
    (letter,) = post.letters_to("ben@example.com", count=1)
    assert letter.message["Subject"].startswith("Test: Ihre Quittung von Shop ")
    plain = letter.message.get_body(("plain",))
    assert plain is not None
    assert "2 × Tee" in plain.get_content()
    assert "3.000 sats" in plain.get_content()


def test_a_reversal_is_told(post: PostOffice, shop: Shop) -> None:
    intent = shop.intent(20_000, receipt_email="cleo@example.com")
    shop.pay(intent)
    post.letters_to("cleo@example.com", count=1)
    receipts_of(shop, intent, count=1)
    shop.sandbox("reorg", depth=3, drop=True)
    _, note = post.letters_to("cleo@example.com", count=2)
    assert "is no longer confirmed" in note.message["Subject"]


def test_never_and_later(post: PostOffice, shop: Shop) -> None:
    later = shop.intent(20_000, receipt_email="dora@example.com")
    post.box.answers["RCPT"] = "451 later"
    try:
        shop.pay(later)
        time.sleep(0.5)
    finally:
        post.box.answers.clear()
    post.letters_to("dora@example.com", count=1)
    (logged,) = receipts_of(shop, later, count=1)
    assert logged["status"] == "delivered"
    assert {one["response_status"] for one in logged["attempts"]} == {451, 250}
    never = shop.intent(20_000, receipt_email="emil@example.com")
    post.box.answers["RCPT"] = "550 no such user"
    try:
        shop.pay(never)
        (logged,) = receipts_of(shop, never, count=1)
    finally:
        post.box.answers.clear()
    assert (logged["status"], logged["attempt_count"]) == ("dead", 1)
    (attempt,) = logged["attempts"]
    assert (attempt["outcome"], attempt["response"]) == ("refused", "no such user")


def test_test_mode_writes_to_nobody_else(post: PostOffice, shop: Shop) -> None:
    intent = shop.intent(20_000, receipt_email="stranger@other.example")
    shop.pay(intent)
    (logged,) = receipts_of(shop, intent, count=1)
    assert logged["status"] == "dead"
    assert "test_recipients" in logged["attempts"][0]["error"]
    assert not [one for one in post.box.letters if one.recipients == ["stranger@other.example"]]


def test_the_command_sends_a_test(post: PostOffice, sender: Served) -> None:
    said = sender.run("email", "test", "operator@elsewhere.example", "--language", "ja")
    assert "took the message" in said
    (letter,) = post.letters_to("operator@elsewhere.example", count=1)
    assert "領収書" in letter.message["Subject"]


def test_the_sdk_reads_receipts(shop: Shop) -> None:
    client = shop.sdk()
    intent = client.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "btc",
            "confirm": True,
            "receipt_email": "fay@example.com",
            "expand": ["latest_charge"],
        }
    )
    assert intent.receipt_email == "fay@example.com"
    shop.pay({"id": intent.id})
    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    charge: Any = paid.latest_charge
    assert charge.receipt_email == "fay@example.com"
    assert charge.receipt_url == f"{shop.url}/pay/{intent.id}/receipt"
    changed = client.v1.charges.update(charge.id, {"receipt_email": "gil@example.com"})
    assert changed.receipt_email == "gil@example.com"


def test_a_mail_server_that_hangs_delays_no_webhook(
    tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox
) -> None:
    folder = tmp_path_factory.mktemp("hanging") / "data"
    with (
        SilentPostOffice() as silent,
        Served.running(folder, **silent.settings) as appliance,
    ):
        shop = appliance.shop()
        mailbox.open_at(shop, enabled_events=["payment_intent.succeeded"])
        waits = []
        for number in range(10):
            intent = shop.intent(20_000, receipt_email=f"payer{number}@example.com")
            shop.pay(intent)
            began = time.monotonic()
            mailbox.wait("payment_intent.succeeded", count=number + 1, seconds=30)
            waits.append(time.monotonic() - began)
        # The mail server would be waited for a minute.
        assert max(waits) < 20, waits
        report = shop.http.get(f"{shop.url}/health/ready")
        assert report.status_code == 200


def test_a_kill_between_the_servers_yes_and_our_note_sends_the_same_message_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("killed") / "data"
    with PostOffice() as post:
        mortal = Served(folder, **post.settings, STACKTILL_CRASH_AT="deliver.after_attempt")
        mortal.start()
        shop = mortal.shop()
        intent = shop.intent(20_000, receipt_email="ida@example.com")
        # The answer may be lost with the process.
        with suppress(httpx.TransportError):
            shop.pay(intent)
        post.letters_to("ida@example.com", count=1)
        mortal.kill()
        mortal.http.close()
        with Served.running(folder, **post.settings) as reborn:
            first, second = post.letters_to("ida@example.com", count=2)
            assert first.message["Message-ID"] == second.message["Message-ID"]
            # The books, the keys and the shop are the same; the port is another.
            again = Shop(reborn.url, shop.id, shop.secret_key, shop.publishable_key, reborn.http)
            (logged,) = receipts_of(again, intent, count=1)
            assert (logged["status"], logged["attempt_count"]) == ("delivered", 1)
            assert len(post.box.letters) == 2
