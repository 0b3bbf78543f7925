"""Who may be named as the payer on the sandbox, and how a wrong one is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAY = "/v1/test_helpers/sandbox/pay"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


async def new_intent(till: Till) -> str:
    intent = await till.post("/v1/payment_intents", amount=500, currency="btc", confirm=True)
    return str(intent["id"])


async def address_of(till: Till) -> str:
    intent = await till.get(f"/v1/payment_intents/{await new_intent(till)}")
    display = intent["next_action"]["crypto_display_details"]
    return str(display["deposit_addresses"]["stacks"]["address"])


async def test_nobody_pays_out_of_another_stores_address(till: Till) -> None:
    """Its books would show money leaving that it never sent."""
    other = await till.neighbour()
    await other.post(PAY, payment=await new_intent(other))
    theirs = await address_of(other)
    before = await other.get("/v1/balance")
    order = {"payment": await new_intent(till), "from": theirs}
    assert await till.refused("POST", PAY, order) == (400, None, "from")
    path = f"/v1/test_helpers/payment_intents/{order['payment']}/simulate_crypto_deposit"
    deposit = {
        "transaction_hash": "testsuccess",
        "network": "stacks",
        "token_currency": "sbtc",
        "buyer_wallet": theirs,
    }
    assert await till.refused("POST", path, deposit) == (400, None, "buyer_wallet")
    assert await other.get("/v1/balance") == before


async def test_what_the_sandbox_refuses_names_the_parameter_that_was_sent(till: Till) -> None:
    payment = await new_intent(till)
    order = {"payment": payment, "from": "nobody"}
    assert await till.refused("POST", PAY, order) == (400, None, "from")
    rich = {"payment": payment, "amount": 2_100_000_000_000_001}
    assert (await till.refused("POST", PAY, rich))[2] == "amount"
    poor = {"payment": payment, "from": await address_of(till)}
    assert (await till.refused("POST", PAY, poor))[0] == 400
