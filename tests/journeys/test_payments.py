"""Journeys of money that comes: exact, too little, too much, and the time it takes."""

from __future__ import annotations

import time

from tests.served import Shop


def test_an_exact_payment_succeeds_within_three_seconds(shop: Shop) -> None:
    intent = shop.intent(20_000)
    assert intent["status"] == "requires_action"
    begun = time.monotonic()
    shop.pay(intent)
    paid = shop.read(intent)
    assert time.monotonic() - begun < 3
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 20_000)
