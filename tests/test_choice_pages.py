"""Where a payer says how much, or how many: every way to get it wrong, without a script."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest
from tests.served import Shop

NASTY = "<img src=x onerror=alert(1)>\"'"
BOUNDS = {"minimum": 1_000, "maximum": 50_000, "preset": 10_000}


def tip_link(shop: Shop, name: str = "A tip") -> str:
    """A link whose payer chooses the amount within BOUNDS."""
    price = shop.post(
        "/v1/prices",
        {
            "currency": "btc",
            "custom_unit_amount": {"enabled": True, **BOUNDS},
            "product_data": {"name": name},
        },
    )
    link = shop.post("/v1/payment_links", {"line_items": [{"price": price["id"], "quantity": 1}]})
    return str(link["id"])


def cakes(shop: Shop, kind: str = "/v1/payment_links", **more: Any) -> dict[str, Any]:
    cake = {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Cake"}}
    items = [
        {"price_data": cake, "quantity": 2, "adjustable_quantity": {"enabled": True, "maximum": 9}},
        {"price_data": {**cake, "product_data": {"name": "Box"}}, "quantity": 1},
    ]
    return shop.post(kind, {"line_items": items, **more})


def send(shop: Shop, id: str, **fields: str) -> httpx.Response:
    return shop.http.post(f"{shop.url}/pay/{id}/choice", data=fields)


def page(shop: Shop, id: str) -> str:
    answer = shop.http.get(f"{shop.url}/pay/{id}")
    assert answer.status_code == 200
    return answer.text


def words(text: str) -> str:
    body = text.partition("<body>")[2].translate({0x2068: None, 0x2069: None})
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body)))


def started(shop: Shop, answer: httpx.Response) -> dict[str, Any]:
    """The intent that a choice has led to."""
    assert answer.status_code == 303, answer.text
    session = shop.get(f"/v1/checkout/sessions/{answer.headers['location'].removeprefix('/pay/')}")
    return shop.get(f"/v1/payment_intents/{session['payment_intent']}")


def test_a_link_asks_how_much(shop: Shop) -> None:
    link = tip_link(shop)
    text = page(shop, link)
    assert 'value="10000"' in text
    assert "How much do you want to pay?" in words(text)
    assert "Between 1,000 sats and 50,000 sats." in words(text)
    assert "0.00000000" not in text


@pytest.mark.parametrize(
    ("amount", "unit", "sats"),
    [("1500", "sats", 1_500), ("0,00015", "btc", 15_000), ("١٥٠٠", "sats", 1_500)],
)
def test_what_is_typed_is_what_is_paid(shop: Shop, amount: str, unit: str, sats: int) -> None:
    link = tip_link(shop)
    intent = started(shop, send(shop, link, amount=amount, unit=unit))
    assert (intent["amount"], intent["status"]) == (sats, "requires_action")
    shop.pay(intent)
    assert shop.read(intent)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"amount": "999", "unit": "sats"}, "Choose at least 1,000 sats."),
        ({"amount": "0", "unit": "btc"}, "Choose at least 1,000 sats."),
        ({"amount": "50001", "unit": "sats"}, "Choose at most 50,000 sats."),
        ({"amount": "21000000", "unit": "btc"}, "Choose at most 50,000 sats."),
        ({"amount": "-5000", "unit": "sats"}, "Type an amount in figures"),
        ({"amount": "1.5", "unit": "sats"}, "Type an amount in figures"),
        ({"amount": "5000", "unit": "usd"}, "Type an amount in figures"),
        ({"amount": "5000"}, "Type an amount in figures"),
        ({}, "Type an amount in figures"),
    ],
)
def test_the_server_holds_it_to_the_bounds(
    shop: Shop, fields: dict[str, str], sentence: str
) -> None:
    answer = send(shop, tip_link(shop), **fields)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert sentence in words(answer.text)
    assert shop.get("/v1/payment_intents")["data"] == []
    assert shop.get("/v1/checkout/sessions")["data"] == []


def test_what_was_typed_comes_back_as_text(shop: Shop) -> None:
    answer = send(shop, tip_link(shop, NASTY), amount=NASTY, unit="btc")
    assert answer.status_code == 400
    assert "<img" not in answer.text
    assert html.unescape(answer.text).count(NASTY) == 2
    assert re.search(r'value="btc" checked', answer.text)


def test_a_link_asks_how_many(shop: Shop) -> None:
    link = cakes(shop)["id"]
    text = page(shop, link)
    assert 'max="9" value="2"' in text
    intent = started(shop, send(shop, link, **{"quantity-0": "5", "quantity-1": "8"}))
    assert intent["amount"] == 6 * 700
    for wrong in ("10", "-1", "1.5", "many", "9" * 30):
        answer = send(shop, link, **{"quantity-0": wrong})
        assert answer.status_code == 400, wrong
        assert "Choose one of the numbers that are offered." in words(answer.text)
    without = started(shop, send(shop, link, **{"quantity-0": "0"}))
    assert without["amount"] == 700


def test_a_session_asks_as_well_and_once(shop: Shop) -> None:
    session = cakes(shop, "/v1/checkout/sessions", success_url="https://shop.example/thanks")
    assert "How many do you want?" in words(page(shop, session["id"]))
    assert shop.http.post(f"{shop.url}/pay/{session['id']}").status_code == 303
    assert shop.get("/v1/payment_intents")["data"] == []
    intent = started(shop, send(shop, session["id"], **{"quantity-0": "1"}))
    assert intent["amount"] == 1_400
    again = send(shop, session["id"], **{"quantity-0": "9"})
    assert started(shop, again)["id"] == intent["id"]
    assert "How many" not in words(page(shop, session["id"]))


def test_nothing_to_choose(shop: Shop) -> None:
    intent = shop.post("/v1/payment_intents", {"amount": 500, "currency": "btc"})
    answer = send(shop, intent["id"], amount="1", unit="sats")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/{intent['id']}")
    assert shop.read(intent)["amount"] == 500
    assert send(shop, "plink_none", amount="1", unit="sats").status_code == 404
    shown = shop.http.get(f"{shop.url}/pay/{intent['id']}/choice")
    assert (shown.status_code, shown.headers["location"]) == (303, f"/pay/{intent['id']}")


def test_a_closed_link_takes_no_choice(shop: Shop) -> None:
    link = tip_link(shop)
    shop.post(f"/v1/payment_links/{link}", {"active": False})
    assert send(shop, link, amount="5000", unit="sats").headers["location"] == f"/pay/{link}"
    assert shop.get("/v1/payment_intents")["data"] == []


def test_in_a_shops_frame(shop: Shop) -> None:
    origin = "https://shop.example"
    shop.post("/v1/account", {"settings": {"checkout": {"allowed_origins": [origin]}}})
    session = cakes(
        shop, "/v1/checkout/sessions", ui_mode="embedded_page", return_url=f"{origin}/done"
    )
    address = f"{shop.url}/pay/{session['id']}"
    query = {"embed": "1", "origin": origin}
    shown = shop.http.get(address, params=query)
    action = re.search(r'action="([^"]*/choice[^"]*)"', shown.text)
    assert action is not None
    target = shop.url + html.unescape(action[1])
    wrong = shop.http.post(target, data={"quantity-0": "many"})
    for answer in (shown, wrong):
        assert answer.headers["content-security-policy"].endswith(f"frame-ancestors {origin}")
        assert f'data-parent="{origin}"' in answer.text
    right = shop.http.post(target, data={"quantity-0": "1"})
    assert "embed=1" in right.headers["location"]


def test_the_language_is_kept(shop: Shop) -> None:
    link = tip_link(shop)
    answer = shop.http.post(
        f"{shop.url}/pay/{link}/choice?lang=de", data={"amount": "5000", "unit": "sats"}
    )
    assert answer.headers["location"].endswith("?lang=de")
