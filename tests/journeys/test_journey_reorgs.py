"""Journeys through reorganisations: what a fork takes back is taken back in the books, with an event."""

from __future__ import annotations

from typing import Any

from tests.served import Mailbox, Served, Shop, until


def balance(shop: Shop) -> tuple[int, int]:
    """What is available and what is pending, in sats."""
    whole = shop.get("/v1/balance")
    return whole["available"][0]["amount"], whole["pending"][0]["amount"]


def charge_of(shop: Shop, intent: dict[str, Any]) -> dict[str, Any]:
    return shop.get(f"/v1/charges/{shop.read(intent)['latest_charge']}")


def test_before_success_the_payment_is_simply_mined_again(shop: Shop) -> None:
    intent = shop.intent(20_000_000)
    shop.pay(intent, mine=False)
    shop.sandbox("mine")
    assert shop.read(intent)["status"] == "processing"
    shop.sandbox("reorg", depth=1)
    assert shop.read(intent)["status"] == "processing", "the fork holds the transfer too"
    assert balance(shop) == (0, 20_000_000)
    shop.sandbox("mine", count=6, bitcoin=True)
    assert shop.read(intent)["status"] == "succeeded"
    assert balance(shop) == (20_000_000, 0)
    (deposit,) = shop.get("/v1/deposits")["data"]
    assert deposit["amount"] == 20_000_000, "one deposit, however often its block was replaced"


def test_before_success_a_dropped_payment_is_due_again(shop: Shop) -> None:
    intent = shop.intent(500_000)
    shop.pay(intent, mine=False)
    shop.sandbox("mine")
    shop.sandbox("reorg", depth=1, drop=True)
    back = shop.read(intent)
    assert back["status"] == "requires_action"
    assert back["next_action"]["crypto_display_details"]["amount_remaining"] == 500_000
    assert balance(shop) == (0, 0)
    (deposit,) = shop.get("/v1/deposits")["data"]
    assert deposit["status"] == "reversed"
    assert "payment_intent.reversed" in shop.types(intent["id"])
    shop.pay(intent, mine=False)
    shop.sandbox("mine", count=4, bitcoin=True)
    assert shop.read(intent)["status"] == "succeeded"


def test_after_success_the_reversal_is_told_and_undone(
    served: Served, shop: Shop, mailbox: Mailbox
) -> None:
    mailbox.open_at(shop)
    intent = shop.intent(20_000)
    shop.pay(intent)
    mailbox.wait("payment_intent.succeeded")
    charge = charge_of(shop, intent)
    assert charge["status"] == "succeeded"

    served.run("sandbox", "reorg", "--depth", "1", "--drop")
    (event,) = mailbox.wait("payment_intent.reversed")
    assert event["data"]["object"]["status"] == "requires_action"
    assert event["data"]["object"]["amount_received"] == 0
    after = charge_of(shop, intent)
    assert (after["id"], after["status"], after["paid"]) == (charge["id"], "pending", False)
    assert balance(shop) == (0, 0)
    lines = shop.get("/v1/balance_transactions")["data"]
    assert [(line["type"], line["net"]) for line in lines] == [
        ("payment_reversal", -20_000),
        ("payment", 20_000),
    ]

    shop.pay(intent)
    mailbox.wait("payment_intent.succeeded", count=2)
    again = shop.read(intent)
    assert (again["status"], again["latest_charge"]) == ("succeeded", charge["id"])
    assert charge_of(shop, intent)["status"] == "succeeded"
    assert balance(shop) == (20_000, 0)
    assert len({event["id"] for event in mailbox.events}) == len(mailbox.events)


def test_after_success_a_fork_that_holds_the_payment_ends_the_same(shop: Shop) -> None:
    intent = shop.intent(20_000)
    shop.pay(intent)
    shop.sandbox("mine", count=2)
    shop.sandbox("reorg", depth=3)
    assert shop.read(intent)["status"] == "succeeded"
    assert balance(shop) == (20_000, 0)
    types = until(
        lambda: (
            found
            if (found := shop.types(intent["id"])).count("payment_intent.succeeded") == 2
            else None
        )
    )
    assert types is not None
    assert types.count("payment_intent.reversed") == 1
    lines = shop.get("/v1/balance_transactions")["data"]
    assert sum(line["net"] for line in lines) == 20_000


def test_a_refund_that_a_fork_drops_is_pending_again(shop: Shop) -> None:
    intent = shop.intent(20_000)
    shop.pay(intent)
    shop.sandbox("mine", count=2)
    refund = shop.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 5_000})
    signed = shop.post(f"/v1/test_helpers/refunds/{refund['id']}/sign")
    assert signed["status"] == "succeeded"
    assert balance(shop) == (15_000, 0)
    shop.sandbox("reorg", depth=1)
    assert shop.get(f"/v1/refunds/{refund['id']}")["status"] == "succeeded"
    assert balance(shop) == (15_000, 0)
    shop.sandbox("reorg", depth=2, drop=True)
    assert shop.get(f"/v1/refunds/{refund['id']}")["status"] != "succeeded"
    assert shop.get("/v1/balance")["available"][0]["amount"] == 20_000
    assert shop.read(intent)["status"] == "succeeded", "the payment lies deeper"


def test_a_late_payment_keeps_its_answer_over_a_fork(shop: Shop) -> None:
    intent = shop.intent(20_000)
    shop.sandbox("expire", payment=intent["id"])
    shop.pay(intent, amount=20_000)
    (deposit,) = shop.get("/v1/deposits")["data"]
    shop.post(f"/v1/deposits/{deposit['id']}/dismiss")
    shop.sandbox("reorg", depth=1)
    (again,) = shop.get("/v1/deposits")["data"]
    assert (again["id"], again["status"]) == (deposit["id"], "dismissed")
    assert balance(shop) == (20_000, 0)
