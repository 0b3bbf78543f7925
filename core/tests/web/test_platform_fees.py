"""Platform fees over HTTP: what was asked for and what came, on every object that says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from core.tests.shop_kit import Till, open_till

from stacktill.domain.errors import ConfigError
from stacktill.runtime.appliance import open_appliance
from stacktill.runtime.config import load_settings

RECIPIENT = "ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP"
BURNT = "ST000000000000000000002AMW42H"
MAINNETS = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
FEES = {
    "STACKTILL__FEES__TIERS": '{"standard": 100, "charity": 0}',
    "STACKTILL__FEES__DEFAULT_TIER": "standard",
    "STACKTILL__FEES__MIN_SATS": "10",
    "STACKTILL__FEES__TEST_RECIPIENT": RECIPIENT,
}


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(tmp_path / "data", serves=True, environ=FEES) as opened:
        yield opened


async def intent(till: Till, amount: int = 20_000) -> dict[str, Any]:
    return await till.post("/v1/payment_intents", amount=amount, currency="btc", confirm=True)


async def pay(till: Till, id: str, **how: Any) -> dict[str, Any]:
    made = await till.post("/v1/test_helpers/sandbox/pay", payment=id, **how)
    paid: dict[str, Any] = made["payment_intent"]
    return paid


async def test_a_split_payment_shows_the_fee_everywhere(till: Till) -> None:
    made = await intent(till)
    assert made["application_fee_amount"] == 200
    assert made["platform_fee"] == {
        "amount": 200,
        "amount_collected": 0,
        "basis_points": 100,
        "recipient": RECIPIENT,
        "tier": "standard",
    }
    paid = await pay(till, made["id"], split=True)
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 20_000)
    assert paid["platform_fee"]["amount_collected"] == 200
    charge = await till.get(f"/v1/charges/{paid['latest_charge']}")
    assert (charge["amount"], charge["application_fee_amount"]) == (20_000, 200)
    line = await till.get(f"/v1/balance_transactions/{charge['balance_transaction']}")
    assert (line["amount"], line["fee"], line["net"]) == (20_000, 200, 19_800)
    (deposit,) = (await till.get("/v1/deposits"))["data"]
    assert (deposit["amount"], deposit["fee"]) == (19_800, 200)
    assert (await till.get("/v1/balance"))["available"][0]["amount"] == 19_800


async def test_a_plain_payment_says_that_nothing_was_collected(till: Till) -> None:
    paid = await pay(till, (await intent(till))["id"])
    assert paid["status"] == "succeeded"
    assert paid["platform_fee"]["amount_collected"] == 0
    charge = await till.get(f"/v1/charges/{paid['latest_charge']}")
    assert charge["application_fee_amount"] is None
    line = await till.get(f"/v1/balance_transactions/{charge['balance_transaction']}")
    assert (line["fee"], line["net"]) == (0, 20_000)


async def test_a_merchants_key_cannot_lower_it(till: Till) -> None:
    wish = {"amount": 20_000, "currency": "btc", "application_fee_amount": 1}
    made = await till.post("/v1/payment_intents", **wish)
    assert made["application_fee_amount"] == 200
    path = f"/v1/payment_intents/{made['id']}"
    assert (await till.refused("POST", path, {"application_fee_amount": 0}))[2] == (
        "application_fee_amount"
    )
    assert (await till.post(path, amount=500))["application_fee_amount"] == 10


async def test_a_session_has_it_too(till: Till) -> None:
    price = {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Tea"}}
    session = await till.post(
        "/v1/checkout/sessions",
        line_items=[{"price_data": price, "quantity": 10}],
        success_url="https://shop.example",
    )
    paid = await pay(till, session["id"], split=True)
    assert paid["platform_fee"]["amount_collected"] == 70


async def test_the_account_tells_what_is_asked(till: Till) -> None:
    assert (await till.get("/v1/account"))["platform_fee"] == {
        "basis_points": 100,
        "max_amount": None,
        "min_amount": 10,
        "tier": "standard",
    }


async def test_a_payment_without_a_fee_cannot_be_split(tmp_path: Path) -> None:
    async with open_till(tmp_path / "data", serves=True) as till:
        made = await intent(till)
        assert made["platform_fee"] is None
        assert (await till.get("/v1/account"))["platform_fee"] is None
        wish = {"payment": made["id"], "split": True}
        refused = await till.refused("POST", "/v1/test_helpers/sandbox/pay", wish)
        assert refused == (400, None, "split")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"STACKTILL__FEES__DEFAULT_TIER": "gold"}, "none of tiers"),
        ({"STACKTILL__FEES__MAX_SATS": "5"}, "less than min_sats"),
        ({"STACKTILL__FEES__TIERS": '{"standard": 1001}'}, "1000"),
        ({"STACKTILL__FEES__TEST_RECIPIENT": "SP-nowhere"}, "test_recipient: .* not an address"),
        ({"STACKTILL__FEES__TEST_RECIPIENT": f"{RECIPIENT}.vault"}, "test_recipient: .* contract"),
        ({"STACKTILL__FEES__TEST_RECIPIENT": BURNT}, "test_recipient: .* nobody's"),
        ({"STACKTILL__FEES__TEST_RECIPIENT": MAINNETS}, "test_recipient: .* the main network"),
    ],
)
async def test_what_cannot_be_is_said_at_the_start(
    tmp_path: Path, change: dict[str, str], told: str
) -> None:
    environ = {**FEES, **change, "STACKTILL__SERVER__DATA_DIR": str(tmp_path)}
    with pytest.raises(ConfigError, match=told):
        async with open_appliance(load_settings(environ=environ), loops=False):
            raise AssertionError("it opened")
