"""The contract of a webhook channel, as tests that any plugin offering one can run.

::

    class TestMyChannel(NotifierContract):
        timeout_seconds = 1.0

        @pytest.fixture
        async def notifier(self) -> AsyncIterator[Notifier]: ...

        @pytest.fixture
        async def live_notifier(self) -> AsyncIterator[Notifier]: ...
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator

import pytest

from stacktill.domain.errors import InvalidParameter
from stacktill.plugin import Attempt, Message, Notifier, Target
from stacktill.plugin.notification import Outcome
from stacktill.testing.receiver import Received, Receiver, Reply

__all__ = ["NotifierContract", "standard_signature", "stripe_signature"]

NEW_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode("ascii")
OLD_SECRET = "whsec_" + "oldSecretOldSecretOldSecret12345"
BODY = '{"id": "evt_1",  "object": "event", "note": "żółw ₿"}\n'.encode()


def stripe_signature(secret: str, timestamp: str, body: bytes) -> str:
    """One ``v1=…`` part of a Stripe-Signature header, computed from its definition."""
    message = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def standard_signature(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    """One ``v1,…`` part of a webhook-signature header, computed from its definition."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message = f"{event_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode("ascii")


def signed_timestamp(received: Received) -> str:
    """The one timestamp in a request's Stripe-Signature header."""
    parts = received.headers["stripe-signature"].split(",")
    (timestamp,) = [part.removeprefix("t=") for part in parts if part.startswith("t=")]
    return timestamp


def target_at(url: str, *secrets: str) -> Target:
    """A subscriber at the URL, with one secret unless others are given."""
    return Target("we_contract", url, secrets or (NEW_SECRET,))


class NotifierContract:
    """What the core relies on. Subclass it, give ``notifier`` and ``live_notifier``.

    ``timeout_seconds`` is the total deadline of the channels that the fixtures open; a short one
    makes for quick tests.
    """

    timeout_seconds: float = 15.0
    message = Message("evt_contract1", "payment_intent.succeeded", BODY)

    @pytest.fixture
    def notifier(self) -> Notifier:
        """A channel that may reach loopback by plain http."""
        raise NotImplementedError("override the fixture `notifier`")

    @pytest.fixture
    def live_notifier(self) -> Notifier:
        """A channel as on a live box: private addresses refused."""
        raise NotImplementedError("override the fixture `live_notifier`")

    @pytest.fixture
    async def receiver(self) -> AsyncIterator[Receiver]:
        """A real receiver on loopback."""
        async with Receiver() as receiver:
            yield receiver

    # ------------------------------------------------------------------------------- the wire

    async def test_the_very_bytes_arrive_once(self, notifier: Notifier, receiver: Receiver) -> None:
        """One attempt is one POST with exactly the given body."""
        attempt = await notifier.attempt(target_at(receiver.url("/a?b=c")), self.message)
        assert (attempt.outcome, attempt.status, attempt.error) == ("delivered", 200, None)
        assert attempt.response == "ok"
        (received,) = receiver.requests
        assert (received.method, received.path, received.body) == ("POST", "/a?b=c", BODY)
        assert received.headers["content-type"] == "application/json; charset=utf-8"
        assert received.headers["user-agent"].startswith("stacktill/")

    async def test_both_signatures_with_both_secrets(
        self, notifier: Notifier, receiver: Receiver
    ) -> None:
        """During a rotation each secret signs in both schemes, the newest first."""
        target = target_at(receiver.url(), NEW_SECRET, OLD_SECRET)
        await notifier.attempt(target, self.message)
        (received,) = receiver.requests
        timestamp = signed_timestamp(received)
        assert abs(int(timestamp) - time.time()) < 5
        stripe = [stripe_signature(secret, timestamp, BODY) for secret in target.secrets]
        assert received.headers["stripe-signature"] == ",".join([f"t={timestamp}", *stripe])
        event_id = self.message.event_id
        standard = [standard_signature(s, event_id, timestamp, BODY) for s in target.secrets]
        assert received.headers["webhook-id"] == event_id
        assert received.headers["webhook-timestamp"] == timestamp
        assert received.headers["webhook-signature"] == " ".join(standard)

    async def test_a_second_attempt_is_signed_anew(
        self, notifier: Notifier, receiver: Receiver
    ) -> None:
        """A retry keeps id and bytes, and carries the time of the retry."""
        target = target_at(receiver.url())
        await notifier.attempt(target, self.message)
        await asyncio.sleep(1.1)
        await notifier.attempt(target, self.message)
        first, second = receiver.requests
        assert first.body == second.body
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert int(signed_timestamp(first)) < int(signed_timestamp(second))

    # ----------------------------------------------------------------------------- the answer

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            (200, "delivered"),
            (204, "delivered"),
            (299, "delivered"),
            (304, "failed"),
            (400, "failed"),
            (404, "failed"),
            (410, "gone"),
            (429, "throttled"),
            (500, "failed"),
            (502, "throttled"),
            (503, "failed"),
            (504, "throttled"),
        ],
    )
    async def test_statuses(
        self, notifier: Notifier, receiver: Receiver, status: int, outcome: Outcome
    ) -> None:
        """Only 2xx is success; 410 means gone; 429, 502 and 504 ask for less."""
        receiver.reply = Reply(status=status)
        attempt = await notifier.attempt(target_at(receiver.url()), self.message)
        assert (attempt.outcome, attempt.status) == (outcome, status)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_redirects_are_not_followed(
        self, notifier: Notifier, receiver: Receiver, status: int
    ) -> None:
        """A redirect is a failure, and its goal sees nothing."""
        async with Receiver() as elsewhere:
            receiver.reply = Reply.redirect(elsewhere.url(), status)
            attempt = await notifier.attempt(target_at(receiver.url()), self.message)
            assert (attempt.outcome, attempt.status) == ("failed", status)
            assert elsewhere.connections == 0

    async def test_retry_after_is_read(self, notifier: Notifier, receiver: Receiver) -> None:
        """A receiver may ask for a pause, in seconds."""
        receiver.reply = Reply(status=429, headers={"Retry-After": "120"})
        attempt = await notifier.attempt(target_at(receiver.url()), self.message)
        assert attempt.retry_after_seconds == 120

    async def test_the_log_gets_harmless_text(self, notifier: Notifier, receiver: Receiver) -> None:
        """Whatever the answer's bytes are, the excerpt is text without NUL, and short."""
        receiver.reply = Reply(body=b"a\x00\xff" + b"x" * 40_000)
        attempt = await notifier.attempt(target_at(receiver.url()), self.message)
        assert attempt.outcome == "delivered"
        assert attempt.response.startswith("a")
        assert "\x00" not in attempt.response
        assert len(attempt.response) <= 4096
        attempt.response.encode()

    # ------------------------------------------------------------------------- the misbehaved

    @pytest.mark.parametrize(
        "reply", [Reply(hang=True), Reply(body=b"." * 10_000, drip_seconds=0.05)]
    )
    async def test_the_deadline_is_total(
        self, notifier: Notifier, receiver: Receiver, reply: Reply
    ) -> None:
        """Neither silence nor a dripping body outlasts the deadline."""
        receiver.reply = reply
        started = time.monotonic()
        attempt = await notifier.attempt(target_at(receiver.url()), self.message)
        assert time.monotonic() - started < self.timeout_seconds + 1
        assert attempt.outcome == "failed"
        assert attempt.error
        assert attempt.duration_ms >= self.timeout_seconds * 900

    async def test_an_endless_body_is_cut(self, notifier: Notifier, receiver: Receiver) -> None:
        """A body without end is not read to it."""
        receiver.reply = Reply(body=b"x" * 65_536, endless=True)
        attempt = await notifier.attempt(target_at(receiver.url()), self.message)
        assert attempt.status == 200
        assert len(attempt.response) <= 4096
        # What was sent lies in socket buffers for the most part: a few megabytes at most.
        assert receiver.sent_bytes < 16 * 1024 * 1024

    async def test_a_hanging_target_delays_no_other(
        self, notifier: Notifier, receiver: Receiver
    ) -> None:
        """Attempts against one target do not wait for those against another."""
        async with Receiver() as hanging:
            hanging.reply = Reply(hang=True)
            stuck = [
                asyncio.create_task(notifier.attempt(target_at(hanging.url()), self.message))
                for _ in range(notifier.max_in_flight_per_target)
            ]
            await hanging.wait_for(len(stuck))
            started = time.monotonic()
            attempt = await notifier.attempt(target_at(receiver.url()), self.message)
            assert attempt.outcome == "delivered"
            assert time.monotonic() - started < self.timeout_seconds / 2
            for task in stuck:
                task.cancel()
            ended = await asyncio.gather(*stuck, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ended)

    async def test_nobody_listens(self, notifier: Notifier) -> None:
        """A refused connection is a failure with a reason, and no status."""
        async with Receiver() as receiver:
            url = receiver.url()
        attempt = await notifier.attempt(target_at(url), self.message)
        assert (attempt.outcome, attempt.status) == ("failed", None)
        assert attempt.error

    # ---------------------------------------------------------------------- the forbidden ones

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "localhost",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "0",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ],
    )
    async def test_no_connection_to_private_addresses(
        self, live_notifier: Notifier, receiver: Receiver, host: str
    ) -> None:
        """A live box opens no connection to a private address, however it is spelt."""
        attempt = await live_notifier.attempt(target_at(receiver.url(host=host)), self.message)
        await asyncio.sleep(0.02)
        assert receiver.connections == 0
        assert (attempt.outcome, attempt.status) == ("refused", None)
        assert attempt.error

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "shop.example/hook",
            "ftp://shop.example/hook",
            "http:///hook",
            "https://user:password@shop.example/hook",
            "https://shop.example:0/hook",
            "https://shop.example:65536/hook",
            "https://shop.example/" + "a" * 2048,
            "https://shop.example/a\r\nb",
        ],
    )
    async def test_hopeless_urls(self, notifier: Notifier, url: str) -> None:
        """What can never work is refused at registration."""
        with pytest.raises(InvalidParameter) as caught:
            notifier.check_url(url)
        assert (caught.value.code, caught.value.param) == ("url_invalid", "url")

    async def test_usable_urls(self, notifier: Notifier, live_notifier: Notifier) -> None:
        """What may work is accepted without asking the network."""
        notifier.check_url("http://127.0.0.1:4242/hook")
        live_notifier.check_url("https://shop.example:8443/hook?shop=1")
        with pytest.raises(InvalidParameter):
            live_notifier.check_url("https://127.0.0.1:4242/hook")

    # ------------------------------------------------------------------------------ the pauses

    async def test_pauses_end(self, notifier: Notifier) -> None:
        """There is a pause after the first failure, and an end to trying."""
        failed = Attempt(outcome="failed", duration_ms=1, status=500)
        delays = [notifier.retry_delay_seconds(made, failed) for made in range(1, 200)]
        assert delays[0] is not None
        assert delays[-1] is None
        assert all(delay is None or delay >= 0 for delay in delays)

    async def test_retry_after_lengthens_the_pause(self, notifier: Notifier) -> None:
        """A wish for a longer pause is granted, up to a day."""
        asked = Attempt("throttled", 1, status=429, retry_after_seconds=40_000.0)
        delay = notifier.retry_delay_seconds(1, asked)
        assert delay is not None
        assert delay >= 40_000
        greedy = Attempt("throttled", 1, status=429, retry_after_seconds=1e12)
        delay = notifier.retry_delay_seconds(1, greedy)
        assert delay is not None
        assert delay <= 2 * 86_400

    async def test_health(self, notifier: Notifier) -> None:
        """An opened channel is well, and can run at least one attempt per target."""
        assert (await notifier.health()).ok
        assert notifier.max_in_flight_per_target >= 1
