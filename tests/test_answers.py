"""Every kind of answer, from a real run, held against the published schemas to the letter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.contract import check_answer
from tests.served import Mailbox, Refusal, Served, Shop

from stacktill.web.pages.examples import example_params

ADDRESS = {"line1": "1 Main Street", "city": "Berlin"}
SHIPPING = {"name": "Ada", "address": ADDRESS}
ITEM = {
    "price_data": {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Tea"}},
    "quantity": 2,
}
SESSION = {"line_items": [ITEM], "success_url": "https://shop.example/?id={CHECKOUT_SESSION_ID}"}


@pytest.fixture
def checked(shop: Shop) -> Iterator[Shop]:
    """A shop whose every answer is held against the document."""
    with httpx.Client(timeout=30, event_hooks={"response": [check_answer]}) as http:
        yield replace(shop, http=http)


def refused(shop: Shop, method: str, path: str, params: dict[str, Any] | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        shop.send(method, path, params)
    return caught.value


def test_a_payment_and_its_refund(checked: Shop) -> None:
    shop = checked
    customer = shop.post("/v1/customers", {"name": "Ada", "address": ADDRESS, "shipping": SHIPPING})
    plain = shop.post("/v1/payment_intents", {"amount": 900, "currency": "btc"})
    assert plain["status"] == "requires_payment_method"
    shop.post(f"/v1/payment_intents/{plain['id']}", {"description": "Tea", "shipping": SHIPPING})
    shop.post(f"/v1/payment_intents/{plain['id']}/confirm", {"return_url": "https://shop.example"})
    shop.post(f"/v1/payment_intents/{plain['id']}/cancel", {"cancellation_reason": "abandoned"})
    late = refused(shop, "POST", f"/v1/payment_intents/{plain['id']}/cancel")
    assert late.error["payment_intent"]["status"] == "canceled"
    intent = shop.intent(
        customer=customer["id"],
        shipping=SHIPPING,
        receipt_email="ada@shop.example",
        payment_method_data={"type": "crypto", "billing_details": {"name": "Ada"}},
    )
    shop.send(
        "GET",
        f"/v1/payment_intents/{intent['id']}",
        {"client_secret": intent["client_secret"]},
        key=shop.publishable_key,
    )
    shop.pay(intent, amount=25_000)
    paths = ["latest_charge.balance_transaction", "customer", "payment_method"]
    paid = shop.get(f"/v1/payment_intents/{intent['id']}", {"expand": paths})
    assert paid["status"] == "succeeded"
    charge = paid["latest_charge"]["id"]
    shop.post(f"/v1/charges/{charge}", {"metadata": {"order": "7"}})
    refund = shop.post("/v1/refunds", {"charge": charge, "amount": 5_000})
    assert refund["status"] == "requires_action"
    shop.post(f"/v1/test_helpers/refunds/{refund['id']}/sign")
    shop.post(f"/v1/refunds/{refund['id']}", {"metadata": {"ticket": "1"}})
    shop.get(f"/v1/refunds/{refund['id']}", {"expand": ["charge", "balance_transaction"]})
    other = shop.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 100})
    shop.post(f"/v1/refunds/{other['id']}/cancel")
    for kind in ("payment_intents", "charges", "refunds", "customers", "events", "deposits"):
        assert shop.get(f"/v1/{kind}")["data"], kind
    shop.get("/v1/payment_intents", {"expand": ["data.customer", "data.latest_charge"]})
    assert shop.get("/v1/payment_intents/search", {"query": "status:'succeeded'"})["data"]
    assert shop.get("/v1/charges/search", {"query": "amount>0"})["data"]
    shop.delete(f"/v1/customers/{customer['id']}")
    assert shop.get(f"/v1/customers/{customer['id']}")["deleted"]
    shop.get(f"/v1/payment_intents/{intent['id']}", {"expand": ["customer"]})


def test_the_books(checked: Shop) -> None:
    shop = checked
    shop.pay(shop.intent(800))
    lines = shop.get("/v1/balance_transactions", {"expand": ["data.source"]})["data"]
    shop.get(f"/v1/balance_transactions/{lines[0]['id']}")
    shop.get("/v1/balance")
    shop.get("/v1/account")
    shop.post("/v1/account", {"payment_policy": {"late_grace_seconds": 60}, "country": "DE"})
    shop.post("/v1/account/logo", example_params("account.set_logo"))
    shop.post("/v1/account", {"settings": {"checkout": {"allowed_origins": ["https://a.example"]}}})
    shop.get(f"/v1/accounts/{shop.id}")
    shop.delete("/v1/account/logo")
    events = shop.get("/v1/events", {"after_position": 0, "limit": 3})
    assert events["next_position"] > 0
    shop.get(f"/v1/events/{events['data'][0]['id']}")


def test_strays(checked: Shop) -> None:
    shop = checked
    intent = shop.intent(1_000)
    shop.pay(intent, memo="")
    shop.pay(intent, asset="ST000000000000000000002AMW42H.fake::sbtc-token")
    strays = shop.get("/v1/deposits", {"status": "unmatched"})["data"]
    assert {stray["reason"]["code"] for stray in strays} == {"no_memo", "wrong_asset"}
    good, bad = sorted(strays, key=lambda stray: stray["currency"] is None)
    shop.post(f"/v1/deposits/{bad['id']}/dismiss")
    refund = shop.post(f"/v1/deposits/{good['id']}/refund", {"expand": ["deposit"]})
    assert refund["deposit"]["status"] == "refunding"
    shop.get(f"/v1/deposits/{good['id']}", {"expand": ["refund"]})


def test_what_is_sold(checked: Shop) -> None:
    shop = checked
    product = shop.post("/v1/products", {"name": "Tea", "images": ["https://shop.example/t.png"]})
    shop.post(f"/v1/products/{product['id']}", {"description": "Green"})
    price = shop.post(
        "/v1/prices",
        {"currency": "btc", "unit_amount": 700, "product": product["id"], "expand": ["product"]},
    )
    shop.post(f"/v1/prices/{price['id']}", {"nickname": "small"})
    items = [{"price": price["id"], "quantity": 2}]
    link = shop.post("/v1/payment_links", {"line_items": items, "expand": ["line_items"]})
    shop.post(f"/v1/payment_links/{link['id']}", {"active": False})
    shop.get(f"/v1/payment_links/{link['id']}/line_items")
    shop.post("/v1/pay_buttons", {"payment_link": link["id"]})
    shop.post("/v1/pay_buttons", example_params("pay_buttons.create"))
    tip = {"currency": "btc", "custom_unit_amount": {"enabled": True, "minimum": 100}}
    free = shop.post("/v1/prices", {**tip, "product": product["id"]})
    adjustable = {"enabled": True, "maximum": 9}
    for open_item in (
        {"price": free["id"], "quantity": 1},
        {**ITEM, "adjustable_quantity": adjustable},
    ):
        shop.post("/v1/payment_links", {"line_items": [open_item], "expand": ["line_items"]})
    session = shop.post(
        "/v1/checkout/sessions",
        {
            **SESSION,
            "line_items": [*items, ITEM],
            "customer_email": "ada@shop.example",
            "expand": ["line_items.data.price.product"],
        },
    )
    shop.pay(session)
    paid = shop.get(f"/v1/checkout/sessions/{session['id']}", {"expand": ["payment_intent"]})
    assert paid["payment_status"] == "paid"
    again = shop.post("/v1/checkout/sessions", SESSION)
    shop.post(f"/v1/checkout/sessions/{again['id']}/expire")
    shop.get(f"/v1/checkout/sessions/{again['id']}/line_items")
    for kind in ("products", "prices", "payment_links", "checkout/sessions"):
        assert shop.get(f"/v1/{kind}")["data"], kind
    assert shop.get("/v1/products/search", {"query": "name~'tea'"})["data"] is not None
    spare = shop.post("/v1/products", {"name": "Spare"})
    shop.delete(f"/v1/products/{spare['id']}")


def test_methods_of_customers(checked: Shop) -> None:
    shop = checked
    customer = shop.post("/v1/customers", {"email": "ada@shop.example"})
    method = shop.post(
        "/v1/payment_methods", {"type": "crypto", "billing_details": {"address": ADDRESS}}
    )
    shop.post(f"/v1/payment_methods/{method['id']}/attach", {"customer": customer["id"]})
    found = shop.get(
        f"/v1/customers/{customer['id']}/payment_methods", {"expand": ["data.customer"]}
    )
    assert found["data"]
    shop.get(f"/v1/customers/{customer['id']}/payment_methods/{method['id']}")
    shop.get("/v1/payment_methods", {"customer": customer["id"]})
    shop.post(f"/v1/payment_methods/{method['id']}/detach")
    query = {"query": "email:'ada@shop.example'"}
    assert shop.get("/v1/customers/search", query)["data"]


def test_endpoints_and_keys(checked: Shop, mailbox: Mailbox) -> None:
    shop = checked
    endpoint = mailbox.open_at(shop, description="Till", metadata={"a": "b"})
    assert endpoint["secret"]
    shop.intent(500)
    event = mailbox.wait("payment_intent.created")[0]
    path = f"/v1/webhook_endpoints/{endpoint['id']}"
    shop.post(f"{path}/redeliver", {"event": event["id"]})
    shop.post(f"{path}/replay", {"after_position": 0})
    assert shop.get(f"{path}/deliveries")["data"]
    assert shop.post(f"{path}/roll_secret")["secret"]
    shop.post(path, {"disabled": True})
    shop.get("/v1/webhook_endpoints")
    shop.delete(path)
    key = shop.post("/v1/api_keys", {"kind": "restricted", "scopes": ["refunds:read"]})
    shop.post(f"/v1/api_keys/{key['id']}/roll", {"overlap_seconds": 60})
    shop.post(f"/v1/api_keys/{key['id']}/revoke")
    assert shop.post("/v1/pos_terminals", {"name": "Counter"})["url"].startswith("http")
    assert shop.get("/v1/api_keys")["data"]


def test_the_sandbox(checked: Shop) -> None:
    shop = checked
    intent = shop.intent(600)
    shop.sandbox("mine", count=2, bitcoin=True)
    shop.sandbox("reorg", depth=1)
    shop.sandbox("stall")
    shop.sandbox("resume")
    shop.sandbox("api_fault", mode="slow")
    shop.sandbox("api_fault", mode="none")
    shop.sandbox("advance", seconds=1)
    assert shop.sandbox("expire", payment=intent["id"])["status"] == "canceled"
    session = shop.post("/v1/checkout/sessions", SESSION)
    shop.sandbox("expire", payment=session["id"])
    done = {"network": "stacks", "token_currency": "sbtc"}
    url = "/v1/test_helpers/payment_intents/{}/simulate_crypto_deposit"
    for ending in ("testsuccess", "testfailed"):
        other = shop.intent(600)
        shop.post(url.format(other["id"]), {**done, "transaction_hash": f"0x{ending}"})
        shop.get(f"/v1/payment_intents/{other['id']}")


def test_refusals(checked: Shop) -> None:
    shop = checked
    assert refused(shop, "GET", "/v1/payment_intents/pi_none").status == 404
    assert refused(shop, "POST", "/v1/payment_intents", {"amount": "x"}).status == 400
    assert refused(shop, "POST", "/v1/operator/wake").status == 403
    with pytest.raises(Refusal) as caught:
        shop.send("GET", "/v1/balance", key="sk_test_none")
    assert caught.value.status == 401


def test_health(served: Served) -> None:
    with httpx.Client(event_hooks={"response": [check_answer]}) as http:
        for path in ("/health/live", "/health/ready"):
            assert http.get(served.url + path).status_code == 200
        assert http.get(served.url + "/metrics").headers["content-type"].startswith("text/plain")
