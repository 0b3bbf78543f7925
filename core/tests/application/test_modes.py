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


async def change(till: Till, *, livemode: bool) -> int:
    """Ask for a lax policy with a key of a mode; what the policy tolerates then."""
    caller = Caller(till.caller.merchant_id, livemode)
    after = await till.write(update_account, caller, LAX)
    return after.policy.underpaid_tolerance_ppm


async def test_a_test_key_does_not_judge_live_payments(tmp_path: Path) -> None:
    async with open_books(tmp_path) as storage:
        till = await open_till(storage)
        live = PaperChain("paper:live", till.clock)
        both = replace(till, services=replace(till.services, live_chain=live))
        # Before there is a live address, the store has nothing to lose.
        assert await change(both, livemode=False) == 50_000

        def move_in(uow: UnitOfWork) -> None:
            merchant = uow.merchants.get(till.caller.merchant_id)
            assert merchant is not None
            addresses = {**merchant.addresses, live.chain_id: "ST-live"}
            uow.merchants.save(replace(merchant, addresses=addresses))

        await storage.write(move_in)
        with pytest.raises(Forbidden) as refused:
            await change(both, livemode=False)
        assert refused.value.code == "livemode_only"
        assert await change(both, livemode=True) == 50_000
        # A box that has no live chain any more has only test keys to be used.
        assert await change(till, livemode=False) == 50_000
