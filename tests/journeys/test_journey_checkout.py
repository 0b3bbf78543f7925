"""Journeys through checkout: a session or a link is opened, paid and closed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.served import Mailbox, Refusal, Served, Shop, until


def session_of(shop: Shop, **more: Any) -> dict[str, Any]:
    line = {
        "price_data": {"currency": "btc", "unit_amount": 1_500, "product_data": {"name": "Tea"}},
        "quantity": 2,
    }
    wish = {
        "mode": "payment",
        "line_items": [line],
        "success_url": "https://shop.example/thanks?s={CHECKOUT_SESSION_ID}",
        **more,
    }
    return shop.post("/v1/checkout/sessions", wish)


def test_a_session_from_cart_to_paid(served: Served, shop: Shop, mailbox: Mailbox) -> None:
    mailbox.open_at(shop, enabled_events=["checkout.session.completed"])
    session = session_of(shop, client_reference_id="cart-7")
    assert (session["status"], session["amount_total"]) == ("open", 3_000)
    page = shop.http.get(session["url"])
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    assert "3,000" in page.text or "3 000" in page.text or "3000" in page.text
    said = served.run("sandbox", "pay", session["id"])
    assert "succeeded" in said
    (event,) = mailbox.wait("checkout.session.completed")
    done = event["data"]["object"]
    assert (done["id"], done["status"], done["payment_status"]) == (
        session["id"],
        "complete",
        "paid",
    )
    assert done["client_reference_id"] == "cart-7"
    assert shop.get(f"/v1/payment_intents/{done['payment_intent']}")["amount_received"] == 3_000
    with pytest.raises(Refusal):
        shop.post(f"/v1/checkout/sessions/{session['id']}/expire")


def test_a_session_expires_by_wish_and_by_time(shop: Shop) -> None:
    by_wish, by_time = session_of(shop), session_of(shop)
    expired = shop.post(f"/v1/checkout/sessions/{by_wish['id']}/expire")
    assert (expired["status"], expired["url"]) == ("expired", None)
    with pytest.raises(Refusal):
        shop.pay(by_wish)
    shop.sandbox("expire", payment=by_time["id"])
    read = until(
        lambda: (
            found
            if (found := shop.get(f"/v1/checkout/sessions/{by_time['id']}"))["status"] == "expired"
            else None
        )
    )
    assert read is not None
    assert "checkout.session.expired" in shop.types(by_time["id"])


def test_a_payment_link_is_paid_again_and_again(shop: Shop) -> None:
    price = shop.post(
        "/v1/prices",
        {"currency": "btc", "unit_amount": 900, "product_data": {"name": "Coffee"}},
    )
    link = shop.post(
        "/v1/payment_links",
        {"line_items": [{"price": price["id"], "quantity": 1}], "metadata": {"bar": "1"}},
    )
    assert shop.get("/v1/checkout/sessions")["data"] == []
    for count in (1, 2):
        assert "900" in shop.http.get(link["url"]).text
        started = shop.http.post(link["url"], follow_redirects=True)
        assert started.status_code == 200, started.text[:300]
        sessions = shop.get("/v1/checkout/sessions", {"payment_link": link["id"]})["data"]
        assert len(sessions) == count, "whoever pays by the link gets a session of their own"
        shop.pay(sessions[0])
        done = shop.get(f"/v1/checkout/sessions/{sessions[0]['id']}")
        assert (done["status"], done["payment_link"]) == ("complete", link["id"])
        assert done["metadata"] == {"bar": "1"}
    shop.post(f"/v1/payment_links/{link['id']}", {"active": False})
    assert shop.http.post(link["url"]).status_code == 400
    assert len(shop.get("/v1/checkout/sessions", {"payment_link": link["id"]})["data"]) == 2
