"""Journeys of money that belongs to no payment: it is booked, listed with a reason, and answered."""

from __future__ import annotations

from typing import Any

import pytest
from tests.served import Refusal, Shop, until


def strays(shop: Shop, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.get("/v1/deposits", params)["data"]
    return found


def late(shop: Shop, amount: int = 20_000) -> dict[str, Any]:
    """The deposit of a payer who paid after the end."""
    intent = shop.intent(amount)
    shop.sandbox("expire", payment=intent["id"])
    shop.pay(intent, amount=amount)
    (deposit,) = strays(shop, status="unmatched")
    assert deposit["reason"]["code"] == "intent_expired"
    assert deposit["payment_intent"] == intent["id"]
    assert shop.read(intent)["status"] == "canceled"
    return deposit


def unmatched_sats(shop: Shop) -> int:
    return int(shop.get("/v1/balance")["unmatched"][0]["amount"])


def test_late_money_is_refunded(shop: Shop) -> None:
    deposit = late(shop)
    assert unmatched_sats(shop) == 20_000
    until(lambda: "deposit.unmatched" in shop.types(deposit["id"]))
    refund = shop.post(f"/v1/deposits/{deposit['id']}/refund")
    assert (refund["status"], refund["amount"]) == ("requires_action", 20_000)
    assert refund["deposit"] == deposit["id"]
    assert refund["next_action"]["sign_transaction"]["recipient"] == deposit["sender"]
    with pytest.raises(Refusal) as refused:
        shop.post(f"/v1/deposits/{deposit['id']}/dismiss")
    assert refused.value.error["code"] == "deposit_unexpected_state"
    signed = shop.post(f"/v1/test_helpers/refunds/{refund['id']}/sign")
    assert signed["status"] == "succeeded"
    assert shop.get(f"/v1/deposits/{deposit['id']}")["status"] == "refunded"
    assert unmatched_sats(shop) == 0


def test_a_canceled_refund_gives_the_question_back(shop: Shop) -> None:
    deposit = late(shop)
    refund = shop.post(f"/v1/deposits/{deposit['id']}/refund")
    shop.post(f"/v1/refunds/{refund['id']}/cancel")
    assert shop.get(f"/v1/deposits/{deposit['id']}")["status"] == "unmatched"
    assert shop.post(f"/v1/deposits/{deposit['id']}/refund")["id"] != refund["id"]


def test_late_money_is_attached_to_a_new_intent(shop: Shop) -> None:
    deposit = late(shop)
    again = shop.intent(20_000, description="the same order")
    attached = shop.post(f"/v1/deposits/{deposit['id']}/attach", {"payment_intent": again["id"]})
    assert (attached["status"], attached["payment_intent"]) == ("matched", again["id"])
    assert shop.read(again)["status"] == "succeeded"
    assert unmatched_sats(shop) == 0
    assert shop.get("/v1/balance")["available"][0]["amount"] == 20_000
    with pytest.raises(Refusal) as refused:
        shop.post(f"/v1/deposits/{deposit['id']}/attach", {"payment_intent": again["id"]})
    assert refused.value.status == 400


def test_money_is_attached_only_to_what_can_be_paid(shop: Shop) -> None:
    deposit = late(shop)
    draft = shop.post("/v1/payment_intents", {"amount": 20_000, "currency": "btc"})
    with pytest.raises(Refusal) as refused:
        shop.post(f"/v1/deposits/{deposit['id']}/attach", {"payment_intent": draft["id"]})
    assert refused.value.error["code"] == "payment_intent_unexpected_state"
    with pytest.raises(Refusal) as refused:
        shop.post(f"/v1/deposits/{deposit['id']}/attach", {"payment_intent": "pi_x"})
    assert refused.value.error["code"] == "resource_missing"
    assert unmatched_sats(shop) == 20_000


def test_late_money_is_kept(shop: Shop) -> None:
    deposit = late(shop)
    dismissed = shop.post(f"/v1/deposits/{deposit['id']}/dismiss")
    assert dismissed["status"] == "dismissed"
    assert strays(shop, status="unmatched") == []
    assert shop.get("/v1/balance")["available"][0]["amount"] == 20_000
    until(lambda: "deposit.dismissed" in shop.types(deposit["id"]))


def test_what_is_minted_has_no_sender_and_pays_when_it_is_attached(shop: Shop) -> None:
    intent = shop.intent(5_000)
    shop.pay(intent, minted=True)
    (deposit,) = strays(shop, status="unmatched")
    assert (deposit["sender"], deposit["memo"], deposit["reason"]["code"]) == (None, None, "minted")
    with pytest.raises(Refusal) as refused:
        shop.post(f"/v1/deposits/{deposit['id']}/refund")
    assert refused.value.error["code"] == "no_sender"
    shop.post(f"/v1/deposits/{deposit['id']}/attach", {"payment_intent": intent["id"]})
    paid = shop.read(intent)
    assert paid["status"] == "succeeded"
    with pytest.raises(Refusal) as refused:
        shop.post("/v1/refunds", {"charge": paid["latest_charge"]})
    assert refused.value.error["code"] == "no_sender"


@pytest.mark.parametrize(("memo", "code"), [("", "no_memo"), ("abad1dea", "unknown_memo")])
def test_money_that_names_no_payment(shop: Shop, memo: str, code: str) -> None:
    intent = shop.intent(20_000)
    shop.pay(intent, memo=memo)
    (deposit,) = strays(shop)
    assert (deposit["status"], deposit["reason"]["code"]) == ("unmatched", code)
    assert deposit["reason"]["message"].endswith(".")
    assert deposit["memo"] == (memo or None)
    assert shop.read(intent)["status"] == "requires_action"
    shop.post(f"/v1/deposits/{deposit['id']}/attach", {"payment_intent": intent["id"]})
    assert shop.read(intent)["status"] == "succeeded"


@pytest.mark.parametrize("by", ["asset", "contract"])
def test_a_look_alike_pays_nothing(shop: Shop, by: str) -> None:
    intent = shop.intent(20_000)
    shown = intent["next_action"]["crypto_display_details"]
    (token,) = shown["deposit_addresses"]["stacks"]["supported_tokens"]
    name = token["token_contract_address"].partition(".")[2]
    fake = f"ST000000000000000000002AMW42H.{name}"
    shop.pay(intent, **({"asset": f"{fake}::{name}"} if by == "asset" else {"contract": fake}))
    assert shop.read(intent)["status"] == "requires_action"
    (deposit,) = strays(shop)
    assert (deposit["reason"]["code"], deposit["currency"]) == ("wrong_asset", None)
    assert fake in deposit["asset"]
    assert unmatched_sats(shop) == 0, "it is worth nothing here"
    for verb, params in (("attach", {"payment_intent": intent["id"]}), ("refund", {})):
        with pytest.raises(Refusal) as refused:
            shop.post(f"/v1/deposits/{deposit['id']}/{verb}", params)
        assert refused.value.status == 400
    assert shop.post(f"/v1/deposits/{deposit['id']}/dismiss")["status"] == "dismissed"


def test_a_second_payment_of_the_same_intent(shop: Shop) -> None:
    intent = shop.intent(20_000)
    shop.pay(intent)
    shop.pay(intent)
    newest, oldest = strays(shop)
    assert (oldest["status"], newest["status"]) == ("matched", "unmatched")
    assert newest["reason"]["code"] == "intent_already_paid"
    assert shop.read(intent)["amount_received"] == 20_000


def test_the_inbox_is_paged_and_filtered(shop: Shop) -> None:
    intent = shop.intent(20_000)
    for amount in (1_000, 2_000, 3_000):
        shop.pay(intent, amount=amount, memo="")
    page = shop.get("/v1/deposits", {"limit": 2, "status": "unmatched"})
    assert [item["amount"] for item in page["data"]] == [3_000, 2_000]
    assert page["has_more"] is True
    after = page["data"][-1]["id"]
    page = shop.get("/v1/deposits", {"starting_after": after, "status": "unmatched"})
    assert [item["amount"] for item in page["data"]] == [1_000]
