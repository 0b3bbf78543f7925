"""Journeys of money that goes back: whole, in parts, and never more than there was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.served import Mailbox, Refusal, Shop

THREADS = 32


@pytest.fixture
def paid(shop: Shop) -> dict[str, Any]:
    """An intent of 10,000 sats that succeeded."""
    intent = shop.intent(10_000)
    shop.pay(intent)
    return shop.read(intent)


def charge(shop: Shop, paid: dict[str, Any]) -> dict[str, Any]:
    return shop.get(f"/v1/charges/{paid['latest_charge']}")


def test_a_whole_refund_from_wish_to_chain(
    shop: Shop, paid: dict[str, Any], mailbox: Mailbox
) -> None:
    mailbox.open_at(shop)
    refund = shop.post(
        "/v1/refunds",
        {"payment_intent": paid["id"], "reason": "requested_by_customer"},
    )
    assert (refund["status"], refund["amount"]) == ("requires_action", 10_000)
    sign = refund["next_action"]["sign_transaction"]
    buyer = charge(shop, paid)["payment_method_details"]["crypto"]["buyer_address"]
    assert (sign["recipient"], sign["amount"], sign["network"]) == (buyer, 10_000, "stacks")
    assert sign["transaction"]
    assert shop.get("/v1/balance")["available"][0]["amount"] == 10_000, "nothing has moved yet"

    signed = shop.post(f"/v1/test_helpers/refunds/{refund['id']}/sign", {"mine": False})
    assert (signed["status"], signed["next_action"]) == ("pending", None)
    with pytest.raises(Refusal) as refused:
        shop.post(f"/v1/refunds/{refund['id']}/cancel")
    assert refused.value.error["code"] == "refund_unexpected_state"
    shop.sandbox("mine")
    done = shop.get(f"/v1/refunds/{refund['id']}")
    assert done["status"] == "succeeded"
    assert done["destination_details"]["crypto"]["reference"]
    assert charge(shop, paid)["refunded"] is True
    assert shop.get("/v1/balance")["available"][0]["amount"] == 0
    mailbox.wait("charge.refunded")
    types = [event["type"] for event in mailbox.events]
    assert types.count("refund.created") == 1
    assert types.count("refund.updated") >= 1


def test_parts_add_up_and_no_more(shop: Shop, paid: dict[str, Any]) -> None:
    wish = {"payment_intent": paid["id"]}
    for amount in (3_000, 5_000):
        refund = shop.post("/v1/refunds", {**wish, "amount": amount})
        shop.post(f"/v1/test_helpers/refunds/{refund['id']}/sign")
    with pytest.raises(Refusal) as refused:
        shop.post("/v1/refunds", {**wish, "amount": 2_001})
    assert refused.value.error["param"] == "amount"
    assert "(2001 sats) is greater than unrefunded amount" in refused.value.error["message"]
    assert shop.post("/v1/refunds", wish)["amount"] == 2_000
    with pytest.raises(Refusal) as refused:
        shop.post("/v1/refunds", wish)
    assert refused.value.error["code"] == "charge_already_refunded"
    assert charge(shop, paid)["amount_refunded"] == 10_000


def test_refunds_at_once_never_exceed_the_charge(shop: Shop, paid: dict[str, Any]) -> None:
    def refund(number: int) -> int:
        try:
            amount = 700 + number
            shop.post("/v1/refunds", {"payment_intent": paid["id"], "amount": amount})
        except Refusal:
            return 0
        return amount

    with ThreadPoolExecutor(THREADS) as pool:
        given = sum(pool.map(refund, range(THREADS)))
    listed = shop.get("/v1/refunds", {"payment_intent": paid["id"], "limit": 100})["data"]
    assert sum(item["amount"] for item in listed) == given
    assert 9_000 < given <= 10_000
    assert charge(shop, paid)["amount_refunded"] == given
    rest = shop.post("/v1/refunds", {"payment_intent": paid["id"]}) if given < 10_000 else None
    assert rest is None or rest["amount"] == 10_000 - given


def test_the_chain_alone_makes_a_refund_succeed(shop: Shop, paid: dict[str, Any]) -> None:
    refund = shop.post("/v1/refunds", {"payment_intent": paid["id"], "amount": 1_000})
    told = shop.post(f"/v1/refunds/{refund['id']}/broadcast", {"transaction_hash": "ab" * 32})
    assert told["status"] == "pending"
    shop.sandbox("mine", count=2)
    assert shop.get(f"/v1/refunds/{refund['id']}")["status"] == "pending", "nothing was sent"


def test_only_what_was_paid_can_be_refunded(shop: Shop) -> None:
    intent = shop.intent(10_000)
    with pytest.raises(Refusal) as refused:
        shop.post("/v1/refunds", {"payment_intent": intent["id"]})
    assert refused.value.status == 400
    with pytest.raises(Refusal) as refused:
        shop.post("/v1/refunds", {})
    assert refused.value.error["code"] == "parameter_missing"
