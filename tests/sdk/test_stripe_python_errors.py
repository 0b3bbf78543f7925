"""Each refusal arrives in Stripe's Python SDK as the class, code and parameter that shops catch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe
from tests.served import Served, Shop

Call = Callable[[stripe.StripeClient], object]


def create(**params: Any) -> Call:
    return lambda sdk: sdk.raw_request("post", "/v1/payment_intents", **params)


GOOD = {"amount": 1_000, "currency": "btc"}

REFUSED: dict[str, tuple[Call, str | None, str | None]] = {
    "missing": (create(currency="btc"), "parameter_missing", "amount"),
    "unknown": (create(**GOOD, colour="red"), "parameter_unknown", "colour"),
    "unknown nested": (
        create(**GOOD, shipping={"name": "Ada", "address": {}, "drone": "1"}),
        "parameter_unknown",
        "shipping[drone]",
    ),
    "unknown in a query": (
        lambda sdk: sdk.raw_request("get", "/v1/payment_intents", colour="red"),
        "parameter_unknown",
        "colour",
    ),
    "no integer": (create(amount="1.5", currency="btc"), "parameter_invalid_integer", "amount"),
    "a float": (create(amount=1e3, currency="btc"), "parameter_invalid_integer", "amount"),
    "negative": (create(amount=-5, currency="btc"), "amount_too_small", "amount"),
    "empty": (create(amount="", currency="btc"), "parameter_invalid_empty", "amount"),
    "too small": (create(amount=0, currency="btc"), "amount_too_small", "amount"),
    "too large": (create(amount=10**17, currency="btc"), "amount_too_large", "amount"),
    "no currency of ours": (create(amount=1_000, currency="zzz"), None, "currency"),
    "no boolean": (create(**GOOD, confirm="maybe"), None, "confirm"),
    "no hash": (create(**GOOD, shipping="here"), None, "shipping"),
    "no choice": (create(**GOOD, capture_method="magic"), None, "capture_method"),
    "no address": (create(**GOOD, receipt_email="ada"), "email_invalid", "receipt_email"),
    "no url": (create(**GOOD, confirm=True, return_url="x"), "url_invalid", "return_url"),
    "unknown id in the path": (
        lambda sdk: sdk.v1.payment_intents.retrieve("pi_x"),
        "resource_missing",
        "intent",
    ),
    "unknown customer in the path": (
        lambda sdk: sdk.v1.customers.retrieve("cus_x"),
        "resource_missing",
        "id",
    ),
    "unknown id in a parameter": (
        create(**GOOD, customer="cus_x"),
        "resource_missing",
        "customer",
    ),
    "a refund of nothing": (
        lambda sdk: sdk.v1.refunds.create({"payment_intent": "pi_x"}),
        "resource_missing",
        "payment_intent",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_code_and_the_parameter(shop: Shop, name: str) -> None:
    call, code, param = REFUSED[name]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        call(shop.sdk())
    error = refused.value
    assert error.http_status == (404 if "path" in name else 400)
    assert (error.param, error.code) == (param, code)
    assert error.user_message
    assert error.request_id is not None
    assert error.request_id.startswith("req_")
    assert shop.events() == [], "a refusal leaves nothing behind"


@pytest.mark.parametrize("key", ["sk_test_wrong", "sk_live_" + "x" * 24, "nonsense", "pk_test_x"])
def test_an_unknown_key_is_an_authentication_error(shop: Shop, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided") as refused:
        shop.sdk(key).v1.payment_intents.list()
    assert key not in str(refused.value)
    assert refused.value.http_status == 401


def test_a_key_is_needed(shop: Shop) -> None:
    answer = httpx.get(f"{shop.url}/v1/payment_intents")
    assert answer.status_code == 401
    assert "You did not provide an API key" in answer.json()["error"]["message"]


def test_another_account_is_a_permission_error(served: Served, shop: Shop) -> None:
    other = served.shop()
    sdk = shop.sdk(stripe_account=other.id)
    with pytest.raises(stripe.PermissionError) as refused:
        sdk.v1.payment_intents.list()
    assert refused.value.error is not None
    assert refused.value.error.code == "account_invalid"
    assert shop.sdk(stripe_account=shop.id).v1.payment_intents.list().data == []


def test_another_shops_objects_do_not_exist(served: Served, shop: Shop) -> None:
    intent = served.shop().intent()
    intents = shop.sdk().v1.payment_intents
    calls: list[Callable[[], object]] = [
        lambda: intents.retrieve(intent["id"]),
        lambda: intents.cancel(intent["id"]),
        lambda: intents.confirm(intent["id"]),
        lambda: intents.update(intent["id"], {"description": "mine"}),
    ]
    for call in calls:
        with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
            call()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("GET", "/v1/customers/"),
        ("GET", "/nothing"),
        ("DELETE", "/v1/payment_intents"),
        ("POST", "/v1/events"),
        ("PUT", "/v1/payment_intents"),
        ("GET", "/v1/payment_intents/"),
        ("GET", "/v2/core/events"),
        ("GET", "/v1//payment_intents"),
    ],
)
def test_unknown_urls_answer_in_the_envelope(shop: Shop, method: str, path: str) -> None:
    answer = httpx.request(method, shop.url + path, auth=(shop.secret_key, ""))
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert f"({method}: {path})" in error["message"]
    assert answer.headers["request-id"].startswith("req_")


def test_bad_bodies_answer_in_the_envelope(shop: Shop) -> None:
    url, auth = f"{shop.url}/v1/payment_intents", (shop.secret_key, "")
    for content, kind, status in (
        (b"amount=1000", "text/plain", 400),
        (b"{nonsense", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"amount=%00", "application/x-www-form-urlencoded", 400),
        (b"amount=%ff", "application/x-www-form-urlencoded", 400),
        (b"a" * 2_000_000, "application/x-www-form-urlencoded", 413),
    ):
        answer = httpx.post(url, auth=auth, content=content, headers={"Content-Type": kind})
        assert answer.status_code == status, answer.text[:200]
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert answer.headers["request-id"].startswith("req_")


def test_json_bodies_are_read_whole(shop: Shop) -> None:
    params = {**GOOD, "metadata": {"a": "1"}, "payment_method_types": ["crypto"]}
    answer = httpx.post(
        f"{shop.url}/v1/payment_intents",
        auth=(shop.secret_key, ""),
        content=json.dumps(params),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["metadata"] == {"a": "1"}


def test_too_many_requests_are_a_rate_limit_error(tmp_path: Path) -> None:
    limits = {
        "STACKTILL__LIMITS__REQUESTS_PER_SECOND": "5",
        "STACKTILL__LIMITS__BURST_SECONDS": "1",
    }
    with Served.running(tmp_path / "data", **limits) as served:
        hasty, calm = served.shop(), served.shop()

        def hurry() -> None:
            for _ in range(40):
                hasty.sdk().v1.payment_intents.list()

        with pytest.raises(stripe.RateLimitError) as refused:
            hurry()
        assert refused.value.http_status == 429
        assert refused.value.error is not None
        assert refused.value.error.code == "rate_limit"
        assert refused.value.headers is not None
        assert refused.value.headers["stripe-rate-limited-reason"] == "global-rate"
        assert calm.sdk().v1.payment_intents.list().data == [], "another key has its own window"
        assert httpx.get(f"{served.url}/health/live").status_code == 200
