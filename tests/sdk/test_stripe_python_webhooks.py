"""Stripe's Python SDK verifies the webhooks that really arrive, and reads the events behind them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe
from tests.served import Mailbox, Shop, until


def test_construct_event_on_a_delivered_webhook(shop: Shop, mailbox: Mailbox) -> None:
    sdk = shop.sdk()
    endpoint = sdk.v1.webhook_endpoints.create(
        {
            "url": mailbox.receiver.url("/hook?shop=1"),
            "enabled_events": ["payment_intent.succeeded"],
            "description": "orders",
            "metadata": {"a": "1"},
        }
    )
    assert endpoint.secret is not None
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.status == "enabled"
    intent = shop.intent(12_345, metadata={"order": "7"})
    shop.pay(intent)
    mailbox.wait("payment_intent.succeeded")
    (letter,) = mailbox.letters
    assert letter.method == "POST"
    assert letter.path == "/hook?shop=1"
    assert letter.headers["content-type"] == "application/json; charset=utf-8"
    signature = letter.headers["stripe-signature"]

    event = sdk.construct_event(letter.body, signature, endpoint.secret)
    assert (event.type, event.object) == ("payment_intent.succeeded", "event")
    paid = event.data.object
    assert isinstance(paid, stripe.PaymentIntent)
    assert (paid.id, paid.status, paid.amount_received) == (intent["id"], "succeeded", 12_345)
    same = stripe.Webhook.construct_event(letter.body, signature, endpoint.secret)
    assert same.id == event.id
    assert letter.headers["webhook-id"] == event.id

    for body, secret in ((letter.body + b" ", endpoint.secret), (letter.body, "whsec_other")):
        with pytest.raises(stripe.SignatureVerificationError):
            sdk.construct_event(body, signature, secret)

    read = sdk.v1.events.retrieve(event.id)
    assert read.to_dict()["data"] == json.loads(letter.body)["data"]
    until(lambda: sdk.v1.events.retrieve(event.id).pending_webhooks == 0)


def test_an_endpoint_is_changed_listed_and_deleted(shop: Shop, mailbox: Mailbox) -> None:
    endpoints = shop.sdk().v1.webhook_endpoints
    made = endpoints.create({"url": mailbox.receiver.url(), "enabled_events": ["*"]})
    read = endpoints.retrieve(made.id)
    assert "secret" not in read or read.secret is None, "shown once"
    changed = endpoints.update(
        made.id, {"disabled": True, "enabled_events": ["charge.refunded"], "description": "off"}
    )
    assert (changed.status, changed.enabled_events) == ("disabled", ["charge.refunded"])
    assert [item.id for item in endpoints.list().auto_paging_iter()] == [made.id]
    gone = endpoints.delete(made.id)
    assert (gone.id, gone["deleted"]) == (made.id, True)
    with pytest.raises(stripe.InvalidRequestError):
        endpoints.retrieve(made.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        endpoints.create({"url": "ftp://example.com", "enabled_events": ["*"]})
    assert (refused.value.code, refused.value.param) == ("url_invalid", "url")
    wrong: Any = {"url": "https://example.com", "enabled_events": ["nonsense"]}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        endpoints.create(wrong)
    assert refused.value.param is not None
    assert refused.value.param.startswith("enabled_events")


def test_events_are_listed_by_type_and_time(shop: Shop) -> None:
    events = shop.sdk().v1.events
    intent = shop.intent(5_000)
    shop.pay(intent)

    def types(**params: Any) -> list[str]:
        wish: Any = {"limit": 100, **params}
        return [event.type for event in events.list(wish).data]

    until(lambda: "payment_intent.succeeded" in types())
    assert types(type="payment_intent.succeeded") == ["payment_intent.succeeded"]
    assert set(types(type="payment_intent.*")) >= {
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.processing",
        "payment_intent.succeeded",
    }
    both = ["payment_intent.created", "charge.succeeded"]
    assert sorted(types(types=both)) == sorted(both)
    assert types(created={"lt": intent["created"]}) == []
    with pytest.raises(stripe.InvalidRequestError) as refused:
        types(type="charge.succeeded", types=both)
    assert refused.value.code == "parameters_exclusive"
    walked = [event.id for event in events.list({"limit": 2}).auto_paging_iter()]
    assert len(walked) == len(set(walked)) == len(types())
    (updated,) = events.list({"type": "payment_intent.processing"}).data
    assert updated.api_version
    assert updated.data.object["status"] == "processing"


def test_an_update_says_what_was_before(shop: Shop) -> None:
    sdk = shop.sdk()
    customer = sdk.v1.customers.create({"name": "Ada", "metadata": {"a": "1"}})
    sdk.v1.customers.update(customer.id, {"name": "Grace"}, {"idempotency_key": "rename"})
    found = until(lambda: sdk.v1.events.list({"type": "customer.updated"}).data)
    (event,) = found
    assert event.data.previous_attributes is not None
    assert event.to_dict()["data"]["previous_attributes"] == {"name": "Ada"}
    assert event.request is not None
    assert event.request.idempotency_key == "rename"
    assert event.request.id is not None
    assert event.request.id.startswith("req_")
