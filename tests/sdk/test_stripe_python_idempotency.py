"""A key makes a write happen once, however often Stripe's Python SDK sends it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from tests.served import Refusal, Served, Shop


@pytest.fixture
def once() -> dict[str, Any]:
    """Request options with a fresh key."""
    return {"idempotency_key": secrets.token_hex(12)}


def answered(thing: Any) -> tuple[str, bool]:
    """The body of an answer, and whether it was replayed."""
    answer = thing.last_response
    return answer.body, answer.headers.get("idempotent-replayed") == "true"


def test_a_repetition_is_answered_byte_for_byte(shop: Shop, once: Any) -> None:
    intents = shop.sdk().v1.payment_intents
    first = intents.create({"amount": 1_000, "currency": "btc", "metadata": {"a": "1"}}, once)
    intents.update(first.id, {"metadata": {"a": "2"}})
    again = intents.create({"currency": "btc", "metadata": {"a": "1"}, "amount": 1_000}, once)
    assert answered(first)[1] is False
    assert answered(again) == (answered(first)[0], True), "as it was then, in any order"
    assert len(intents.list().data) == 1
    headers: Any = again.last_response.headers if again.last_response else {}
    assert headers["idempotency-key"] == once["idempotency_key"]
    assert first.last_response is not None
    assert headers["original-request"] == first.last_response.request_id
    assert headers["request-id"] != headers["original-request"]


def test_other_parameters_under_the_key_are_an_idempotency_error(shop: Shop, once: Any) -> None:
    intents = shop.sdk().v1.payment_intents
    intent = intents.create({"amount": 1_000, "currency": "btc"}, once)
    calls: list[Callable[[], object]] = [
        lambda: intents.create({"amount": 1_001, "currency": "btc"}, once),
        lambda: intents.update(intent.id, {"description": "x"}, once),
        lambda: intents.cancel(intent.id, {}, once),
    ]
    for call in calls:
        with pytest.raises(
            stripe.IdempotencyError, match="Keys for idempotent requests"
        ) as refused:
            call()
        assert refused.value.http_status == 400
        assert refused.value.code is None


def test_a_refusal_after_work_began_is_replayed_too(shop: Shop, once: Any) -> None:
    intents = shop.sdk().v1.payment_intents
    intent = intents.create({"amount": 1_000, "currency": "btc"})
    intents.cancel(intent.id)
    answers = []
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            intents.confirm(intent.id, {}, once)
        answers.append(refused.value)
    assert answers[0].http_body == answers[1].http_body
    assert answers[1].headers is not None
    assert answers[1].headers["idempotent-replayed"] == "true"


def test_failed_validation_does_not_use_the_key_up(shop: Shop, once: Any) -> None:
    intents = shop.sdk().v1.payment_intents
    with pytest.raises(stripe.InvalidRequestError):
        intents.create({"amount": -1, "currency": "btc"}, once)
    assert intents.create({"amount": 1_000, "currency": "btc"}, once).amount == 1_000


def test_one_of_many_at_once_does_the_work(shop: Shop) -> None:
    intent = shop.intent(9_000)
    shop.pay(intent)
    key = {"Idempotency-Key": secrets.token_hex(12)}
    params = {"payment_intent": intent["id"], "amount": 9_000}

    def refund(_: int) -> str | Refusal:
        try:
            return str(shop.send("POST", "/v1/refunds", params, headers=key)["id"])
        except Refusal as refused:
            return refused

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(refund, range(16)))
    made = {answer for answer in answers if isinstance(answer, str)}
    assert len(made) == 1
    for refused in [answer for answer in answers if isinstance(answer, Refusal)]:
        # Waiting for the first and repeating it is as good; then there are none of these.
        assert (refused.status, refused.error["code"]) == (409, "idempotency_key_in_use")
        assert refused.headers["stripe-should-retry"] == "true"
    listed = shop.get("/v1/refunds", {"payment_intent": intent["id"]})["data"]
    assert [item["id"] for item in listed] == list(made)


def test_a_key_belongs_to_its_shop(served: Served, shop: Shop, once: Any) -> None:
    params: Any = {"amount": 1_000, "currency": "btc"}
    mine = shop.sdk().v1.payment_intents.create(params, once)
    theirs = served.shop().sdk().v1.payment_intents.create(params, once)
    assert mine.id != theirs.id


def test_a_key_has_at_most_255_characters(shop: Shop) -> None:
    intents = shop.sdk().v1.payment_intents
    params: Any = {"amount": 1_000, "currency": "btc"}
    intents.create(params, {"idempotency_key": "k" * 255})
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        intents.create(params, {"idempotency_key": "k" * 256})
