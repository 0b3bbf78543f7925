"""Real exchanges with receivers that are slow, hostile, broken or merely unusual."""

from __future__ import annotations

import asyncio
import gzip
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from stacktill.plugin import Message, Target
from stacktill.testing.receiver import Receiver, Reply
from stacktill_notify_webhook.channel import READ_MAX_BYTES, WebhookNotifier
from stacktill_notify_webhook.config import WebhookConfig

if TYPE_CHECKING:
    from plugins.notify_webhook.tests.conftest import Authority, Opener

To = Callable[[str], Target]


async def test_connections_are_reused(
    channel: WebhookNotifier, receiver: Receiver, message: Message, to: To
) -> None:
    for _ in range(5):
        await channel.attempt(to(receiver.url()), message)
    assert (len(receiver.requests), receiver.connections) == (5, 1)


async def test_cookies_are_not_kept(
    channel: WebhookNotifier, receiver: Receiver, message: Message, to: To
) -> None:
    receiver.reply = Reply(headers={"Set-Cookie": "session=1; Path=/"})
    for _ in range(2):
        await channel.attempt(to(receiver.url()), message)
    assert all("cookie" not in received.headers for received in receiver.requests)


async def test_the_environment_names_no_proxy(
    open_channel: Opener,
    receiver: Receiver,
    message: Message,
    to: To,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        monkeypatch.delenv("no_proxy", raising=False)
        async with open_channel() as channel:
            attempt = await channel.attempt(to(receiver.url()), message)
        assert attempt.outcome == "delivered"
        assert proxy.connections == 0


async def test_compressed_answers_stay_compressed(
    channel: WebhookNotifier, receiver: Receiver, message: Message, to: To
) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    receiver.reply = Reply(headers={"Content-Encoding": "gzip"}, body=bomb)
    attempt = await channel.attempt(to(receiver.url()), message)
    assert attempt.outcome == "delivered"
    # The mark of gzip itself, and not what is packed within.
    assert attempt.response.startswith("\N{REPLACEMENT CHARACTER}" * 3)
    assert len(attempt.response) <= 2048
    assert receiver.requests[0].headers["accept-encoding"] == "identity"


async def test_no_more_is_read_than_is_wanted(
    channel: WebhookNotifier, receiver: Receiver, message: Message, to: To
) -> None:
    receiver.reply = Reply(body=b"a" * READ_MAX_BYTES)
    assert (await channel.attempt(to(receiver.url()), message)).outcome == "delivered"
    receiver.reply = Reply(body=b"a" * (READ_MAX_BYTES * 50), status=500)
    attempt = await channel.attempt(to(receiver.url()), message)
    assert (attempt.outcome, len(attempt.response)) == ("failed", 2048)
    # The cut connection is not used again.
    await channel.attempt(to(receiver.url()), message)
    assert receiver.connections == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" * 2000,
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: a\r\n" * 50,
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000,
    ],
)
async def test_heads_without_end(
    channel: WebhookNotifier, receiver: Receiver, message: Message, to: To, raw: bytes
) -> None:
    receiver.reply = Reply(raw=raw, endless=True, drip_seconds=0.02)
    started = time.monotonic()
    attempt = await channel.attempt(to(receiver.url()), message)
    assert (attempt.outcome, attempt.status) == ("failed", None)
    assert attempt.error
    assert time.monotonic() - started < 2.0


@pytest.mark.parametrize(
    ("raw", "outcome", "status"),
    [
        (b"", "failed", None),
        (b"HTTP/1.1 200", "failed", None),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "failed", None),
        (b"HTTP/1.1 abc OK\r\n\r\n", "failed", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "failed", None),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "failed", 101),
        (b"HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nabc", "failed", 500),
        # The verdict came whole; that the body broke off changes nothing.
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "delivered", 200),
        (b"HTTP/1.0 200 OK\r\n\r\nold", "delivered", 200),
    ],
)
async def test_broken_answers(
    channel: WebhookNotifier, receiver: Receiver, raw: bytes, outcome: str, status: int | None
) -> None:
    receiver.reply = Reply(raw=raw)
    target = Target("we_1", receiver.url(), ("whsec_c2VjcmV0",))
    attempt = await channel.attempt(target, Message("evt_1", "x", b"{}"))
    assert (attempt.outcome, attempt.status) == (outcome, status)
    whole = status is not None and b"abc" not in raw
    assert (attempt.error is None) == whole


async def test_no_answer_makes_an_attempt_raise(
    channel: WebhookNotifier, receiver: Receiver, message: Message, to: To
) -> None:
    chance = random.Random(20_261_122)
    seed = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nRetry-After: 9\r\nX: \xc3\xa9\r\n\r\nhello",
        b"HTTP/1.1 429 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 302 Go\r\nLocation: http://[::1\r\nSet-Cookie: a=b; c\r\n\r\n",
    )
    for _ in range(200):
        raw = bytearray(chance.choice(seed))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(raw))
            raw[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        receiver.reply = Reply(raw=bytes(raw))
        attempt = await channel.attempt(to(receiver.url()), message)
        assert attempt.outcome in {"delivered", "failed", "throttled", "gone"}, bytes(raw)


async def test_a_restarted_receiver_gets_the_next_attempt(
    channel: WebhookNotifier, message: Message, to: To
) -> None:
    receiver = Receiver()
    async with receiver:
        assert (await channel.attempt(to(receiver.url()), message)).outcome == "delivered"
    await asyncio.sleep(0.02)
    assert (await channel.attempt(to(receiver.url()), message)).outcome == "failed"
    async with receiver:
        assert (await channel.attempt(to(receiver.url()), message)).outcome == "delivered"


async def test_a_large_body_arrives_whole(
    channel: WebhookNotifier, receiver: Receiver, to: To
) -> None:
    body = random.Random(7).randbytes(300_000)
    await channel.attempt(to(receiver.url()), Message("evt_1", "x", body))
    assert receiver.requests[0].body == body


async def test_an_outer_cancellation_gets_through(
    channel: WebhookNotifier, receiver: Receiver, message: Message, to: To
) -> None:
    receiver.reply = Reply(hang=True)
    task = asyncio.create_task(channel.attempt(to(receiver.url()), message))
    await receiver.wait_for(1)
    assert (await channel.health()).figures["in_flight"] == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await channel.health()).figures["in_flight"] == 0


# ---------------------------------------------------------------------------------------- TLS


async def test_tls_is_checked_against_the_name(
    open_channel: Opener, authority: Authority, message: Message, to: To
) -> None:
    def lookup(host: str) -> list[str]:
        return ["127.0.0.1"]

    async with (
        Receiver(tls=authority.server("shop.example")) as receiver,
        open_channel(WebhookConfig(), lookup=lookup, tls=authority.client()) as channel,
    ):
        right = await channel.attempt(to(receiver.url(host="shop.example")), message)
        assert right.outcome == "delivered"
        for wrong in ("other.example", "127.0.0.1"):
            attempt = await channel.attempt(to(receiver.url(host=wrong)), message)
            assert (attempt.outcome, attempt.status) == ("failed", None)
            assert attempt.error == "the TLS certificate is not valid for this host"
        assert len(receiver.requests) == 1


async def test_an_unknown_authority_is_not_trusted(
    open_channel: Opener, authority: Authority, message: Message, to: To
) -> None:
    async with (
        Receiver(tls=authority.server("localhost")) as receiver,
        open_channel(WebhookConfig()) as channel,
    ):
        attempt = await channel.attempt(to(receiver.url(host="localhost")), message)
        assert attempt.outcome == "failed"
        assert attempt.error == "the TLS certificate is not valid for this host"
        assert receiver.requests == []


async def test_tls_towards_a_plain_receiver(
    open_channel: Opener, receiver: Receiver, message: Message, to: To
) -> None:
    async with open_channel(WebhookConfig(timeout_seconds=2.0)) as channel:
        url = receiver.url().replace("http:", "https:")
        attempt = await channel.attempt(to(url), message)
    assert (attempt.outcome, attempt.status) == ("failed", None)
    assert attempt.error
