"""Whatever the chain and the store do, in whatever order: the books agree with themselves."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count, groupby
from pathlib import Path
from random import Random
from typing import Any

import pytest
from core.tests.application.money_till import LOCKED, SBTC, Till, open_books, open_till
from core.tests.application.peg_kit import accepted, minted, requested
from hypothesis import given, settings
from hypothesis import strategies as st

from stacktill.application.deposits import attach_deposit, dismiss_deposit, refund_unmatched
from stacktill.application.payment_intents import cancel_payment_intent, expire_payment_intents
from stacktill.application.refunds import broadcast_refund, cancel_refund, create_refund
from stacktill.domain.charges import Charge
from stacktill.domain.confirmations import Confirmations, ConfirmationStep
from stacktill.domain.errors import RequestError
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin import Storage, Transfer

LOOK_ALIKE = "ST-evil.sbtc-token::sbtc-token"
NAMES = count()

POLICIES = (
    (ConfirmationStep(None, Confirmations("stacks", 0)),),
    (ConfirmationStep(None, Confirmations("stacks", 2)),),
    (ConfirmationStep(None, Confirmations("bitcoin", 1)),),
    (
        ConfirmationStep(600, Confirmations("stacks", 1)),
        ConfirmationStep(None, Confirmations("bitcoin", 2)),
    ),
)

VERBS = (
    *("open", "open", "mine", "mine", "mine", "mine", "pay", "pay", "stray", "fork", "fork"),
    *("attach", "dismiss", "refund_deposit", "refund", "refund", "cancel_refund", "broadcast"),
    *(
        "sign",
        "sign",
        "cancel",
        "wait",
        "spend",
        "peg_in",
        "peg_out",
        "peg_out",
        "settle",
        "settle",
    ),
)


@dataclass
class History:
    """A store's life: each verb picks its objects by chance, as the seed says."""

    till: Till
    chance: Random
    mempool: list[tuple[Transfer, ...]] = field(default_factory=list)
    withdrawing: list[int] = field(default_factory=list)
    overspent: set[str] = field(default_factory=set)

    async def live(self, verb: str) -> None:
        """Do one thing; a refusal is fine, it must only change nothing."""
        with contextlib.suppress(RequestError):
            await getattr(self, verb)()

    async def pick(self, table: str, **where: Any) -> Any:
        found = await self.till.all(table, **where)
        return self.chance.choice(found) if found else None

    async def open(self) -> None:
        await self.till.intent(self.chance.choice((1, 500, 1_000)))

    async def mine(self) -> None:
        size = self.chance.randint(0, len(self.mempool))
        self.chance.shuffle(self.mempool)
        now, self.mempool = self.mempool[:size], self.mempool[size:]
        await self.till.mine(*chain.from_iterable(now))

    async def fork(self) -> None:
        """Take blocks back; most of what they held comes again, in another order."""
        moved = await self.till.revert(self.chance.randint(1, 4))
        back = [tuple(items) for _, items in groupby(moved, key=lambda item: item.txid)]
        self.chance.shuffle(back)
        kept = [item for item in back if self.chance.random() < 0.8]
        split = self.chance.randint(0, len(kept))
        await self.till.mine(*chain.from_iterable(kept[:split]), fork=f"{self.chance.random()}")
        self.mempool += kept[split:]

    async def pay(self) -> None:
        intent = await self.pick("payment_intents")
        if intent is not None:
            share = self.chance.choice((0.5, 0.96, 1, 1, 1, 1.5))
            amount = max(int(intent.amount_sats * share), 1)
            sender = self.chance.choice(("ST-payer", "ST-other"))
            self.mempool.append((self.till.payment(intent, amount, sender=sender),))

    async def stray(self) -> None:
        amount, asset = self.chance.choice((1, 500, 1_000)), self.chance.choice((SBTC, LOOK_ALIKE))
        memo = self.chance.choice((None, "00ff"))
        self.mempool.append((self.till.transfer(amount, memo=memo, asset=asset),))

    async def spend(self) -> None:
        sent = self.till.transfer(10, sender=self.till.address, recipient="ST-somewhere")
        self.mempool.append((sent,))

    async def peg_in(self) -> None:
        asset = self.chance.choice((SBTC, SBTC, LOOK_ALIKE))
        self.mempool.append((minted(self.till, self.chance.choice((500, 1_000)), asset=asset),))

    async def peg_out(self) -> None:
        """Begin a withdrawal to Bitcoin."""
        amount = self.chance.choice((200, 700))
        self.withdrawing.append(amount)
        self.mempool.append(requested(self.till, amount))

    async def settle(self) -> None:
        """Accept or refuse a withdrawal; the chain may well show that before it shows the wish."""
        if self.withdrawing:
            amount = self.withdrawing.pop()
            unused = self.chance.choice((0, 20, amount))
            self.mempool.append(accepted(self.till, amount, unused))

    async def attach(self) -> None:
        deposit = await self.pick("deposits")
        intent = await self.pick("payment_intents")
        if deposit is not None and intent is not None:
            await self.till.do(attach_deposit, deposit.id, intent.id)

    async def dismiss(self) -> None:
        deposit = await self.pick("deposits")
        if deposit is not None:
            await self.till.do(dismiss_deposit, deposit.id)

    async def refund_deposit(self) -> None:
        deposit = await self.pick("deposits")
        if deposit is not None:
            await self.till.do(refund_unmatched, deposit.id)

    async def refund(self) -> None:
        charge = await self.pick("charges")
        if charge is not None:
            amount = self.chance.choice((None, 1, 300, 1_000))
            wish: dict[str, Any] = {"charge": charge.id}
            await self.till.do(create_refund, wish | ({} if amount is None else {"amount": amount}))

    async def cancel_refund(self) -> None:
        refund = await self.pick("refunds")
        if refund is not None:
            await self.till.do(cancel_refund, refund.id)

    async def broadcast(self) -> None:
        refund = await self.pick("refunds")
        if refund is not None:
            await self.till.do(broadcast_refund, refund.id, "ab" * 32)

    async def sign(self) -> None:
        """The wallet signs whatever it was ever shown, even twice and even when canceled."""
        refund = await self.pick("refunds")
        if refund is not None:
            if refund.status != "requires_action":
                self.overspent.add(refund.charge or "")
            self.mempool.append((self.till.signed(refund),))

    async def cancel(self) -> None:
        intent = await self.pick("payment_intents")
        if intent is not None:
            await self.till.do(cancel_payment_intent, intent.id, None)

    async def wait(self) -> None:
        now = self.till.clock.advance(self.chance.choice((60, 2_000, 100_000)))
        await self.till.write(expire_payment_intents, False, now)


async def check(history: History) -> None:
    """Every invariant of the books."""
    till = history.till
    deposits = await till.all("deposits")
    intents = {intent.id: intent for intent in await till.all("payment_intents")}
    charges = {charge.id: charge for charge in await till.all("charges")}
    refunds = await till.all("refunds")
    await _check_ledger(till)
    _check_intents(intents, deposits)
    for charge in charges.values():
        _check_charge(history, charge, intents[charge.payment_intent], refunds)
    await _check_lines(till, charges, refunds)
    await _check_events(till, intents)
    await _check_places(till, deposits)


async def _check_ledger(till: Till) -> None:
    totals: Counter[str] = Counter()
    by_asset: Counter[str] = Counter()
    for transfer in await till.all("ledger_transfers"):
        assert transfer.amount > 0
        totals[transfer.debit] -= transfer.amount
        totals[transfer.credit] += transfer.amount
    for account in await till.all("ledger_accounts"):
        assert account.balance == totals.pop(account.id)
        by_asset[account.asset] += account.balance
    assert not totals
    assert set(by_asset.values()) <= {0}


def _check_intents(intents: dict[str, PaymentIntent], deposits: list[Any]) -> None:
    seen: Counter[str] = Counter()
    final: Counter[str] = Counter()
    for deposit in deposits:
        if deposit.match == "matched" and deposit.state != "reversed":
            assert deposit.is_sbtc
            seen[deposit.intent_id] += deposit.sats
            final[deposit.intent_id] += deposit.sats if deposit.state == "final" else 0
    for intent in intents.values():
        assert (intent.seen_sats, intent.final_sats) == (seen[intent.id], final[intent.id])
        assert (intent.status == "succeeded") == (
            intent.status in {"succeeded", "processing"} and intent.final_sats >= intent.due_sats
        )
        if intent.status == "requires_action":
            assert intent.seen_sats < intent.due_sats
        if intent.status == "processing":
            assert intent.seen_sats >= intent.due_sats
        if intent.status == "canceled":
            assert intent.seen_sats == 0


def _check_charge(
    history: History, charge: Charge, intent: PaymentIntent, refunds: list[Any]
) -> None:
    mine = [refund for refund in refunds if refund.charge == charge.id]
    held = [refund for refund in mine if refund.status not in {"canceled", "failed"}]
    gone = [refund for refund in mine if refund.status == "succeeded"]
    assert charge.reserved_sats == sum(refund.amount_sats for refund in held)
    assert charge.refunded_sats == sum(refund.amount_sats for refund in gone)
    assert intent.latest_charge == charge.id
    assert (charge.status == "succeeded") == (intent.status == "succeeded")
    assert (charge.status == "failed") == (intent.status == "canceled")
    if charge.status != "succeeded":
        return
    assert charge.amount_sats + charge.overpaid_sats == intent.final_sats
    # A chain that takes back what was refunded, or mines what was canceled, has the last word.
    if not intent.reversals and charge.id not in history.overspent:
        assert charge.reserved_sats <= charge.amount_sats + charge.overpaid_sats


async def _check_lines(till: Till, charges: dict[str, Charge], refunds: list[Any]) -> None:
    lines: Counter[str] = Counter()
    for line in await till.all("balance_transactions"):
        lines[line.source] += line.amount_sats
    for charge in charges.values():
        paid = charge.amount_sats + charge.overpaid_sats
        assert lines.pop(charge.id) == (paid if charge.status == "succeeded" else 0)
    for refund in refunds:
        gone = refund.amount_sats if refund.status == "succeeded" and refund.charge else 0
        assert lines.pop(refund.id, 0) == -gone
    assert not lines


async def _check_events(till: Till, intents: dict[str, PaymentIntent]) -> None:
    told: defaultdict[str, list[str]] = defaultdict(list)
    for event in await till.all("events"):
        told[event.object_id].append(event.type.partition(".")[2])
    for intent in intents.values():
        types = told[intent.id]
        assert types[:2] == ["created", "requires_action"]
        assert types.count("reversed") == intent.reversals
        assert types.count("canceled") == int(intent.status == "canceled")
        assert types.count("succeeded") >= int(intent.status == "succeeded")
        if not intent.reversals:
            assert types.count("succeeded") == int(intent.status == "succeeded")
            assert types.count("processing") <= 1
        if intent.status == "canceled":
            assert types[-1] == "canceled"


async def _check_places(till: Till, deposits: list[Any]) -> None:
    """Every sat that came and is still canonical stands where the deposit says, less what went."""
    expected: Counter[tuple[str, str]] = Counter()
    for deposit in deposits:
        if deposit.state == "reversed":
            continue
        place = "unmatched"
        if deposit.match in ("matched", "dismissed"):
            place = "available" if deposit.state == "final" else "pending"
        expected[deposit.asset, place] += deposit.amount
        expected[deposit.asset, "payers"] -= deposit.amount
    balances = await till.balances()
    held = sum(balances.get((SBTC, code), 0) for code in ("pending", "available", "unmatched"))
    assert held == _on_chain(till, SBTC)
    assert balances.get((SBTC, "locked"), 0) == _on_chain(till, LOCKED)
    assert balances.get((SBTC, "pending"), 0) == expected[SBTC, "pending"]
    for code in ("unmatched", "payers"):
        assert balances.get((LOOK_ALIKE, code), 0) == expected[LOOK_ALIKE, code] or any(
            d.match == "dismissed" for d in deposits
        )


def _on_chain(till: Till, asset: str) -> int:
    """The balance of the store's address, as the blocks have it."""
    moved = [item for _, items in till.blocks for item in items if item.asset == asset]
    came = sum(item.amount for item in moved if item.recipient == till.address)
    return came - sum(item.amount for item in moved if item.sender == till.address)


class Books:
    """One storage for all histories, each of which has a store and a chain of its own."""

    def __init__(self, runner: asyncio.Runner, storage: Storage) -> None:
        self._runner = runner
        self._storage = storage

    def play(self, seed: int, verbs: list[str]) -> None:
        """Live a whole history and check the books after each of its steps."""
        self._runner.run(self._play(seed, verbs))

    async def _play(self, seed: int, verbs: list[str]) -> None:
        chance = Random(seed)
        till = await open_till(
            self._storage,
            f"paper:{next(NAMES)}",
            confirmations=chance.choice(POLICIES),
            underpaid_tolerance_ppm=chance.choice((0, 50_000)),
            late_grace_seconds=chance.choice((0, 600)),
        )
        history = History(till, chance)
        for verb in verbs:
            await history.live(verb)
            await check(history)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with asyncio.Runner() as runner:
        opening = open_books(Path(tmp_path_factory.mktemp("books")))
        yield Books(runner, runner.run(opening.__aenter__()))
        runner.run(opening.__aexit__(None, None, None))


@given(seed=st.integers(0, 2**32), verbs=st.lists(st.sampled_from(VERBS), min_size=15, max_size=45))
@settings(max_examples=60, deadline=None)
def test_the_books_agree_with_themselves(books: Books, seed: int, verbs: list[str]) -> None:
    """Sums are zero, intents count their deposits, charges their refunds, lines add up."""
    books.play(seed, verbs)
