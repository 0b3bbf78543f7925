"""What the simulation once found, each as the shortest scene that shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.simulation.run import Run, simulate
from tests.simulation.street import Shop

from stacktill.application.refunds import create_refund
from stacktill.domain.confirmations import Confirmations

Play = Callable[[Run], Awaitable[None]]

DUST = 1_100


def _holds(play: Play) -> None:
    outcome = simulate(7, play)
    if outcome.error is not None:
        raise outcome.error


async def _open(run: Run) -> Shop:
    await run.shops.open(1, steps=[{"layer": "stacks", "count": 1}])
    return run.shops.shops[0]


async def _mine(run: Run, count: int = 1) -> None:
    run.world.natures[False].mine(count)
    await asyncio.sleep(1)


def _value(run: Run, sql: str, *parameters: Any) -> Any:
    ((value,),) = run.world.books.rows(sql, *parameters)
    return value


def test_a_retry_comes_after_a_pause_longer_than_a_lane_idles() -> None:
    async def play(run: Run) -> None:
        shop = await _open(run)
        for (url,) in run.world.books.rows("SELECT url FROM webhook_endpoints"):
            run.world.office.box(url).mode = "error"
        await run.shops.intent_of(shop.callers[False], 5)
        await asyncio.sleep(40)  # Several tries; the next pauses are 45 and 90 seconds.
        pending = "SELECT count(*) FROM deliveries WHERE status = 'pending'"
        assert _value(run, pending) > 0
        for box in run.world.office.boxes.values():
            box.mode = "ok"
        await asyncio.sleep(250)
        assert _value(run, pending) == 0
        await run.finish()

    _holds(play)


def test_deliveries_go_out_although_the_relay_never_heard_of_its_commit() -> None:
    async def play(run: Run) -> None:
        shop = await _open(run)
        await asyncio.sleep(60)  # Every lane has gone to rest.
        run.world.book_faults.lose_answer = 1.0
        asked = asyncio.create_task(run.shops.intent_of(shop.callers[False], 5))
        await asyncio.sleep(2.5)
        assert _value(run, "SELECT count(*) FROM events WHERE position IS NULL") == 0
        run.world.book_faults.heal()
        await asked
        await asyncio.sleep(3)
        assert _value(run, "SELECT count(*) FROM deliveries WHERE status = 'pending'") == 0
        await run.finish()

    _holds(play)


def test_a_fork_below_the_first_block_of_the_books_loses_no_payment() -> None:
    async def play(run: Run) -> None:
        shop = await _open(run)
        intent = await run.shops.intent_of(shop.callers[False], 700)
        assert intent is not None
        nature = run.world.natures[False]
        run.payers.pay_intent(intent["id"])
        await _mine(run)
        nature.reorg(len(nature.blocks), longer=3, fate="again")
        await run.finish()
        assert _value(run, "SELECT status FROM payment_intents") == "succeeded"

    _holds(play)


def test_an_event_without_a_place_is_not_sent_by_hand() -> None:
    async def play(run: Run) -> None:
        shop = await _open(run)
        caller = shop.callers[False]
        run.world.life.supervisor._tasks["relay"].cancel()
        await run.shops.intent_of(caller, 5)
        while not run.world.counts["refused redeliver"]:
            await run.shops.redeliver()  # At times it asks for the whole log instead.
        run.world.kill("to have a relay again")
        await asyncio.sleep(2)
        await run.finish()

    _holds(play)


def test_a_canceled_refund_that_is_mined_takes_its_amount_back() -> None:
    async def play(run: Run) -> None:
        shop = await _open(run)
        caller = shop.callers[False]
        intent = await run.shops.intent_of(caller, 30_000)
        assert intent is not None
        run.payers.pay_intent(intent["id"])
        await _mine(run)
        params = {"charge": _value(run, "SELECT id FROM charges")}

        async def ask() -> str:
            made = await run.client.post(
                caller,
                "create_refund",
                lambda uow, services, who: {"id": create_refund(uow, services, who, params).id},
            )
            assert made is not None
            return str(made["id"])

        first = await ask()
        await run.shops.cancel_refund()
        await ask()
        run.world.random.seed(0)  # The wallet signs without a slip of the hand.
        await run.payers.sign(first, caller, tell=False)
        await _mine(run)
        assert _value(run, "SELECT status FROM refunds WHERE id = ?", first) == "succeeded"
        assert not run.world.books.rows("SELECT 1 FROM refunds WHERE status = 'requires_action'")
        await run.finish()

    _holds(play)


def test_more_deposits_than_one_query_finds_are_let_go_together() -> None:
    async def play(run: Run) -> None:
        shop = await _open(run)
        intent = await run.shops.intent_of(shop.callers[False], 5_000_000)
        assert intent is not None
        nature = run.world.natures[False]
        for _ in range(DUST // 20):
            run.world.random.seed(1)
            run.payers.pay_intent(intent["id"], "dust")
        nature.submit()
        await _mine(run)
        assert _value(run, "SELECT count(*) FROM deposits") >= DUST // 20 * 2
        nature.clock.offset_seconds += 1_000  # type: ignore[attr-defined]
        await _mine(run)
        assert _value(run, "SELECT count(*) FROM deposits WHERE match = 'matched'") == 0
        nature.reorg(2, fate="again")
        await run.finish()

    _holds(play)


def test_an_endpoint_that_fails_for_five_days_is_disabled_and_its_owner_told() -> None:
    async def play(run: Run) -> None:
        shop = await _open(run)
        caller = shop.callers[False]
        made = await run.shops.create_endpoint(caller, kinds=["*"])
        assert made is not None
        url = _value(run, "SELECT url FROM webhook_endpoints WHERE id = ?", made["id"])
        run.world.office.box(url).mode = "error"
        await run.shops.intent_of(caller, 5)
        await asyncio.sleep(10)
        run.world.clock.offset_seconds += 5 * 24 * 3600
        await asyncio.sleep(90)
        status = "SELECT status FROM webhook_endpoints WHERE id = ?"
        assert _value(run, status, made["id"]) == "disabled"
        run.heal()
        await run.drain()
        assert run.world.books.rows(
            "SELECT 1 FROM events WHERE type = 'webhook_endpoint.disabled' AND object_id = ?",
            made["id"],
        )

    _holds(play)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_depth_that_is_asked_for_counts_the_deposits_own_block(count: int) -> None:
    final = Confirmations("stacks", count).final_height(10, 500)
    assert final == 10 + max(count - 1, 0)


def test_a_loop_that_holds_again_is_well_again() -> None:
    async def play(run: Run) -> None:
        await _open(run)
        run.world.book_faults.is_down = True
        await asyncio.sleep(30)
        supervisor = run.world.life.supervisor
        assert not supervisor.health().ok
        run.world.book_faults.heal()
        await asyncio.sleep(10)
        assert supervisor.health().ok, supervisor.health().detail
        await run.finish()

    _holds(play)
