"""What a shop can have: one object of every kind, for tests that ask for what is another's."""

from __future__ import annotations

from tests.served import Shop

from stacktill_chain_sandbox.principals import named_address

__all__ = ["belongings"]


def belongings(shop: Shop) -> dict[str, str]:
    """One object of every kind, by the beginning of its id."""
    customer = shop.post("/v1/customers", {"email": "ada@shop.example"})
    method = shop.post("/v1/payment_methods", {"type": "crypto"})
    product = shop.post("/v1/products", {"name": "Tea"})
    price = shop.post(
        "/v1/prices", {"currency": "btc", "unit_amount": 700, "product": product["id"]}
    )
    items = [{"price": price["id"], "quantity": 1}]
    link = shop.post("/v1/payment_links", {"line_items": items})
    session = shop.post(
        "/v1/checkout/sessions", {"line_items": items, "success_url": "https://shop.example"}
    )
    endpoint = shop.post(
        "/v1/webhook_endpoints",
        {"url": "http://127.0.0.1:9/", "enabled_events": ["price.updated"]},
    )
    paid = shop.intent(5_000, customer=customer["id"], payment_method=method["id"])
    shop.pay(paid)
    shop.pay(paid, amount=300, memo="")
    shop.post(f"/v1/payment_methods/{method['id']}/attach", {"customer": customer["id"]})
    charge = shop.read(paid)["latest_charge"]
    refund = shop.post("/v1/refunds", {"charge": charge, "amount": 100})
    helped, wallet = shop.intent(10), {"address": address_of(shop)}
    signed = shop.sandbox("sign_payment", payment=helped["id"], **wallet)["transaction"]
    sponsored = shop.post(f"/v1/payment_intents/{helped['id']}/sponsor", {"transaction": signed})
    return {
        "acct": shop.id,
        "ch": charge,
        "cs": session["id"],
        "cus": customer["id"],
        "dep": shop.get("/v1/deposits", {"status": "unmatched"})["data"][0]["id"],
        "evt": shop.get("/v1/events")["data"][0]["id"],
        "open": shop.post("/v1/payment_intents", {"amount": 400, "currency": "btc"})["id"],
        "key": shop.get("/v1/api_keys")["data"][0]["id"],
        "pi": shop.intent(400)["id"],
        "plink": link["id"],
        "pm": method["id"],
        "price": price["id"],
        "prod": product["id"],
        "re": refund["id"],
        "sa": shop.get("/v1/settlement_addresses")["data"][0]["id"],
        "sp": sponsored["id"],
        "stmt": shop.post(
            "/v1/settlement_statements", {"period_start": 86_400, "period_end": 2 * 86_400}
        )["id"],
        "aud": shop.get("/v1/audit_log")["data"][0]["id"],
        "txn": shop.get("/v1/balance_transactions")["data"][0]["id"],
        "we": endpoint["id"],
    }


def address_of(shop: Shop) -> str:
    """A payer's wallet of the shop's own."""
    return named_address(f"payer of {shop.id}")
