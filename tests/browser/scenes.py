"""Every state of the payer's page, each as a payment that is in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.browser.payers import ITEMS, session
from tests.served import Shop

__all__ = ["SCENES"]


def _ready(shop: Shop) -> str:
    return str(session(shop)["id"])


def _waiting(shop: Shop) -> str:
    return str(shop.intent(20_000, description="Order 7")["id"])


def _part(shop: Shop) -> str:
    intent = shop.intent(20_000)
    shop.pay(intent, amount=8_000)
    return str(intent["id"])


def _failed(shop: Shop) -> str:
    intent = shop.intent(20_000)
    path = f"/v1/test_helpers/payment_intents/{intent['id']}/simulate_crypto_deposit"
    params = {"network": "stacks", "token_currency": "sbtc", "transaction_hash": "testfailed"}
    shop.post(path, params)
    return str(intent["id"])


def _confirming(shop: Shop) -> str:
    intent = shop.intent(50_000_000)
    shop.pay(intent, amount=50_000_500, mine=False)
    shop.sandbox("mine")
    return str(intent["id"])


def _reorganised(shop: Shop) -> str:
    intent = shop.intent(50_000_000)
    shop.pay(intent, mine=False)
    shop.sandbox("mine")
    shop.sandbox("reorg", depth=1, drop=True)
    return str(intent["id"])


def _paid(shop: Shop) -> str:
    cart = session(shop)
    shop.pay(cart, amount=80_000)
    return str(cart["id"])


def _receipt(shop: Shop) -> str:
    return f"{_paid(shop)}/receipt"


def _late(shop: Shop) -> str:
    intent = shop.intent(20_000)
    shop.sandbox("expire", payment=intent["id"])
    shop.pay(intent)
    return str(intent["id"])


def _expired(shop: Shop) -> str:
    cart = session(shop)
    shop.http.post(f"{shop.url}/pay/{cart['id']}")
    intent = shop.get(f"/v1/checkout/sessions/{cart['id']}")["payment_intent"]
    shop.sandbox("expire", payment=intent)
    return str(cart["id"])


def _canceled(shop: Shop) -> str:
    intent = shop.intent(20_000)
    shop.post(f"/v1/payment_intents/{intent['id']}/cancel")
    return str(intent["id"])


def _closed(shop: Shop) -> str:
    link: dict[str, Any] = shop.post("/v1/payment_links", {"line_items": ITEMS})
    shop.post(f"/v1/payment_links/{link['id']}", {"active": False, "inactive_message": "Sold out"})
    return str(link["id"])


def _overtime(shop: Shop) -> str:
    shop.post("/v1/account", {"payment_policy": {"late_grace_seconds": 3_600}})
    intent = shop.intent(20_000)
    shop.sandbox("advance", seconds=1_000)
    return str(intent["id"])


def _long(shop: Shop) -> str:
    """Everything as long as it may be, and without a place to break."""
    shop.post("/v1/account", {"business_profile": {"name": "W" * 200}})
    price = {
        "currency": "btc",
        "unit_amount": 2_000_000_000_000_000,
        "product_data": {"name": "M" * 250},
    }
    item = {"price_data": price, "quantity": 1}
    cart = session(shop, line_items=[item])
    shop.http.post(f"{shop.url}/pay/{cart['id']}")
    return str(cart["id"])


def _missing(shop: Shop) -> str:
    del shop
    return "pi_none"


SCENES: dict[str, Callable[[Shop], str]] = {
    "ready": _ready,
    "waiting": _waiting,
    "part": _part,
    "failed": _failed,
    "confirming": _confirming,
    "reorganised": _reorganised,
    "paid": _paid,
    "receipt": _receipt,
    "late": _late,
    "expired": _expired,
    "canceled": _canceled,
    "closed": _closed,
    "overtime": _overtime,
    "long": _long,
    "missing": _missing,
}
"""Makes a payment that is in the state; the rest of its page's address after ``/pay/``."""
