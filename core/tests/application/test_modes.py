"""What a key of test mode can do to live mode: nothing that decides about money."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core.tests.application.money_till import PaperChain, Till, open_books, open_till

from stacktill.application.merchants import update_account
from stacktill.application.services import Caller
from stacktill.domain.errors import Forbidden
from stacktill.plugin import UnitOfWork

LAX: dict[str, Any] = {"payment_policy": {"underpaid_tolerance_ppm": 50_000}}
DEAF: dict[str, Any] = {"email": "thief@example.com"}


async def change(till: Till, wish: dict[str, Any], *, livemode: bool) -> None:
    """Change the store with a key of a mode, and back again, so that each change is one."""
    caller = Caller(till.caller.merchant_id, livemode)
    after = await till.write(update_account, caller, wish)
    assert (after.email, after.policy.underpaid_tolerance_ppm) != (None, 0)

    def undo(uow: UnitOfWork) -> None:
        policy = replace(after.policy, underpaid_tolerance_ppm=0)
        uow.merchants.save(replace(after, email=None, policy=policy))

    await till.storage.write(undo)


@pytest.mark.parametrize("wish", [LAX, DEAF], ids=["judge", "listen"])
async def test_a_test_key_does_not_judge_live_payments_nor_decide_who_is_warned(
    tmp_path: Path, wish: dict[str, Any]
) -> None:
    async with open_books(tmp_path) as storage:
        till = await open_till(storage)
        live = PaperChain("paper:live", till.clock)
        both = replace(till, services=replace(till.services, live_chain=live))
        # Before there is a live address, the store has nothing to lose.
        await change(both, wish, livemode=False)

        def move_in(uow: UnitOfWork) -> None:
            merchant = uow.merchants.get(till.caller.merchant_id)
            assert merchant is not None
            addresses = {**merchant.addresses, live.chain_id: "ST-live"}
            uow.merchants.save(replace(merchant, addresses=addresses))

        await storage.write(move_in)
        with pytest.raises(Forbidden) as refused:
            await change(both, wish, livemode=False)
        assert (refused.value.code, refused.value.param) == ("livemode_only", next(iter(wish)))
        await change(both, wish, livemode=True)
        # A box that has no live chain any more has only test keys to be used.
        await change(till, wish, livemode=False)
