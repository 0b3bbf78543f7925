"""Transactions that do something else, or the same at another place, on the other side of a fork."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from core.tests.application.money_till import Till, open_books, open_till

from stacktill.application.deposits import attach_deposit, dismiss_deposit
from stacktill.application.merchants import create_merchant
from stacktill.domain.deposits import Deposit
from stacktill.plugin import Transfer


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        yield await open_till(storage)


async def standing(till: Till, transfer: Transfer) -> list[Deposit]:
    """The deposits of a transaction that are on the chain now."""
    found = await till.all("deposits", txid=transfer.txid)
    return [one for one in found if one.state != "reversed"]


async def test_another_amount_at_the_same_place_is_another_deposit(till: Till) -> None:
    """What was said of ten sats is not said of ten million."""
    stray = till.transfer(10)
    await till.mine(stray)
    await till.do(dismiss_deposit, (await till.deposit(stray)).id)
    await till.revert(1)
    await till.mine(replace(stray, amount=10_000_000), fork="b")
    (deposit,) = await standing(till, stray)
    assert (deposit.amount, deposit.match) == (10_000_000, "unmatched")
    assert await till.events(deposit.id) == ["deposit.unmatched"]
    await till.revert(1)
    await till.mine(stray, fork="c")
    (deposit,) = await standing(till, stray)
    assert (deposit.amount, deposit.match) == (10, "dismissed")


async def test_money_that_goes_to_another_store_after_a_fork_pays_nothing_here(till: Till) -> None:
    """The intent that it was attached to, or that it names, is the first store's."""
    other = await till.write(create_merchant, "Another store", None)
    recipient = other.merchant.addresses[till.chain.chain_id]
    intent = await till.intent(1_000)
    paid, stray = till.payment(intent), till.transfer(1_000)
    await till.mine(paid)
    later = await till.intent(1_000)
    await till.mine(stray)
    await till.do(attach_deposit, (await till.deposit(stray)).id, later.id)
    await till.revert(2)
    await till.mine(
        replace(paid, recipient=recipient), replace(stray, recipient=recipient), fork="b"
    )
    for one in (intent, later):
        again = await till.again(one)
        assert (again.status, again.seen_sats) == ("requires_action", 0)
    assert set((await till.balances()).values()) == {0}


async def test_another_token_at_the_same_place_pays_nothing(till: Till) -> None:
    """A look-alike may come where sBTC was."""
    stray, intent = till.transfer(1_000), await till.intent(1_000)
    await till.mine(stray)
    await till.do(attach_deposit, (await till.deposit(stray)).id, intent.id)
    await till.revert(1)
    await till.mine(replace(stray, asset="SX.sbtc-token::sbtc-token"), fork="b")
    (deposit,) = await standing(till, stray)
    assert (deposit.match, deposit.reason) == ("unmatched", "wrong_asset")
    assert (await till.again(intent)).seen_sats == 0


async def test_another_token_may_leave_from_the_same_place(till: Till) -> None:
    """Each is booked, and booked back, in its own token."""
    spent = till.transfer(300, sender=till.address, recipient="ST-cold-store")
    await till.mine(till.transfer(1_000))
    before = await till.balances()
    await till.mine(spent)
    await till.revert(1)
    await till.mine(replace(spent, asset="SX.other::other"), fork="b")
    await till.revert(1)
    after = await till.balances()
    assert {key: held for key, held in after.items() if held} == before
    (kept,) = await till.all("withdrawals", txid=spent.txid)
    assert (kept.asset, kept.reversed) == ("SX.other::other", True)


async def test_transfers_that_move_up_within_their_transaction_keep_their_answers(
    till: Till,
) -> None:
    """Each takes the place that the next one had."""
    first = till.transfer(100)
    second = replace(first, amount=200, event_index=1)
    await till.mine(first, second)
    by_amount = {one.amount: one for one in await standing(till, first)}
    await till.do(dismiss_deposit, by_amount[100].id)
    await till.revert(1)
    await till.mine(replace(first, event_index=1), replace(second, event_index=2), fork="b")
    found = {one.amount: one for one in await standing(till, first)}
    assert {amount: one.id for amount, one in found.items()} == {
        amount: one.id for amount, one in by_amount.items()
    }
    assert [found[amount].match for amount in (100, 200)] == ["dismissed", "unmatched"]
    assert [found[amount].event_index for amount in (100, 200)] == [1, 2]
