"""Test helpers honour idempotency keys too: a repeated payment pays once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from core.tests.shop_kit import Till, open_till


async def pay(till: Till, order: dict[str, Any]) -> Any:
    """Play the payer under one idempotency key."""
    headers = {"Authorization": f"Bearer {till.key}", "Idempotency-Key": "pay-1"}
    return await till.http.post("/v1/test_helpers/sandbox/pay", json=order, headers=headers)


async def test_a_repeated_sandbox_payment_pays_once(tmp_path: Path) -> None:
    """The second order under the same key is answered, and not carried out."""
    async with open_till(tmp_path, serves=True) as till:
        intent = await till.post("/v1/payment_intents", amount=900, currency="btc", confirm=True)
        order = {"payment": intent["id"], "amount": 400}
        first, again = await pay(till, order), await pay(till, order)
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
        after = await till.get(f"/v1/payment_intents/{intent['id']}")
        assert after["next_action"]["crypto_display_details"]["amount_remaining"] == 500
        other = await pay(till, {**order, "amount": 500})
        assert other.json()["error"]["type"] == "idempotency_error"


async def test_an_order_repeated_while_it_is_carried_out_pays_once(tmp_path: Path) -> None:
    """The repetition is asked to come again, and is answered then."""
    async with open_till(tmp_path, serves=True) as till:
        intent = await till.post("/v1/payment_intents", amount=900, currency="btc", confirm=True)
        order = {"payment": intent["id"], "amount": 400}
        answers = await asyncio.gather(*(pay(till, order) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert refused.json()["error"]["code"] == "idempotency_key_in_use"
        assert (await pay(till, order)).headers["idempotent-replayed"] == "true"
        after = await till.get(f"/v1/payment_intents/{intent['id']}")
        assert after["next_action"]["crypto_display_details"]["amount_remaining"] == 500
