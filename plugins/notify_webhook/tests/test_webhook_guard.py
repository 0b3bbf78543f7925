"""The guard at connect time, judged by the listener: whether anyone knocked."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from stacktill.plugin import Message, Target
from stacktill.testing.receiver import Receiver, Reply
from stacktill_notify_webhook.channel import WebhookLimits, WebhookNotifier
from stacktill_notify_webhook.config import WebhookConfig
from stacktill_notify_webhook.connections import open_session
from stacktill_notify_webhook.lookups import LOOKUPS_MAX, Lookups
from stacktill_notify_webhook.networks import Address, AddressGuard
from stacktill_notify_webhook.schedule import RetrySchedule
from stacktill_notify_webhook.targets import TargetRules

if TYPE_CHECKING:
    from plugins.notify_webhook.tests.conftest import Opener

LIVE = WebhookConfig(timeout_seconds=2.0, allow_plain_http=True)
PUBLIC = "192.31.196.200"
OUTSIDE = "127.0.0.2"


class ScriptedLookup:
    """Answers in turn, then with the last answer for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
        ["2606:4700:4700::1111", "127.0.0.1"],
        [PUBLIC, "fe80::1%lo"],
        ["not an address"],
    ],
)
async def test_one_forbidden_address_condemns_the_name(
    open_channel: Opener,
    receiver: Receiver,
    message: Message,
    to: Callable[[str], Target],
    answer: list[str],
) -> None:
    lookup = ScriptedLookup(answer)
    async with open_channel(LIVE, live=True, lookup=lookup) as channel:
        attempt = await channel.attempt(to(receiver.url(host="shop.example")), message)
    assert attempt.outcome == "refused"
    assert lookup.asked == ["shop.example"]
    assert receiver.connections == 0


class OutsideGuard(AddressGuard):
    """Judges as on a live box, but takes 127.0.0.2 for a public address, so no test goes out."""

    def allows(self, address: Address) -> bool:
        return str(address) == OUTSIDE or super().allows(address)


async def test_a_name_that_moves_inside_finds_nobody(
    receiver: Receiver, message: Message, to: Callable[[str], Target]
) -> None:
    # Were a name looked up once to be judged and again to connect, the second answer would win.
    lookup = ScriptedLookup([OUTSIDE], ["127.0.0.1"])
    guard = OutsideGuard(allow_private=False)
    outside = Receiver(host=OUTSIDE, port=receiver.port)
    async with outside, open_session(guard, Lookups(lookup)) as session:
        channel = WebhookNotifier(
            session,
            TargetRules(guard, allow_plain_http=True),
            RetrySchedule([1.0]),
            WebhookLimits(timeout_seconds=1.0, max_in_flight_per_target=1),
        )
        target = to(receiver.url(host="shop.example"))
        assert (await channel.attempt(target, message)).outcome == "delivered"
        assert len(lookup.asked) == 1
        # Over the open connection it still goes to the address that was judged.
        assert (await channel.attempt(target, message)).outcome == "delivered"
        assert (len(lookup.asked), outside.connections) == (1, 1)
        outside.reply = Reply(headers={"Connection": "close"})
        assert (await channel.attempt(target, message)).outcome == "delivered"
        assert (await channel.attempt(target, message)).outcome == "refused"
        assert len(lookup.asked) == 2
        assert len(outside.requests) == 3
    assert receiver.connections == 0


async def test_the_checked_address_is_the_one_used_and_the_host_is_kept(
    open_channel: Opener, receiver: Receiver, message: Message, to: Callable[[str], Target]
) -> None:
    lookup = ScriptedLookup(["127.0.0.1"], ["127.0.0.2"])
    async with open_channel(lookup=lookup) as channel:
        attempt = await channel.attempt(to(receiver.url(host="shop.example")), message)
    assert attempt.outcome == "delivered"
    assert lookup.asked == ["shop.example"]
    assert receiver.requests[0].headers["host"] == f"shop.example:{receiver.port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "[::1]", "localhost"])
async def test_the_setting_refuses_on_a_sandbox_too(
    open_channel: Opener,
    receiver: Receiver,
    message: Message,
    to: Callable[[str], Target],
    host: str,
) -> None:
    config = WebhookConfig(allow_private_addresses=False)
    async with open_channel(config) as channel:
        attempt = await channel.attempt(to(receiver.url(host=host)), message)
    assert attempt.outcome == "refused"
    assert receiver.connections == 0


async def test_the_setting_allows_on_a_live_box_too(
    open_channel: Opener, receiver: Receiver, message: Message, to: Callable[[str], Target]
) -> None:
    config = WebhookConfig(allow_private_addresses=True, allow_plain_http=True)
    async with open_channel(config, live=True) as channel:
        attempt = await channel.attempt(to(receiver.url()), message)
    assert attempt.outcome == "delivered"


async def test_plain_http_is_refused_on_a_live_box(
    open_channel: Opener, receiver: Receiver, message: Message, to: Callable[[str], Target]
) -> None:
    config = WebhookConfig(allow_private_addresses=True)
    async with open_channel(config, live=True) as channel:
        attempt = await channel.attempt(to(receiver.url()), message)
    assert attempt.outcome == "refused"
    assert receiver.connections == 0


async def test_a_redirect_inside_is_not_followed(
    open_channel: Opener, receiver: Receiver, message: Message, to: Callable[[str], Target]
) -> None:
    async with Receiver() as inside, open_channel() as channel:
        receiver.reply = Reply.redirect(inside.url("/latest/meta-data"), 302)
        attempt = await channel.attempt(to(receiver.url()), message)
        assert (attempt.outcome, attempt.status) == ("failed", 302)
        assert inside.connections == 0


# ------------------------------------------------------------------------------------- lookups


async def test_unknown_names_are_failures(
    open_channel: Opener, message: Message, to: Callable[[str], Target]
) -> None:
    def unknown(host: str) -> list[str]:
        raise OSError(-2, "Name or service not known")

    for lookup in (unknown, ScriptedLookup([])):
        async with open_channel(lookup=lookup) as channel:
            attempt = await channel.attempt(to("http://shop.example/"), message)
        assert attempt.outcome == "failed"
        assert attempt.error == "the host name could not be resolved"


async def test_a_silent_name_server_holds_up_one_thread_and_nobody_else(
    open_channel: Opener, receiver: Receiver, message: Message, to: Callable[[str], Target]
) -> None:
    answered = threading.Event()
    asked: list[str] = []

    def lookup(host: str) -> list[str]:
        asked.append(host)
        if host == "silent.example":
            answered.wait(10)
        return ["127.0.0.1"]

    async with open_channel(WebhookConfig(timeout_seconds=0.5), lookup=lookup) as channel:
        stuck = [
            asyncio.create_task(channel.attempt(to("http://silent.example/"), message))
            for _ in range(2 * LOOKUPS_MAX)
        ]
        await asyncio.sleep(0.05)
        started = time.monotonic()
        attempt = await channel.attempt(to(receiver.url(host="shop.example")), message)
        assert attempt.outcome == "delivered"
        assert time.monotonic() - started < 0.4
        outcomes = {attempt.outcome for attempt in await asyncio.gather(*stuck)}
        assert outcomes == {"failed"}
        assert asked.count("silent.example") == 1
        answered.set()


async def test_a_silent_zone_holds_up_only_its_own_names() -> None:
    """Names cost nothing: a store could make as many of them as there are threads."""
    answered = threading.Event()

    def lookup(host: str) -> list[str]:
        if host.endswith("silent.example"):
            answered.wait(10)
        return ["127.0.0.1"]

    lookups = Lookups(lookup)
    names = [f"{number}.silent.example" for number in range(2 * LOOKUPS_MAX)]
    stuck = [asyncio.create_task(lookups.addresses(name)) for name in names]
    await asyncio.sleep(0.05)
    async with asyncio.timeout(1.0):
        assert await lookups.addresses("www.shop.example") == ["127.0.0.1"]
    for task in stuck[::2]:
        task.cancel()
    answered.set()
    await asyncio.gather(*stuck, return_exceptions=True)
    async with asyncio.timeout(1.0):
        found = await asyncio.gather(*(lookups.addresses(name) for name in names))
    assert found == [["127.0.0.1"]] * len(names)


async def test_lookups_share_answers_but_keep_none() -> None:
    lookup = ScriptedLookup(["1.1.1.1"], ["8.8.8.8"])
    lookups = Lookups(lookup)
    together = await asyncio.gather(*(lookups.addresses("a.example") for _ in range(5)))
    assert together == [["1.1.1.1"]] * 5
    assert await lookups.addresses("a.example") == ["8.8.8.8"]


async def test_lookups_are_bounded() -> None:
    running = 0
    most = 0
    lock = threading.Lock()

    def lookup(host: str) -> list[str]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return [host]

    lookups = Lookups(lookup)
    names = [f"{number}.example" for number in range(3 * LOOKUPS_MAX)]
    found = await asyncio.gather(*(lookups.addresses(name) for name in names))
    assert [addresses[0] for addresses in found] == names
    assert most <= LOOKUPS_MAX
