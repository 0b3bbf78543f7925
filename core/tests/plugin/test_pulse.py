"""A pulse wakes whoever waits, and lets nobody sleep through a beat."""

from __future__ import annotations

import asyncio

from stacktill.plugin.pulse import Pulse

LONG_SECONDS = 30.0


async def passes_at_once(pulse: Pulse) -> bool:
    """Whether a wait ends before its time."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await pulse.wait(0.2)
    return loop.time() - began < 0.15


async def test_a_beat_wakes_all_who_wait() -> None:
    pulse = Pulse()
    waiters = [asyncio.create_task(pulse.wait(LONG_SECONDS)) for _ in range(3)]
    await asyncio.sleep(0)
    pulse.beat()
    async with asyncio.timeout(5):
        await asyncio.gather(*waiters)
    assert not await passes_at_once(pulse)


async def test_beats_that_nobody_waited_for_count_once() -> None:
    pulse = Pulse()
    for _ in range(3):
        pulse.beat()
    assert await passes_at_once(pulse)
    assert not await passes_at_once(pulse)


async def test_a_beat_between_two_waits_is_not_missed() -> None:
    pulse = Pulse()
    await pulse.wait(0.01)
    pulse.beat()
    assert await passes_at_once(pulse)


async def test_a_wait_that_is_given_up_leaves_the_pulse_as_it_was() -> None:
    pulse = Pulse()
    waiter = asyncio.create_task(pulse.wait(LONG_SECONDS))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    assert not await passes_at_once(pulse)
    pulse.beat()
    assert await passes_at_once(pulse)
