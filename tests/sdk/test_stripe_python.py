"""Stripe's own Python SDK, unmodified, against a served appliance: payments in both of its styles."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import stripe
from tests.served import Shop

# Older than the pinned one: the request parameter was still called payment_method_types.
BEFORE_ENDIVE = "2025-03-31.basil"


@pytest.fixture
def sdk(shop: Shop) -> stripe.StripeClient:
    """The client style."""
    return shop.sdk()


@pytest.fixture
def module(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The older, global style."""
    monkeypatch.setattr(stripe, "api_key", shop.secret_key)
    monkeypatch.setattr(stripe, "api_base", shop.url)
    monkeypatch.setattr(stripe, "upload_api_base", shop.url)
    monkeypatch.setattr(stripe, "max_network_retries", 0)
    return stripe


def plain(thing: Any) -> dict[str, Any]:
    """What an SDK's object holds; a hash that was unset may be empty, and then compares so."""
    whole: dict[str, Any] = thing.to_dict()
    return whole


def headers(thing: Any) -> Mapping[str, str]:
    """The headers of the answer that an SDK's object came in."""
    found: Mapping[str, str] = thing.last_response.headers
    return found


def confirmed(sdk: stripe.StripeClient, amount: int = 20_000, **more: Any) -> stripe.PaymentIntent:
    params: Any = {"amount": amount, "currency": "btc", "confirm": True, **more}
    return sdk.v1.payment_intents.create(params)


def test_an_intent_from_creation_to_success(sdk: stripe.StripeClient, shop: Shop) -> None:
    intent = sdk.v1.payment_intents.create({"amount": 20_000, "currency": "BTC"})
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.id.startswith("pi_")
    assert (intent.status, intent.currency) == ("requires_payment_method", "btc")
    assert (intent.amount, intent.amount_received, intent.livemode) == (20_000, 0, False)
    assert intent.client_secret is not None
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert intent.latest_charge is None
    assert intent.next_action is None
    assert headers(intent)["request-id"].startswith("req_")

    intent = sdk.v1.payment_intents.update(
        intent.id, {"amount": 25_000, "description": "Order 7", "metadata": {"order": "7"}}
    )
    assert (intent.amount, intent.description) == (25_000, "Order 7")

    # The SDK's types know no deposit mode yet; on the wire it is Stripe's.
    how: Any = {
        "payment_method_data": {"type": "crypto"},
        "payment_method_options": {
            "crypto": {"mode": "deposit", "deposit_options": {"networks": ["stacks"]}}
        },
    }
    intent = sdk.v1.payment_intents.confirm(intent.id, how)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.type == "crypto_display_details"
    details = intent.next_action["crypto_display_details"]
    assert details["deposit_addresses"]["stacks"]["address"]
    (token,) = details["deposit_addresses"]["stacks"]["supported_tokens"]
    assert token["token_currency"] == "sbtc"
    assert token["token_contract_address"].count(".") == 1
    assert (details["amount"], details["amount_remaining"]) == (25_000, 25_000)
    assert details["expires_at"] > intent.created
    assert details["memo"]
    assert details["hosted_url"].startswith(shop.url)

    shop.pay({"id": intent.id})
    paid = sdk.v1.payment_intents.retrieve(
        intent.id, {"expand": ["latest_charge.balance_transaction"]}
    )
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 25_000, None)
    charge = paid.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.amount, charge.paid, charge.captured) == (25_000, True, True)
    assert plain(charge.metadata) == {"order": "7"}
    assert charge.payment_method_details is not None
    crypto: Any = charge.payment_method_details.crypto
    assert (crypto.network, crypto.token_currency) == ("stacks", "sbtc")
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert charge.balance_transaction.net == 25_000


def test_the_global_style_does_the_same(module: Any, shop: Shop) -> None:
    intent = module.PaymentIntent.create(amount=1_500, currency="btc", metadata={"a": "1"})
    intent = module.PaymentIntent.modify(intent.id, metadata={"b": "2"})
    assert plain(intent.metadata) == {"a": "1", "b": "2"}
    intent = intent.confirm()
    assert intent.status == "requires_action"
    shop.pay({"id": intent.id})
    intent.refresh()
    assert intent.status == "succeeded"
    assert [found.id for found in module.PaymentIntent.list(limit=5)] == [intent.id]
    assert [found.id for found in module.PaymentIntent.search(query="status:'succeeded'")] == [
        intent.id
    ]
    refund = module.Refund.create(payment_intent=intent.id, amount=500)
    assert (refund.amount, refund.status) == (500, "requires_action")
    assert module.Charge.retrieve(intent.latest_charge).amount_refunded == 500


def test_cancel_says_why(sdk: stripe.StripeClient) -> None:
    intent = confirmed(sdk)
    canceled = sdk.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert canceled.canceled_at is not None
    assert canceled.next_action is None
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.payment_intents.confirm(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error is not None
    assert refused.value.error["payment_intent"]["id"] == intent.id


def test_a_charge_cannot_be_captured_by_hand(sdk: stripe.StripeClient) -> None:
    intent = confirmed(sdk)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.payment_intents.capture(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_the_requests_of_old_and_of_new_versions(shop: Shop) -> None:
    new = confirmed(shop.sdk(), allowed_payment_method_types=["crypto"])
    assert new.payment_method_types == ["crypto"]
    assert headers(new)["stripe-version"] == stripe.api_version
    old = confirmed(shop.sdk(stripe_version=BEFORE_ENDIVE), payment_method_types=["crypto"])
    assert old.payment_method_types == ["crypto"]
    assert headers(old)["stripe-version"] == BEFORE_ENDIVE
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        shop.sdk(stripe_version="2019-2-19").v1.payment_intents.list()


def test_deposit_mode_as_stripe_simulates_it(sdk: stripe.StripeClient) -> None:
    intent = confirmed(sdk)
    url = f"/v1/test_helpers/payment_intents/{intent.id}/simulate_crypto_deposit"
    how = {"network": "stacks", "token_currency": "sbtc"}
    failed = sdk.deserialize(
        sdk.raw_request("post", url, transaction_hash="0xtestfailed", **how), api_mode="V1"
    )
    assert failed["last_payment_error"]["code"]
    paid = sdk.deserialize(
        sdk.raw_request("post", url, transaction_hash="0xtestsuccess", **how), api_mode="V1"
    )
    assert isinstance(paid, stripe.PaymentIntent)
    assert (paid.status, paid.amount_received) == ("succeeded", 20_000)
    assert paid.last_payment_error is None


def test_a_publishable_key_reads_with_the_client_secret(shop: Shop) -> None:
    intent = confirmed(shop.sdk(), metadata={"margin": "40 %"})
    payer = shop.sdk(shop.publishable_key)
    assert intent.client_secret is not None
    seen = payer.v1.payment_intents.retrieve(intent.id, {"client_secret": intent.client_secret})
    assert (seen.id, seen.status, seen.amount) == (intent.id, "requires_action", 20_000)
    assert "metadata" not in seen
    assert "customer" not in seen
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        payer.v1.payment_intents.retrieve(intent.id, {"client_secret": f"{intent.id}_secret_no"})
    with pytest.raises(stripe.InvalidRequestError):
        payer.v1.payment_intents.retrieve(intent.id)
    with pytest.raises(stripe.PermissionError) as refused:
        payer.v1.payment_intents.list()
    assert refused.value.error is not None
    assert refused.value.error.code == "secret_key_required"


def test_metadata_merges_and_goes_key_by_key_or_whole(sdk: stripe.StripeClient) -> None:
    def update(id: str, params: Any) -> dict[str, Any]:
        return plain(sdk.v1.payment_intents.update(id, params).metadata)

    intent = sdk.v1.payment_intents.create(
        {"amount": 1_000, "currency": "btc", "metadata": {"a": "1", "b": "2"}}
    )
    long = "ä" * 500
    assert update(intent.id, {"metadata": {"c": long}}) == {"a": "1", "b": "2", "c": long}
    assert update(intent.id, {"metadata": {"b": ""}}) == {"a": "1", "c": long}
    assert update(intent.id, {"metadata": ""}) == {}
    for bad in ({"k" * 41: "v"}, {"k": "v" * 501}, {f"k{i}": "v" for i in range(51)}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            update(intent.id, {"metadata": bad})
        assert refused.value.param is not None
        assert refused.value.param.startswith("metadata")
    assert sdk.v1.payment_intents.retrieve(intent.id).to_dict()["metadata"] == {}


# The SDK hands httpx its body in a way that httpx would rather not see.
@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_the_async_methods(shop: Shop) -> None:
    async def work() -> list[str]:
        http = stripe.HTTPXClient(allow_sync_methods=False)
        client = shop.sdk(http_client=http)
        wishes = [
            client.v1.payment_intents.create_async({"amount": 1_000 + i, "currency": "btc"})
            for i in range(8)
        ]
        made = [intent.id for intent in await asyncio.gather(*wishes)]
        pages = await client.v1.payment_intents.list_async({"limit": 3})
        listed = [intent.id async for intent in pages.auto_paging_iter()]
        assert sorted(listed) == sorted(made)
        canceled = await client.v1.payment_intents.cancel_async(made[0])
        assert canceled.status == "canceled"
        with pytest.raises(stripe.InvalidRequestError):
            await client.v1.payment_intents.retrieve_async("pi_nothing")
        await http.close_async()  # type: ignore[no-untyped-call]
        return made

    assert len(set(asyncio.run(work()))) == 8


def test_a_basic_login_is_a_key_too(shop: Shop) -> None:
    answer = httpx.post(
        f"{shop.url}/v1/payment_intents",
        auth=(shop.secret_key, ""),
        data={"amount": "1000", "currency": "btc", "payment_method_types[]": "crypto"},
        headers={"Idempotency-Key": secrets.token_hex(8)},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["payment_method_types"] == ["crypto"]
