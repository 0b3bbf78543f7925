"""Statements: opening plus lines is closing, and closing is what the ledger holds, for any period."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from core.tests.application.money_till import SBTC, Till, open_books, open_till
from core.tests.application.peg_kit import accepted, minted, requested
from hypothesis import given, settings
from hypothesis import strategies as st

from stacktill.application.proofs import line_view
from stacktill.application.refunds import create_refund
from stacktill.application.statement_csv import COLUMNS, statement_csv
from stacktill.application.statements import keep_statement, lines_after, summed_statement
from stacktill.domain.confirmations import Confirmations, ConfirmationStep
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.ledger import ACCOUNTS, LedgerTransfer
from stacktill.domain.statements import DAY_SECONDS, SettlementStatement, place_in

AT_ONCE = (ConfirmationStep(None, Confirmations("stacks", 0)),)


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        yield await open_till(storage, confirmations=AT_ONCE)


def midnight(till: Till) -> int:
    return till.clock.now() // DAY_SECONDS * DAY_SECONDS


def next_day(till: Till, hours: int = 30) -> None:
    till.clock.advance(hours * 3600)


async def make(till: Till, start: int, end: int) -> SettlementStatement:
    made = await summed_statement(till.storage, till.services, till.caller, (start, end))
    return await till.storage.write(keep_statement, made)


async def lines_of(
    till: Till, statement: SettlementStatement, size: int = 3
) -> list[LedgerTransfer]:
    found: list[LedgerTransfer] = []
    last = None
    while page := await till.storage.scan(lines_after, statement, last, size):
        found += page
        last = page[-1]
    return found


async def pay(till: Till, amount: int = 1_000) -> Any:
    intent = await till.intent(amount)
    paid = till.payment(intent)
    await till.mine(paid)
    return await till.deposit(paid)


async def test_a_statement_has_what_moved_and_what_was_there(till: Till) -> None:
    await pay(till, 700)
    next_day(till)
    start = midnight(till)
    deposit = await pay(till, 1_000)
    next_day(till)
    made = await make(till, start, midnight(till))
    assert (made.opening["available"], made.closing["available"]) == (700, 1_700)
    assert made.totals == {"deposit_final": 1_000, "deposit_seen": 1_000}
    seen, final = await lines_of(till, made)
    assert (seen.kind, final.kind) == ("deposit_seen", "deposit_final")
    view = await till.storage.read(line_view, seen)
    assert view["proof"] == {
        "block_hash": deposit.block_hash,
        "block_height": deposit.block_height,
        "burn_block_height": deposit.burn_height,
        "canonical": True,
        "chain": till.chain.chain_id,
        "event_index": 0,
        "transaction_hash": deposit.txid,
    }


async def test_refunds_and_withdrawals_have_their_proof(till: Till) -> None:
    start = midnight(till)
    deposit = await pay(till)
    charge = (await till.all("charges"))[0]
    refund = await till.do(create_refund, {"charge": charge.id, "amount": 300})
    signed = till.signed(refund)
    moved = till.transfer(50, sender=till.address, recipient="ST-cold")
    block = await till.mine(signed, replace(moved, event_index=4))
    next_day(till, 48)
    made = await make(till, start, midnight(till))
    assert made.closing["available"] == 650
    views = [await till.storage.read(line_view, one) for one in await lines_of(till, made)]
    proofs = {one["kind"]: one["proof"] for one in views}
    assert proofs["refund_sent"]["transaction_hash"] == signed.txid
    assert proofs["withdrawal_seen"]["transaction_hash"] == moved.txid
    assert proofs["withdrawal_seen"]["event_index"] == 4
    for kind in ("refund_sent", "withdrawal_seen"):
        assert proofs[kind]["block_hash"] == block.hash
        assert proofs[kind]["burn_block_height"] == block.burn_height
    assert proofs["deposit_seen"]["transaction_hash"] == deposit.txid


async def test_a_refund_among_hundreds_of_transfers_has_its_proof(till: Till) -> None:
    start = midnight(till)
    await pay(till)
    charge = (await till.all("charges"))[0]
    signed = till.signed(await till.do(create_refund, {"charge": charge.id, "amount": 300}))
    moved = replace(signed, recipient="ST-cold", amount=1, memo=None)
    await till.mine(*(replace(moved, event_index=number) for number in range(1, 120)), signed)
    next_day(till, 48)
    made = await make(till, start, midnight(till))
    views = [await till.storage.read(line_view, one) for one in await lines_of(till, made)]
    (sent,) = (one for one in views if one["kind"] == "refund_sent")
    assert sent["proof"]["event_index"] == signed.event_index


async def test_what_a_fork_took_is_told_as_not_canonical(till: Till) -> None:
    start = midnight(till)
    await pay(till)
    await till.revert(1)
    await till.mine(fork="b")
    next_day(till, 48)
    made = await make(till, start, midnight(till))
    assert made.closing == made.opening == dict.fromkeys(ACCOUNTS, 0)
    views = [await till.storage.read(line_view, one) for one in await lines_of(till, made)]
    assert [one["proof"]["canonical"] for one in views] == [False, False, False]


async def test_a_period_is_whole_days_that_are_over(till: Till) -> None:
    today = midnight(till)
    for start, end, param in (
        (today - DAY_SECONDS + 1, today, "period_start"),
        (today - DAY_SECONDS, today - 1, "period_end"),
        (today, today, "period_end"),
        (today, today - DAY_SECONDS, "period_end"),
        (today, today + DAY_SECONDS, "period_end"),
        (today - 400 * DAY_SECONDS, today, "period_end"),
    ):
        with pytest.raises(InvalidParameter) as refused:
            await make(till, start, end)
        assert refused.value.param == param


async def test_a_clock_that_goes_back_books_nothing_into_a_closed_day(till: Till) -> None:
    await pay(till)
    next_day(till)
    end = midnight(till)
    made = await make(till, end - 2 * DAY_SECONDS, end)
    till.clock.advance(end - 60 - till.clock.now())
    await pay(till, 500)
    again = await make_at(till, end, made)
    assert (again.opening, again.closing) == (made.opening, made.closing)
    assert await lines_of(till, again) == await lines_of(till, made)


async def make_at(till: Till, now: int, like: SettlementStatement) -> SettlementStatement:
    """The same statement again, at another time."""
    till.clock.advance(now - till.clock.now())
    return await make(till, like.period_start, like.period_end)


async def test_the_csv_has_a_row_per_line(till: Till) -> None:
    start = midnight(till)
    deposit = await pay(till)
    next_day(till)
    made = await make(till, start, midnight(till))
    text = "".join([part async for part in statement_csv(till.storage, made)])
    heads, *rows = list(csv.reader(io.StringIO(text)))
    assert tuple(heads) == COLUMNS
    assert len(rows) == made.line_count == 2
    first = dict(zip(heads, rows[0], strict=True))
    assert first["transaction_hash"] == deposit.txid
    assert (first["amount_sats"], first["from"], first["to"]) == ("1000", "payers", "pending")
    assert (first["canonical"], first["source"]) == ("yes", deposit.id)
    assert first["time"].endswith("Z")


async def test_foreign_tokens_are_no_part_of_it(till: Till) -> None:
    start = midnight(till)
    await till.mine(till.transfer(10**30, asset="ST-evil.sbtc-token::sbtc-token"))
    next_day(till)
    made = await make(till, start, midnight(till))
    assert (made.line_count, made.asset) == (0, SBTC)


async def test_a_withdrawal_under_way_is_in_the_balances_and_not_among_what_is_gone(
    till: Till,
) -> None:
    """From one month to the next what it holds is the store's own."""
    begun = midnight(till)
    await pay(till, 9_000)
    await till.mine(*requested(till, 6_200))
    next_day(till)
    middle = midnight(till)
    await till.mine(*accepted(till, 6_200, 150))
    next_day(till)
    first = await make(till, begun, middle)
    second = await make(till, middle, midnight(till))
    assert first.closing == second.opening
    assert (first.closing["available"], first.closing["locked"]) == (2_800, 6_200)
    assert first.closing["outside"] == 0
    assert (first.totals["burn_seen"], first.totals["lock_seen"]) == (6_200, 6_200)
    assert (second.totals["unlock_seen"], second.totals["return_seen"]) == (6_200, 150)
    assert second.closing["locked"] == 0
    assert second.closing["outside"] == 6_050
    assert second.closing["available"] == 2_950


async def test_the_cost_is_that_of_the_period(till: Till) -> None:
    """However much moved before and after, only the lines of the period are read."""
    for _ in range(12):
        await pay(till)
    next_day(till)
    start = midnight(till)
    await pay(till)
    next_day(till)
    end = midnight(till)
    for _ in range(12):
        await pay(till)
    next_day(till)
    made = await make(till, start, end)
    assert made.line_count == len(await lines_of(till, made, size=1)) == 2
    where = {"account_id": f"{till.caller.merchant_id}/test/{SBTC}/available"}
    kept = await till.storage.read(lambda uow: uow.ledger_checkpoints.find(where))
    assert len(kept) <= 4


VERBS = (
    "pay",
    "stray",
    "spend",
    "mint",
    "ask",
    "answer",
    "fork",
    "hours",
    "day",
    "days",
    "statement",
)


@given(seed=st.integers(0, 2**32), verbs=st.lists(st.sampled_from(VERBS), max_size=25))
@settings(max_examples=30, deadline=None)
def test_any_period_adds_up(
    tmp_path_factory: pytest.TempPathFactory, seed: int, verbs: list[str]
) -> None:
    asyncio.run(_live(tmp_path_factory.mktemp("statements"), Random(seed), verbs))


async def _live(folder: Path, chance: Random, verbs: list[str]) -> None:
    async with open_books(folder) as storage:
        till = await open_till(storage, confirmations=AT_ONCE)
        begun = midnight(till)
        for verb in (*verbs, "days", "statement"):
            await _do(till, chance, verb, begun)


async def _do(till: Till, chance: Random, verb: str, begun: int) -> None:
    if verb == "pay":
        await pay(till, chance.randint(1, 9_000))
    elif verb == "stray":
        await till.mine(till.transfer(chance.randint(1, 9_000)))
    elif verb == "spend":
        await till.mine(till.transfer(7, sender=till.address, recipient="ST-cold"))
    elif verb == "mint":
        await till.mine(minted(till, chance.randint(1, 9_000)))
    elif verb == "ask":
        await till.mine(*requested(till, 800))
    elif verb == "answer":
        await till.mine(*accepted(till, 800, chance.choice((0, 30, 800))))
    elif verb == "fork":
        back = await till.revert(chance.randint(1, 3))
        await till.mine(*back[: len(back) // 2], fork=f"{chance.random()}")
    elif verb in ("hours", "day", "days"):
        next_day(till, {"hours": 7, "day": 24, "days": 24 * chance.randint(2, 5)}[verb])
    else:
        await _check(till, chance, begun)


async def _check(till: Till, chance: Random, begun: int) -> None:
    days = (midnight(till) - begun) // DAY_SECONDS
    if days < 1:
        return
    first = chance.randrange(days)
    last = chance.randint(first + 1, days)
    period = (begun + first * DAY_SECONDS, begun + last * DAY_SECONDS)
    made = await make(till, *period)
    opening: Counter[str] = Counter()
    closing: Counter[str] = Counter()
    inside = []
    for line in await till.all("ledger_transfers", asset=SBTC):
        for balances, until in ((opening, period[0]), (closing, period[1])):
            if line.created < until:
                balances[place_in(line.debit)] -= line.amount
                balances[place_in(line.credit)] += line.amount
        if period[0] <= line.created < period[1]:
            inside.append(line)
    assert made.opening == {code: opening[code] for code in ACCOUNTS}
    assert made.closing == {code: closing[code] for code in ACCOUNTS}
    assert sum(made.opening.values()) == sum(made.closing.values()) == 0
    listed = await lines_of(till, made)
    assert sorted(one.id for one in listed) == sorted(one.id for one in inside)
    assert [one.created for one in listed] == sorted(one.created for one in inside)
    assert made.line_count == len(inside)
    before = await make(till, begun, period[0]) if first else None
    assert before is None or before.closing == made.opening
