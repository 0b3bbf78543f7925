"""Whoever watches a topic hears of its events in order, and of having missed some."""

from __future__ import annotations

import asyncio

import pytest

from stacktill.domain.events import Event
from stacktill.runtime.hub import QUEUE_LIMIT, Hub
from stacktill.testing.storage_samples import OWNED


def about(number: int, topic: str = "pi_1") -> Event:
    return Event(
        id=f"evt_{number:024d}",
        created=number,
        type="payment_intent.succeeded",
        object_id=topic,
        data="{}",
        **OWNED,
    )


async def test_a_listener_hears_its_topic_in_order() -> None:
    hub = Hub()
    with hub.listen("pi_1") as listener:
        first, other, second = about(1), about(2, "pi_2"), about(3)
        hub.publish([first, other, second])
        assert [await listener.get(), await listener.get()] == [first, second]
        assert listener.empty()


async def test_a_listener_waits_for_what_comes() -> None:
    hub = Hub()
    with hub.listen("pi_1") as listener:
        waiting = asyncio.create_task(listener.get())
        await asyncio.sleep(0)
        hub.publish([about(1), about(2)])
        assert await waiting == about(1)
        assert listener.get_nowait() == about(2)
        with pytest.raises(IndexError):
            listener.get_nowait()


async def test_waiting_can_be_given_up_and_begun_again() -> None:
    hub = Hub()
    with hub.listen("pi_1") as listener:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await listener.get()
        hub.publish([about(1)])
        assert await listener.get() == about(1)


async def test_the_account_hears_of_all_its_objects() -> None:
    hub = Hub()
    fact = about(1)
    with (
        hub.listen(f"account:{fact.merchant_id}:test") as mine,
        hub.listen("account:x:test") as not_mine,
    ):
        hub.publish([fact])
        assert await mine.get() == fact
        assert not_mine.empty()


async def test_who_lags_behind_is_told_and_gets_no_more() -> None:
    hub = Hub()
    with hub.listen("pi_1") as listener:
        hub.publish(about(number) for number in range(QUEUE_LIMIT + 50))
        heard = [await listener.get() for _ in range(QUEUE_LIMIT + 1)]
        assert heard[-1] is None
        assert None not in heard[:-1]
        assert listener.empty()


async def test_everybody_is_told_of_a_gap() -> None:
    hub = Hub()
    with hub.listen("pi_1") as one, hub.listen("pi_2") as other:
        hub.publish_gap()
        assert [await one.get(), await other.get()] == [None, None]


async def test_who_leaves_is_forgotten() -> None:
    hub = Hub()
    with hub.listen("pi_1"), hub.listen("pi_1"):
        assert hub.listeners == 2
    assert hub.listeners == 0
    hub.publish([about(1)])
