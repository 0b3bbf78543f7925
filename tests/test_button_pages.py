"""A pay button in a page of plain HTML: pressed, and edited in every way that a visitor can think of."""

from __future__ import annotations

import html
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.served import Mailbox, Shop

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def made(shop: Shop, **params: Any) -> dict[str, Any]:
    return shop.post("/v1/pay_buttons", {"amount": 15_000, **params})


def token_of(button: dict[str, Any]) -> str:
    """What a browser would send of the form."""
    found = re.search(r'name="token" value="([^"]*)"', button["html"])
    assert found is not None
    return html.unescape(found[1])


def press(shop: Shop, token: str, **more: Any) -> httpx.Response:
    return shop.http.post(f"{shop.url}/button", data={"token": token}, **more)


def words(answer: httpx.Response) -> str:
    body = answer.text.partition("<body>")[2].translate({0x2068: None, 0x2069: None})
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body)))


def test_a_press_leads_to_paying_exactly_that(shop: Shop, mailbox: Mailbox) -> None:
    mailbox.open_at(shop)
    button = made(
        shop,
        description="Order <7>",
        metadata={"order": "7"},
        return_url="https://shop.example/thanks",
    )
    # From another site, as buttons are.
    cross = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    answer = press(shop, token_of(button), headers=cross)
    assert answer.status_code == 303
    intent = shop.get(f"/v1/payment_intents/{answer.headers['location'].removeprefix('/pay/')}")
    assert (intent["amount"], intent["status"]) == (15_000, "requires_action")
    assert (intent["metadata"], intent["description"]) == ({"order": "7"}, "Order <7>")
    shop.pay(intent)
    told = mailbox.wait("payment_intent.succeeded")[0]
    assert told["data"]["object"]["metadata"] == {"order": "7"}
    page = shop.http.get(f"{shop.url}/pay/{intent['id']}").text
    assert "https://shop.example/thanks?payment_intent=" in html.unescape(page)


def test_by_its_address_it_only_shows(shop: Shop) -> None:
    button = made(shop, description="Coffee")
    query = parse_qs(urlsplit(button["url"]).query)
    answer = shop.http.get(f"{shop.url}/button", params=query)
    assert answer.status_code == 200
    assert "0.00015000 BTC" in words(answer)
    assert "Coffee" in words(answer)
    assert "<script" not in answer.text
    assert shop.get("/v1/payment_intents")["data"] == []
    assert press(shop, token_of(button)).status_code == 303


def test_edited_terms_buy_nothing(shop: Shop) -> None:
    token = token_of(made(shop))
    body, _, signature = token.partition(".")
    terms = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    for old, new in (
        (b"15000", b"1"),
        (b'"livemode":false', b'"livemode":true'),
        (shop.id.encode(), b"acct_someone"),
    ):
        assert old in terms
        forged = urlsafe_b64encode(terms.replace(old, new)).decode().rstrip("=")
        answer = press(shop, f"{forged}.{signature}")
        assert answer.status_code == 400
        assert "This pay button was changed" in words(answer)
    assert shop.get("/v1/payment_intents")["data"] == []


@pytest.mark.parametrize(
    "token", ["", ".", "x", "a.b.c", "é", NASTY, "A" * 20_000, "eyJ9.0001.AAAA", "\u0000"]
)
def test_what_is_no_token(shop: Shop, token: str) -> None:
    answer = press(shop, token)
    assert answer.status_code == 400
    assert "alert(1)" not in answer.text
    shown = shop.http.get(f"{shop.url}/button", params={"token": token[:500]})
    assert shown.status_code == 400


def test_other_fields_of_the_form_mean_nothing(shop: Shop) -> None:
    fields = {"token": token_of(made(shop)), "amount": "1", "merchant_id": "acct_x"}
    answer = shop.http.post(f"{shop.url}/button", data=fields)
    intent = shop.get(f"/v1/payment_intents/{answer.headers['location'].removeprefix('/pay/')}")
    assert intent["amount"] == 15_000
    twice = shop.http.post(
        f"{shop.url}/button",
        content=f"token={fields['token']}&token=x",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert twice.status_code == 400
    nested = shop.http.post(f"{shop.url}/button", data={"token[]": fields["token"]})
    assert nested.status_code == 400


def test_after_its_time(shop: Shop) -> None:
    button = made(shop)
    short = made(shop, expires_at=button["expires_at"] - 30 * 86_400 + 120)
    assert press(shop, token_of(short)).status_code == 303
    shop.sandbox("advance", seconds=600)
    answer = press(shop, token_of(short))
    assert answer.status_code == 410
    assert "The time of this pay button is over" in words(answer)


def test_words_stay_words(shop: Shop) -> None:
    shop.post("/v1/account", {"business_profile": {"name": NASTY}})
    button = made(shop, description=NASTY, label=NASTY)
    answer = shop.http.get(f"{shop.url}/button", params=parse_qs(urlsplit(button["url"]).query))
    for text in (button["html"], answer.text):
        assert "<script" not in text
        assert "<img" not in text
    assert NASTY in words(answer)


def test_in_the_readers_language(shop: Shop) -> None:
    answer = press(shop, "x", headers={"Accept-Language": "de"})
    assert '<html lang="de"' in answer.text
