"""The signatures, checked by the libraries that receivers use."""

from __future__ import annotations

import base64
import json
import secrets
import time

import pytest
import standardwebhooks
import stripe
from hypothesis import given
from hypothesis import strategies as st

from stacktill.plugin import Message, Target
from stacktill.testing.notification import standard_signature, stripe_signature
from stacktill.testing.receiver import Receiver
from stacktill_notify_webhook.channel import WebhookNotifier
from stacktill_notify_webhook.signatures import UnusableSecret, signature_headers

PLAIN_SECRET = "whsec_" + "abcdefghijklmnopqrstuvwxyz012345"
RANDOM_SECRET = "whsec_" + base64.b64encode(bytes(range(200, 232))).decode()
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_1", "object": "payment_intent", "description": "żółw ₿"}},
}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


@pytest.mark.parametrize("held", [PLAIN_SECRET, RANDOM_SECRET])
@pytest.mark.parametrize("sent", [(PLAIN_SECRET, RANDOM_SECRET), (RANDOM_SECRET, PLAIN_SECRET)])
async def test_official_libraries_accept_a_delivery_in_rotation(
    channel: WebhookNotifier, receiver: Receiver, held: str, sent: tuple[str, ...]
) -> None:
    target = Target("we_1", receiver.url(), sent)
    await channel.attempt(target, Message("evt_1", "payment_intent.succeeded", BODY))
    (received,) = receiver.requests
    header = received.headers["stripe-signature"]
    event = stripe.Webhook.construct_event(received.body, header, held)
    assert event.id == "evt_1"
    assert event.data.object["description"] == "żółw ₿"
    assert standardwebhooks.Webhook(held).verify(received.body, received.headers) == EVENT


@pytest.mark.parametrize("wrong", [PLAIN_SECRET, RANDOM_SECRET])
def test_official_libraries_refuse_a_changed_body(wrong: str) -> None:
    headers = signature_headers("evt_1", int(time.time()), BODY, [PLAIN_SECRET])
    changed = BODY.replace(b"pi_1", b"pi_2")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(changed, headers["Stripe-Signature"], wrong)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(wrong).verify(changed, headers)


@given(
    body=st.binary(max_size=300),
    timestamp=st.integers(0, 2**40),
    keys=st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=3),
)
def test_signatures_follow_their_definitions(
    body: bytes, timestamp: int, keys: list[bytes]
) -> None:
    held = ["whsec_" + base64.b64encode(key).decode() for key in keys]
    headers = signature_headers("evt_9", timestamp, body, held)
    stripe_parts = [stripe_signature(secret, str(timestamp), body) for secret in held]
    assert headers["Stripe-Signature"] == ",".join([f"t={timestamp}", *stripe_parts])
    standard_parts = [standard_signature(s, "evt_9", str(timestamp), body) for s in held]
    assert headers["webhook-signature"] == " ".join(standard_parts)


def test_padding_may_be_left_out() -> None:
    padded = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with_padding = signature_headers("e", 1, b"{}", [padded])["webhook-signature"]
    assert signature_headers("e", 1, b"{}", [padded.rstrip("=")])["webhook-signature"] == (
        with_padding
    )


@pytest.mark.parametrize(
    "unusable", [(), ("",), ("whsec_",), ("whsec_***",), ("no-mark",), (PLAIN_SECRET, "x")]
)
async def test_nothing_is_sent_without_a_usable_secret(
    channel: WebhookNotifier, receiver: Receiver, message: Message, unusable: tuple[str, ...]
) -> None:
    with pytest.raises(UnusableSecret):
        signature_headers("evt_1", 1, b"{}", unusable)
    attempt = await channel.attempt(Target("we_1", receiver.url(), unusable), message)
    assert attempt.outcome == "refused"
    assert attempt.error is not None
    assert "secret" in attempt.error
    assert PLAIN_SECRET not in attempt.error
    assert receiver.connections == 0
