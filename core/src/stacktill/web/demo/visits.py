"""Who is visiting: a signed cookie with the visitor's number, cart and latest orders."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field, replace

from stacktill.web.demo.goods import BY_SKU, MOST_OF_ONE

__all__ = ["COOKIE", "Visit", "read_visit", "sign_visit"]

COOKIE = "stacktill_demo"
MOST_ORDERS = 8
LONGEST = 3_000


@dataclass(frozen=True, slots=True)
class Visit:
    """What a browser brings along; ``orders`` holds each order's id and its session's.

    ``language`` is the one that was chosen by hand, if any.
    """

    visitor: str = field(default_factory=lambda: secrets.token_hex(16))
    cart: dict[str, int] = field(default_factory=dict)
    orders: tuple[tuple[str, str], ...] = ()
    language: str | None = None

    def with_quantity(self, sku: str, quantity: int) -> Visit:
        """The visit with so many of one thing in the cart; unknown things change nothing."""
        if sku not in BY_SKU:
            return self
        cart = {**self.cart, sku: min(max(quantity, 0), MOST_OF_ONE)}
        return replace(self, cart={name: count for name, count in cart.items() if count})

    def with_order(self, order_id: str, session_id: str) -> Visit:
        """The visit after an order: the cart is empty, and the oldest order may be forgotten."""
        orders = (*self.orders, (order_id, session_id))[-MOST_ORDERS:]
        return replace(self, cart={}, orders=orders)

    def session_of(self, order_id: str) -> str | None:
        """The session of one of the visitor's orders."""
        return dict(self.orders).get(order_id)


def sign_visit(visit: Visit, key: bytes) -> str:
    """The cookie's text; nobody without the key can make one."""
    whole = {"v": visit.visitor, "c": visit.cart, "o": visit.orders, "l": visit.language}
    text = base64.urlsafe_b64encode(json.dumps(whole, separators=(",", ":")).encode()).decode()
    return f"{text}.{_signature(text, key)}"


def read_visit(cookie: str | None, key: bytes) -> Visit | None:
    """The visit that a cookie holds; None when it is missing, too long, or not signed by us."""
    if not cookie or len(cookie) > LONGEST:
        return None
    text, _, signature = cookie.rpartition(".")
    if not hmac.compare_digest(_signature(text, key).encode(), signature.encode()):
        return None
    try:
        whole = json.loads(base64.urlsafe_b64decode(text))
        orders = tuple((str(order), str(session)) for order, session in whole["o"])
        cart = {sku: int(count) for sku, count in whole["c"].items()}
        return Visit(str(whole["v"]), cart, orders, whole["l"])
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return None  # Signed by us, but in a form of another version.


def _signature(text: str, key: bytes) -> str:
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()[:40]
