"""Short fixed scenes for the crash-point test: each use case, each loop, and money in both directions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tests.simulation.run import Run, simulate
from tests.simulation.scripted_chain import LOCKED, Moved
from tests.simulation.street import Shop

__all__ = ["PLAYS", "deaths"]

Play = Callable[[Run], Awaitable[None]]


async def sale_and_refund(run: Run) -> None:
    """An intent is paid, succeeds and is refunded in two parts, the second canceled and signed late."""
    shop = await _opened(run)
    intent = await run.shops.intent_of(shop.callers[False], 20_000)
    assert intent is not None
    run.payers.pay_intent(intent["id"])
    await _mine(run)
    for _ in range(2):
        await run.shops.refund()
    refund = run.shops.pick("refunds")
    if refund is not None:
        await run.payers.sign(*refund)
        await run.shops.cancel_refund()
        await _mine(run)
    await run.finish()
    assert _statuses(run) == ["succeeded"]


async def forks(run: Run) -> None:
    """A payment succeeds, is dropped by a fork, comes again, and is reordered by another fork."""
    shop = await _opened(run)
    intent = await run.shops.intent_of(shop.callers[False], 999)
    assert intent is not None
    run.payers.pay_intent(intent["id"], "in parts")
    await _mine(run)
    nature = run.world.natures[False]
    nature.reorg(3, fate="gone")
    await asyncio.sleep(1)
    run.payers.pay_intent(intent["id"], "twice")
    await _mine(run)
    nature.reorg(4, fate="again")
    await _mine(run)
    await run.finish()
    assert _statuses(run) == ["succeeded"]


async def strays(run: Run) -> None:
    """Money without a memo, too late and too little: attached, given back and kept; a session ends."""
    shop = await _opened(run)
    caller = shop.callers[False]
    first = await run.shops.intent_of(caller, 100_000)
    assert first is not None
    for way in ("no memo", "under", "look-alike"):
        run.payers.pay_intent(first["id"], way)
    await _mine(run)
    await run.shops.attach_deposit()
    await run.shops.create_session()
    run.world.natures[False].clock.offset_seconds += 90_000  # type: ignore[attr-defined]
    run.payers.pay_intent(first["id"], "rest")
    await _mine(run)
    await run.shops.refund_deposit()
    refund = run.shops.pick("refunds")
    if refund is not None:
        await run.payers.sign(*refund, tell=False)
    await run.shops.dismiss_deposit()
    await _mine(run)
    await run.finish()


async def pegs(run: Run) -> None:
    """Bitcoin comes and pays when told so; two withdrawals begin, one is done and one refused; forks."""
    shop = await _opened(run)
    nature = run.world.natures[False]
    intent = await run.shops.intent_of(shop.callers[False], 700)
    assert intent is not None
    address = run.payers.address(False)
    nature.submit(Moved(700, None, address))
    for amount in (600, 900):
        nature.submit(Moved(amount, address, None), Moved(amount, None, address, asset=LOCKED))
    await _mine(run)
    await run.shops.attach_deposit()
    nature.submit(Moved(600, address, None, asset=LOCKED), Moved(80, None, address))
    nature.submit(Moved(900, address, None, asset=LOCKED), Moved(900, None, address))
    await _mine(run)
    nature.reorg(4, fate="later")
    await asyncio.sleep(1)
    await _mine(run)
    await run.finish()
    assert _statuses(run) == ["succeeded"]


async def post(run: Run) -> None:
    """Receivers fail, hang and go; an endpoint is rolled, disabled and deleted; the log is replayed."""
    shop = await _opened(run)
    caller = shop.callers[False]
    office = run.world.office
    made = await run.shops.create_endpoint(caller, kinds=["*"])
    assert made is not None
    ((url,),) = run.world.books.rows("SELECT url FROM webhook_endpoints WHERE id = ?", made["id"])
    for mode in ("error", "hangs", "ok"):
        for (address,) in run.world.books.rows("SELECT url FROM webhook_endpoints"):
            office.box(address).mode = "gone" if (address, mode) == (url, "ok") else mode
        await run.shops.intent_of(caller, 1)
        await asyncio.sleep(1)
    await run.shops.redeliver()
    for _ in range(3):
        await run.shops.change_endpoint()
    await run.finish()


async def _opened(run: Run) -> Shop:
    await run.shops.open(1, steps=[{"layer": "stacks", "count": 2}])
    return run.shops.shops[0]


async def _mine(run: Run) -> None:
    """Enough blocks for the shop's policy, and time for the watcher."""
    run.world.natures[False].mine(3)
    await asyncio.sleep(1)


def _statuses(run: Run) -> list[Any]:
    return [row[0] for row in run.world.books.rows("SELECT status FROM payment_intents")]


PLAYS: dict[str, Play] = {
    play.__name__: play for play in (sale_and_refund, forks, strays, pegs, post)
}


def deaths(name: str, moments: Iterable[int], seed: int = 7) -> list[str]:
    """Play a scene once for each moment, dying there; what went wrong."""
    failed = []
    for moment in moments:
        outcome = simulate(seed, PLAYS[name], crash_at=moment)
        if outcome.error is not None:
            last = "\n".join(outcome.trace[-15:])
            failed.append(f"{name}, dead at moment {moment}: {outcome.error!r}\n{last}")
        elif outcome.moments < moment:
            failed.append(f"{name} has no moment {moment}")
    return failed
