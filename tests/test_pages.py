"""The pages for people: the payer's, from the first visit to the receipt, and the API reference."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.served import Served, Shop

ITEM = {
    "price_data": {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Tea <b>"}},
    "quantity": 2,
}
SUCCESS = "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}"
POLICY = "default-src 'none'"


def visit(shop: Shop, id: str, method: str = "GET", status: int = 200) -> str:
    """The page of a payment as text without tags; it must be one that a browser can trust."""
    answer = shop.http.request(method, f"{shop.url}/pay/{id}", follow_redirects=True)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(POLICY)
    assert "unsafe" not in policy
    assert policy.endswith("frame-ancestors 'none'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert re.findall(r"<script[^>]*>[^<]", answer.text) == []
    assert re.findall(r"\s(?:style|on\w+)=", answer.text) == []
    body = answer.text.partition("<body>")[2].translate({0x2068: None, 0x2069: None})
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body)))


def raw(shop: Shop, id: str) -> str:
    return shop.http.get(f"{shop.url}/pay/{id}").text


def test_an_intent_from_the_button_to_the_receipt(shop: Shop) -> None:
    intent = shop.post(
        "/v1/payment_intents",
        {"amount": 123_456_789, "currency": "btc", "description": "Order <7>"},
    )
    assert "1.23456789 BTC" in visit(shop, intent["id"])
    assert "Order <7>" in visit(shop, intent["id"])
    assert "http-equiv" not in raw(shop, intent["id"])
    assert shop.read(intent)["status"] == "requires_payment_method"
    started = shop.http.post(f"{shop.url}/pay/{intent['id']}")
    assert started.status_code == 303
    assert started.headers["location"] == f"/pay/{intent['id']}"
    details = shop.read(intent)["next_action"]["crypto_display_details"]
    page = visit(shop, intent["id"])
    for shown in (
        details["deposit_addresses"]["stacks"]["address"],
        bytes.fromhex(details["memo"]).decode(),
        "Send 1.23456789 sBTC",
        f"stacktill sandbox pay {intent['id']}",
    ):
        assert shown in page
    assert '<noscript><meta http-equiv="refresh" content="5">' in raw(shop, intent["id"])
    shop.pay(intent, amount=100_000_000, mine=False)
    shop.sandbox("mine")
    assert "Send the rest: 0.23456789 sBTC" in visit(shop, intent["id"])
    assert "the receipt" not in visit(shop, f"{intent['id']}/receipt")
    shop.pay(intent)
    assert "Thank you. The payment is final." in visit(shop, intent["id"])
    assert shop.read(intent)["status"] == "succeeded"
    assert "http-equiv" not in raw(shop, intent["id"])
    receipt = visit(shop, f"{intent['id']}/receipt")
    for shown in ("Receipt", "1.23456789 BTC", intent["id"], "Order <7>"):
        assert shown in receipt


def test_starting_twice_starts_once(shop: Shop) -> None:
    intent = shop.post("/v1/payment_intents", {"amount": 500, "currency": "btc"})
    visit(shop, intent["id"], "POST")
    before = shop.read(intent)
    visit(shop, intent["id"], "POST")
    assert shop.read(intent) == before


def test_a_payment_on_its_way(shop: Shop) -> None:
    intent = shop.intent(50_000_000)
    shop.pay(intent, mine=False)
    shop.sandbox("mine")
    assert shop.read(intent)["status"] == "processing"
    page = visit(shop, intent["id"])
    assert "Your payment has arrived" in page
    assert "1 of 6 Bitcoin blocks" in page
    shop.sandbox("mine", count=2, bitcoin=True)
    assert "3 of 6 Bitcoin blocks" in visit(shop, intent["id"])


def test_too_much_is_explained(shop: Shop) -> None:
    intent = shop.intent(20_000)
    shop.pay(intent, amount=25_000)
    assert "You sent 5,000 sats more than was asked for." in visit(shop, intent["id"])


def test_a_receipt_says_what_arrived(shop: Shop) -> None:
    shop.post("/v1/account", {"payment_policy": {"underpaid_tolerance_ppm": 10_000}})
    for sats, said in (
        (19_900, "Arrived19,900 sats"),
        (20_000, ""),
        (21_000, "Arrived21,000 sats"),
    ):
        intent = shop.intent(20_000)
        shop.pay(intent, amount=sats)
        for path in (intent["id"], f"{intent['id']}/receipt"):
            page = visit(shop, path)
            assert "0.00020000 BTC" in page
            assert said in page if said else "Arrived" not in page


@pytest.mark.parametrize("end", ["canceled", "expired"])
def test_an_end_is_explained(shop: Shop, end: str) -> None:
    intent = shop.intent(600)
    if end == "canceled":
        shop.post(f"/v1/payment_intents/{intent['id']}/cancel")
    else:
        shop.sandbox("expire", payment=intent["id"])
    page = visit(shop, intent["id"])
    assert {"canceled": "Canceled", "expired": "The time is over"}[end] in page
    assert "Do not send anything" in page
    shop.pay(intent)
    late = "600 sats arrived after the time was over. They are not lost"
    unneeded = "600 sats arrived that this payment did not need any more. They are not lost"
    assert {"canceled": unneeded, "expired": late}[end] in visit(shop, intent["id"])
    (deposit,) = shop.get("/v1/deposits", {"status": "unmatched"})["data"]
    refund = shop.post(f"/v1/deposits/{deposit['id']}/refund")
    shop.post(f"/v1/test_helpers/refunds/{refund['id']}/sign")
    assert "has sent 600 sats back to you" in visit(shop, intent["id"])


def test_a_session_leads_back_to_the_shop(shop: Shop) -> None:
    session = shop.post(
        "/v1/checkout/sessions",
        {"line_items": [ITEM], "success_url": SUCCESS, "cancel_url": "https://shop.example/cart"},
    )
    page = visit(shop, session["id"])
    assert "Tea <b> × 2" in page
    assert "0.00001400 BTC" in page
    assert "<b>" not in raw(shop, session["id"])
    assert "https://shop.example/cart" in raw(shop, session["id"])
    assert session["url"] == f"{shop.url}/pay/{session['id']}"
    visit(shop, session["id"], "POST")
    shop.pay(session)
    url = SUCCESS.replace("{CHECKOUT_SESSION_ID}", session["id"])
    assert f'href="{html.escape(url)}"' in raw(shop, session["id"])
    assert "Thank you." in visit(shop, session["id"])


def test_a_session_that_ended(shop: Shop) -> None:
    session = shop.post("/v1/checkout/sessions", {"line_items": [ITEM], "success_url": SUCCESS})
    shop.post(f"/v1/checkout/sessions/{session['id']}/expire")
    assert "The time is over" in visit(shop, session["id"])
    assert "This cannot be done" in visit(shop, session["id"], "POST", 400)


def test_a_session_is_started_again_when_its_payment_has_ended(shop: Shop) -> None:
    session = shop.post("/v1/checkout/sessions", {"line_items": [ITEM], "success_url": SUCCESS})
    visit(shop, session["id"], "POST")
    first = shop.get(f"/v1/checkout/sessions/{session['id']}")["payment_intent"]
    shop.sandbox("expire", payment=first)
    for id in (session["id"], first):
        assert "Start again" in visit(shop, id)
    again = shop.http.post(f"{shop.url}/pay/{first}")
    assert again.headers["location"] == f"/pay/{session['id']}"
    assert "Send 0.00001400 sBTC" in visit(shop, session["id"])
    assert shop.get(f"/v1/checkout/sessions/{session['id']}")["payment_intent"] != first


def test_a_link_makes_a_session_for_each_visit(shop: Shop) -> None:
    done = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Enjoy!"}}
    link = shop.post("/v1/payment_links", {"line_items": [ITEM], "after_completion": done})
    assert "Tea <b> × 2" in visit(shop, link["id"])
    places = []
    for _ in range(2):
        answer = shop.http.post(f"{shop.url}/pay/{link['id']}")
        assert answer.status_code == 303
        places.append(answer.headers["location"].removeprefix("/pay/"))
    assert len(set(places)) == 2
    assert places[0].startswith("cs_test_")
    assert "Send 0.00001400 sBTC" in visit(shop, places[0])
    shop.pay({"id": places[0]})
    assert "Enjoy!" in visit(shop, places[0])
    shop.post(f"/v1/payment_links/{link['id']}", {"active": False, "inactive_message": "Sold out"})
    assert "Sold out" in visit(shop, link["id"])
    visit(shop, link["id"], "POST", 400)
    shop.post(f"/v1/checkout/sessions/{places[1]}/expire")
    assert f'href="/pay/{link["id"]}"' in raw(shop, places[1])


def test_only_the_shops_server_starts_what_it_confirms_by_hand(shop: Shop) -> None:
    wish = {"amount": 500, "currency": "btc", "confirmation_method": "manual"}
    intent = shop.post("/v1/payment_intents", wish)
    assert "Not open" in visit(shop, intent["id"])
    visit(shop, intent["id"], "POST", 400)
    assert shop.read(intent)["status"] == "requires_payment_method"


@pytest.mark.parametrize("id", ["pi_none", "cs_test_none", "plink_none", "ch_1", "%3Cscript%3E"])
def test_what_does_not_exist(shop: Shop, id: str) -> None:
    assert "There is no such payment" in visit(shop, id, "GET", 404)
    visit(shop, id, "POST", 404)
    visit(shop, f"{id}/receipt", "GET", 404)
    visit(shop, f"{id}/sandbox", "POST", 404)
    assert shop.http.get(f"{shop.url}/pay/{id}/live").status_code == 404


def test_nothing_of_the_merchants_own(shop: Shop) -> None:
    intent = shop.intent(
        700, metadata={"margin": "forty-two"}, receipt_email="ada@shop.example", confirm=True
    )
    page = raw(shop, intent["id"])
    for hidden in ("margin", "forty-two", "ada@shop.example", shop.id, intent["client_secret"]):
        assert hidden not in page


def kept(http: httpx.Client, url: str) -> httpx.Response:
    """An answer that the browser may keep, and is told so when it asks again."""
    answer = http.get(url)
    assert answer.status_code == 200
    tag = answer.headers["etag"]
    again = http.get(url, headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.content == b""
    return answer


def test_the_documents(served: Served) -> None:
    with httpx.Client() as http:
        document: dict[str, Any] = kept(http, f"{served.url}/openapi.json").json()
        assert document["openapi"].startswith("3.1")
        answer = kept(http, f"{served.url}/docs")
        assert answer.headers["content-security-policy"].startswith(POLICY)
        page = answer.text
        assert "<script" not in page
        for link in re.findall(r'(?:href|src)="([^"]+)"', page):
            assert link.startswith(("#", "/openapi.json", "/assets/")), link
        anchors = set(re.findall(r' id="([^"]+)"', page))
        assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors
        for methods in document["paths"].values():
            for operation in methods.values():
                assert operation["operationId"] in anchors
        (sheet,) = re.findall(r'href="(/assets/docs\.[0-9a-f]{16}\.css)"', page)
        style = kept(http, served.url + sheet)
        assert "immutable" in style.headers["cache-control"]
        assert "url(" not in style.text
        assert http.get(f"{served.url}/assets/docs.css").status_code == 404


def test_the_documents_can_be_switched_off(tmp_path: Path) -> None:
    with Served.running(tmp_path / "data", STACKTILL__SERVER__DOCS="false") as served:
        for path in ("/docs", "/openapi.json"):
            answer = served.http.get(served.url + path)
            assert answer.status_code == 404
            assert answer.json()["error"]["message"].startswith("Unrecognized request URL")


def test_a_head_tells_what_a_page_would_be(shop: Shop) -> None:
    """Whoever previews a link, or checks that it leads somewhere, asks for no more."""
    id = shop.intent()["id"]
    with httpx.Client(base_url=shop.url, headers={"Accept-Encoding": "identity"}) as http:
        for path in (
            f"/pay/{id}",
            f"/pay/{id}/receipt",
            "/pay/pi_none",
            "/button",
            "/v1/stacktill.js",
            "/",
        ):
            whole, head = http.get(path), http.head(path)
            assert (head.status_code, head.content) == (whole.status_code, b"")
            for name in ("content-length", "content-type", "content-security-policy"):
                assert head.headers.get(name) == whole.headers.get(name), (path, name)
        # A stream has no end, so its head alone would be of no use.
        assert http.head(f"/pay/{id}/live").status_code == 404
