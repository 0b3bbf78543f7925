"""Selling: an order becomes a checkout session, a webhook makes it paid, a restart loses neither."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from stacktill.web.demo.client import Exchange, TillRefused
from stacktill.web.demo.fulfilment import file_letter
from stacktill.web.demo.goods import BY_SKU, Line
from stacktill.web.demo.opening import OpenShop
from stacktill.web.demo.orders import Letter, Order, Orders, Way
from stacktill.web.demo.signatures import Step, check_signature

__all__ = ["find_again", "place_order", "receive"]

SHOWN_HEADERS = (
    "content-type",
    "user-agent",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "stripe-signature",
)
MOST_BODY_BYTES = 16_000


async def place_order(
    shop: OpenShop,
    orders: Orders,
    visitor: str,
    lines: tuple[Line, ...],
    *,
    way: Way,
    url: str,
    language: str,
) -> Order:
    """Make an order and the checkout session that pays it; ``url`` is the shop's own address.

    Raise ``TillRefused`` when the box does not make a session.
    """
    id = f"order_{secrets.token_hex(8)}"
    here = f"{url}/demo/orders/{id}"
    params = {
        "client_reference_id": id,
        "locale": language,
        "metadata[visitor]": visitor,
        "metadata[way]": way,
        "payment_intent_data[metadata][order]": id,
    }
    if way == "page":
        params |= {"ui_mode": "hosted", "success_url": here, "cancel_url": here}
    else:
        params |= {"ui_mode": "embedded", "return_url": here}
    for place, line in enumerate(lines):
        item = f"line_items[{place}]"
        params[f"{item}[quantity]"] = str(line.quantity)
        params[f"{item}[price_data][currency]"] = "btc"
        params[f"{item}[price_data][unit_amount]"] = str(line.good.price_sats)
        params[f"{item}[price_data][product_data][name]"] = line.good.name
        params[f"{item}[price_data][product_data][metadata][sku]"] = line.good.sku
    asked = await shop.client.post("/v1/checkout/sessions", params, idempotency_key=id)
    order = _order(id, visitor, lines, way, asked)
    orders.add(order)
    return order


def _order(id: str, visitor: str, lines: tuple[Line, ...], way: Way, asked: Exchange) -> Order:
    session = asked.answer
    return Order(
        id=id,
        visitor=visitor,
        lines=lines,
        way=way,
        session_id=session["id"],
        payment=session["client_secret"] or session["id"],
        url=session["url"],
        asked=asked,
    )


async def find_again(
    shop: OpenShop, orders: Orders, visitor: str, id: str, session_id: str
) -> Order | None:
    """An order that memory has lost: what the box says about its session counts.

    None when it is not this visitor's. Raise ``TillRefused`` when the box does not answer.
    """
    path = f"/v1/checkout/sessions/{session_id}"
    try:
        asked = await shop.client.get(path, {"expand[0]": "line_items"})
    except TillRefused as refusal:
        if refusal.status == 404:
            return None
        raise
    session = asked.answer
    if session["client_reference_id"] != id or session["metadata"].get("visitor") != visitor:
        return None
    way = session["metadata"].get("way", "page")
    order = _order(id, visitor, _lines(session), way, asked)
    order.was_found_again = True
    if session["payment_status"] == "paid":
        order.status = "paid"
    elif session["status"] == "expired":
        order.status = "expired"
    for letter, event in orders.take_aside(id):
        file_letter(order, letter, event)
    orders.add(order)
    return order


def _lines(session: Mapping[str, Any]) -> tuple[Line, ...]:
    names = {good.name: good for good in BY_SKU.values()}
    items = session["line_items"]["data"]
    return tuple(
        Line(names[item["description"]], item["quantity"])
        for item in items
        if item["description"] in names
    )


def receive(shop: OpenShop, orders: Orders, headers: Mapping[str, str], body: bytes) -> bool:
    """Take one webhook: check it, note each step, and act on it once; False when it is refused."""
    now = time.time()
    signature = headers.get("stripe-signature", "")
    steps = check_signature(signature, body, shop.identity.webhook_secret, now)
    if not steps[-1].passed:
        return False
    event: dict[str, Any] = json.loads(body)
    thing = event["data"]["object"]
    order_id = thing.get("client_reference_id") or thing.get("metadata", {}).get("order")
    if not order_id:
        return True  # Of the same store, and none of this shop's business.
    is_new = orders.is_new(event["id"])
    seen = "no: this event is new" if is_new else "yes: answered, and otherwise ignored"
    steps.append(Step(f"Was {event['id']} here before?", seen, passed=True))
    if not is_new:
        return True
    letter = Letter(
        event_id=event["id"],
        type=event["type"],
        received_at=now,
        headers=tuple((name, headers[name]) for name in SHOWN_HEADERS if name in headers),
        body=body[:MOST_BODY_BYTES].decode("utf-8", "replace"),
        steps=tuple(steps),
        effect="",
    )
    order = orders.find(order_id)
    if order is None:
        orders.put_aside(order_id, letter, event)
    else:
        file_letter(order, letter, event)
    return True
