"""Journeys of webhooks: signed, repeated until they arrive, sent again by hand, secrets rolled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from tests.served import Mailbox, Refusal, Served, Shop, until

from stacktill.testing import Reply

# One process runs them all, so that the appliance is started once.
pytestmark = pytest.mark.xdist_group("hurried")


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance that tries again within a second and gives up waiting after one."""
    settings = {
        "STACKTILL__PLUGINS__NOTIFY_WEBHOOK__RETRY_SCHEDULE_SECONDS": "0.3,0.3,0.3,0.3",
        "STACKTILL__PLUGINS__NOTIFY_WEBHOOK__TIMEOUT_SECONDS": "1",
    }
    with Served.running(tmp_path_factory.mktemp("hurried") / "data", **settings) as appliance:
        yield appliance


@pytest.fixture
def shop(hurried: Served) -> Shop:
    return hurried.shop()


def verified(mailbox: Mailbox, secret: str) -> list[stripe.Event]:
    """What came, as Stripe's SDK reads it; it raises when a signature is wrong."""
    return [
        stripe.Webhook.construct_event(letter.body, letter.headers["stripe-signature"], secret)
        for letter in mailbox.letters
    ]


def deliveries(shop: Shop, endpoint: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    found = shop.get(f"/v1/webhook_endpoints/{endpoint['id']}/deliveries", params)
    data: list[dict[str, Any]] = found["data"]
    return data


def test_what_fails_is_sent_again_with_the_same_bytes(shop: Shop, mailbox: Mailbox) -> None:
    endpoint = mailbox.open_at(shop, enabled_events=["payment_intent.succeeded"])
    mailbox.receiver.script.extend([Reply(status=500), Reply(status=302), Reply(hang=True)])
    shop.pay(shop.intent())
    until(lambda: len(mailbox.letters) == 4)
    assert len({letter.body for letter in mailbox.letters}) == 1
    assert len({letter.headers["webhook-id"] for letter in mailbox.letters}) == 1
    assert len(verified(mailbox, endpoint["secret"])) == 4
    (delivery,) = until(lambda: deliveries(shop, endpoint, status="delivered"))
    attempts = delivery["attempts"]
    assert len(attempts) == 4
    event = shop.get(f"/v1/events/{mailbox.events[0]['id']}")
    assert event["pending_webhooks"] == 0


def test_a_hanging_receiver_delays_nobody(shop: Shop, mailbox: Mailbox) -> None:
    with Mailbox() as hanging:
        hanging.receiver.reply = Reply(hang=True)
        hanging.open_at(shop)
        mailbox.open_at(shop, enabled_events=["payment_intent.succeeded"])
        for _ in range(3):
            shop.pay(shop.intent())
        mailbox.wait("payment_intent.succeeded", count=3)


def test_one_event_is_sent_again_and_a_range_is_replayed(
    hurried: Served, shop: Shop, mailbox: Mailbox
) -> None:
    endpoint = mailbox.open_at(shop)
    intent = shop.intent()
    shop.pay(intent)
    mailbox.wait("payment_intent.succeeded")
    until(lambda: len(mailbox.events) == len(shop.events()))
    count = len(mailbox.events)
    created = next(e for e in mailbox.events if e["type"] == "payment_intent.created")

    shop.post(f"/v1/webhook_endpoints/{endpoint['id']}/redeliver", {"event": created["id"]})
    until(lambda: len(mailbox.events) == count + 1)
    assert mailbox.events[-1] == created
    hurried.run("webhooks", "retry", created["id"], "--endpoint", endpoint["id"])
    until(lambda: len(mailbox.events) == count + 2)

    with Mailbox() as other:
        late = other.open_at(shop, enabled_events=["*"])
        replayed = shop.post(
            f"/v1/webhook_endpoints/{late['id']}/replay", {"after_position": created["position"]}
        )
        assert replayed["queued"] >= count - 1
        until(lambda: len(other.events) >= count - 1)
        assert {e["id"] for e in other.events} < {e["id"] for e in shop.events()}
        assert len(verified(other, late["secret"])) == len(other.letters)


def test_while_a_secret_is_rolled_both_sign(shop: Shop, mailbox: Mailbox) -> None:
    endpoint = mailbox.open_at(shop, enabled_events=["payment_intent.succeeded"])
    rolled = shop.post(
        f"/v1/webhook_endpoints/{endpoint['id']}/roll_secret", {"overlap_seconds": 3_600}
    )
    assert rolled["secret"] != endpoint["secret"]
    shop.pay(shop.intent())
    mailbox.wait("payment_intent.succeeded")
    assert verified(mailbox, endpoint["secret"])[0].id == verified(mailbox, rolled["secret"])[0].id
    final = shop.post(f"/v1/webhook_endpoints/{endpoint['id']}/roll_secret", {"overlap_seconds": 0})
    shop.pay(shop.intent())
    mailbox.wait("payment_intent.succeeded", count=2)
    newest = mailbox.letters[-1]
    signature = newest.headers["stripe-signature"]
    stripe.Webhook.construct_event(newest.body, signature, final["secret"])
    for old in (endpoint["secret"], rolled["secret"]):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(newest.body, signature, old)


def test_a_receiver_that_says_gone_is_disabled(shop: Shop, mailbox: Mailbox) -> None:
    endpoint = mailbox.open_at(shop)
    mailbox.receiver.reply = Reply(status=410)
    shop.intent()
    read = f"/v1/webhook_endpoints/{endpoint['id']}"
    until(lambda: shop.get(read)["status"] == "disabled")
    until(lambda: "webhook_endpoint.disabled" in [event["type"] for event in shop.events()])


def test_private_addresses_can_be_refused(tmp_path: Path, mailbox: Mailbox) -> None:
    closed = {"STACKTILL__PLUGINS__NOTIFY_WEBHOOK__ALLOW_PRIVATE_ADDRESSES": "false"}
    with Served.running(tmp_path / "data", **closed) as served:
        shop = served.shop()
        try:
            endpoint = mailbox.open_at(shop)
        except Refusal as refused:
            assert refused.status == 400  # noqa: PT017 - refusing at once is as good
        else:
            shop.intent()
            until(lambda: deliveries(shop, endpoint))
            until(lambda: deliveries(shop, endpoint)[0]["attempts"])
        assert mailbox.letters == []
        assert mailbox.receiver.connections == 0
