"""What must hold in the books, after every step and at the end: the promises, as code.

``check_books`` needs only a unit of work; ``Auditor`` also knows what truly happened on the chains,
what was delivered and what was answered.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from stacktill.domain.deposits import REASONS, Deposit
from stacktill.domain.ledger import account_id
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.refunds import Refund
from stacktill.plugin.storage import UnitOfWork

__all__ = ["Books", "check_books", "check_histories"]

ALL = 10_000_000
RELEASED = ("canceled", "failed")
ROUTES = {
    "transfer": ("available", "outside"),
    "burn": ("available", "outside"),
    "lock": ("outside", "locked"),
    "unlock": ("locked", "outside"),
}


class Books:
    """All of the books at one moment, indexed."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.ever_canceled: set[str] = set()
        self.attached: set[str] = set()
        self.intents = {item.id: item for item in uow.payment_intents.find({}, limit=ALL)}
        self.charges = {item.id: item for item in uow.charges.find({}, limit=ALL)}
        self.refunds = {item.id: item for item in uow.refunds.find({}, limit=ALL)}
        self.deposits = uow.deposits.find({}, limit=ALL)
        self.withdrawals = uow.withdrawals.find({}, limit=ALL)
        self.accounts = {item.id: item for item in uow.ledger_accounts.find({}, limit=ALL)}
        self.transfers = uow.ledger_transfers.find({}, limit=ALL)
        self.lines = uow.balance_transactions.find({}, limit=ALL)
        self.sessions = uow.checkout_sessions.find({}, limit=ALL)
        self.blocks = uow.chain_blocks.find({}, order="height", limit=ALL)

    @property
    def standing(self) -> list[Deposit]:
        """The deposits that are on the canonical chain as far as the books know it."""
        return [deposit for deposit in self.deposits if deposit.state != "reversed"]


def check_books(books: Books) -> None:
    """Everything that the books must agree on with themselves; raise ``AssertionError`` if not."""
    _check_ledger(books)
    _check_places(books)
    for intent in books.intents.values():
        _check_intent(books, intent)
    _check_charges(books)
    for refund in books.refunds.values():
        _check_refund(books, refund)
    for deposit in books.deposits:
        _check_deposit(books, deposit)
        if deposit.match == "matched" and deposit.id not in books.attached:
            _check_match(books, deposit)
    _check_depths(books)
    _check_sessions(books)


def _check_ledger(books: Books) -> None:
    balances: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for transfer in books.transfers:
        assert transfer.amount > 0, transfer
        assert transfer.debit != transfer.credit, transfer
        balances[transfer.debit] -= transfer.amount
        balances[transfer.credit] += transfer.amount
    for account in books.accounts.values():
        sums[account.asset] += account.balance
        assert account.balance == balances.pop(account.id, 0), f"{account.id}: wrong total"
    assert not any(balances.values()), f"no account for {balances}"
    assert not any(sums.values()), f"the ledger does not sum to zero: {sums}"


def _check_places(books: Books) -> None:
    """Each account holds exactly the deposits that stand in it, less what left it."""
    due: Counter[str] = Counter()

    def book(item: Any, code: Any, amount: int) -> None:
        due[account_id(item.merchant_id, item.livemode, item.asset, code)] += amount

    for deposit in books.standing:
        came_from = "outside" if deposit.reason == "withdrawal_returned" else "payers"
        book(deposit, came_from, -deposit.amount)
        book(deposit, _place(deposit), deposit.amount)
    by_id = {deposit.id: deposit for deposit in books.deposits}
    for withdrawal in books.withdrawals:
        if withdrawal.reversed:
            continue
        refund = books.refunds.get(withdrawal.refund_id or "")
        source, target = ROUTES[withdrawal.kind]
        if refund is not None and refund.deposit is not None:
            given = by_id[refund.deposit]
            if given.match == "refunded" and given.refund_id == refund.id:
                source = "unmatched"
        book(withdrawal, source, -withdrawal.amount)
        book(withdrawal, target if refund is None else "payers", withdrawal.amount)
    for id in due.keys() | books.accounts.keys():
        held = books.accounts[id].balance if id in books.accounts else 0
        assert held == due[id], f"{id} holds {held}, and {due[id]} stands in it"


def _place(deposit: Deposit) -> str:
    if deposit.match in ("matched", "dismissed"):
        return "available" if deposit.state == "final" else "pending"
    return "unmatched"


def _check_intent(books: Books, intent: PaymentIntent) -> None:
    mine = [d for d in books.standing if d.intent_id == intent.id and d.match == "matched"]
    seen = sum(deposit.sats for deposit in mine)
    final = sum(deposit.sats for deposit in mine if deposit.state == "final")
    assert (intent.seen_sats, intent.final_sats) == (seen, final), (
        f"{intent.id}: {intent.seen_sats}/{intent.final_sats} counted, {seen}/{final} there"
    )
    assert all(deposit.is_sbtc and deposit.merchant_id == intent.merchant_id for deposit in mine)
    assert all(deposit.livemode == intent.livemode for deposit in mine)
    allowed = {
        "requires_payment_method": seen == 0,
        "requires_confirmation": seen == 0,
        "requires_action": seen < intent.due_sats,
        "processing": seen >= intent.due_sats > final,
        "succeeded": final >= intent.due_sats > 0,
        "canceled": seen == 0,
    }
    assert allowed[intent.status], f"{intent.id} is {intent.status} with {seen}/{final}"
    charge = books.charges.get(intent.latest_charge or "")
    assert (charge is not None) or intent.latest_charge is None
    if intent.status == "succeeded":
        assert charge is not None, f"{intent.id} succeeded without a charge"
        assert charge.status == "succeeded", f"{charge.id} is {charge.status}"
        assert charge.amount_sats == min(intent.amount_sats, final), charge
        assert charge.overpaid_sats == final - charge.amount_sats, charge
    elif charge is not None:
        assert charge.status != "succeeded", f"{charge.id} is paid, {intent.id} is not"


def _check_charges(books: Books) -> None:
    lines: Counter[str] = Counter()
    for line in books.lines:
        lines[line.source] += line.amount_sats
    held: Counter[str] = Counter()
    back: Counter[str] = Counter()
    for refund in books.refunds.values():
        if refund.status not in RELEASED:
            held[refund.charge or ""] += refund.amount_sats
        if refund.status == "succeeded":
            back[refund.charge or ""] += refund.amount_sats
        moved = -refund.amount_sats if refund.status == "succeeded" else 0
        if refund.charge is not None:
            assert lines.pop(refund.id, 0) == moved, f"the balance lines of {refund.id}"
        else:
            assert lines.pop(refund.id, 0) in (moved, 0), f"the balance lines of {refund.id}"
    of_intent: Counter[str] = Counter()
    for charge in books.charges.values():
        of_intent[charge.payment_intent] += 1
        paid = charge.amount_sats + charge.overpaid_sats
        is_paid = charge.status == "succeeded"
        assert lines.pop(charge.id, 0) == (paid if is_paid else 0), f"lines of {charge.id}"
        assert charge.reserved_sats == held[charge.id], f"{charge.id} reserves wrongly"
        assert charge.refunded_sats == back[charge.id], f"{charge.id} refunded wrongly"
        intent = books.intents[charge.payment_intent]
        if not intent.reversals:
            _check_reserved(books, charge.id, charge.reserved_sats, paid)
    assert not lines, f"balance lines of nothing: {lines}"
    assert all(count == 1 for count in of_intent.values()), "two charges of one intent"


def _check_reserved(books: Books, charge: str, reserved: int, paid: int) -> None:
    """No more is given back than was paid, unless a wallet signed what had been canceled."""
    refunds = [refund for refund in books.refunds.values() if refund.charge == charge]
    if any(refund.id in books.ever_canceled and refund.txid for refund in refunds):
        is_open = any(refund.status == "requires_action" for refund in refunds)
        assert reserved <= paid or not is_open, f"{charge}: {reserved} of {paid}, and more to sign"
    else:
        assert reserved <= paid, f"{charge}: {reserved} of {paid}"


def _check_refund(books: Books, refund: Refund) -> None:
    shown = [w for w in books.withdrawals if w.refund_id == refund.id and not w.reversed]
    assert len(shown) == (refund.status == "succeeded"), f"{refund.id} is {refund.status}: {shown}"
    for withdrawal in shown:
        assert withdrawal.amount == refund.amount_sats
        assert (withdrawal.sender, withdrawal.recipient) == (refund.sender, refund.recipient)


def _check_deposit(books: Books, deposit: Deposit) -> None:
    assert deposit.reason is None or deposit.reason in REASONS, deposit
    if deposit.match == "matched":
        assert deposit.intent_id in books.intents, deposit
        assert deposit.reason is None, deposit
    if deposit.match == "unmatched":
        assert deposit.reason is not None, f"{deposit.id} is unmatched, and nobody knows why"
    if deposit.reason == "withdrawal_returned":
        assert (deposit.match, deposit.sender) == ("dismissed", None), deposit
    if deposit.sender is None:
        assert deposit.refund_id is None, f"{deposit.id} goes back to nobody"
    if deposit.match in ("refunding", "refunded"):
        refund = books.refunds[deposit.refund_id or ""]
        is_done = refund.status == "succeeded"
        assert is_done == (deposit.match == "refunded"), f"{deposit.id} and {refund.id} disagree"
        assert refund.status not in RELEASED, f"{deposit.id} waits for {refund.id}"


def _check_match(books: Books, deposit: Deposit) -> None:
    """What nobody attached by hand pays exactly the intent that it names, at its address."""
    intent = books.intents[deposit.intent_id or ""]
    assert deposit.memo == intent.memo, f"{deposit.id} names another intent than {intent.id}"
    assert deposit.recipient == intent.deposit_address, f"{deposit.id} went elsewhere"
    assert deposit.chain_id == intent.chain_id, f"{deposit.id} is on another chain"
    depth = intent.confirmations
    assert depth is not None
    if intent.seen_sats <= intent.amount_sats and not intent.reversals:
        final_height = depth.final_height(deposit.block_height, deposit.burn_height)
        assert (deposit.final_layer, deposit.final_height) == (depth.layer, final_height), deposit


def _check_depths(books: Books) -> None:
    """What is pending is not deep enough yet."""
    tips = {block.chain_id: block for block in books.blocks}
    for deposit in books.deposits:
        if deposit.state == "pending":
            tip = tips[deposit.chain_id]
            height = tip.height if deposit.final_layer == "stacks" else tip.burn_height
            assert height < deposit.final_height, f"{deposit.id} is deep enough, and pending"


def _check_sessions(books: Books) -> None:
    for session in books.sessions:
        intent = books.intents.get(session.payment_intent or "")
        if session.payment_status == "paid":
            assert intent is not None, session
            assert session.status == "complete", session
            assert intent.latest_charge is not None, session
            assert intent.status == "succeeded", f"{session.id} says that it is paid"
        if intent is not None and intent.status == "succeeded":
            assert session.payment_status == "paid", f"{session.id} does not know that it is paid"


def check_histories(events: list[tuple[Any, ...]], books: Books) -> None:
    """Each object's events, in order, tell one possible story that ends in its state.

    ``events`` are rows of (id, type, object_id, data) in the order of their positions.
    """
    stories: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for _, kind, object_id, data in events:
        status = json.loads(data)["object"].get("status")
        stories[object_id].append((kind, status))
    for intent in books.intents.values():
        story = [
            (kind.removeprefix("payment_intent."), status) for kind, status in stories[intent.id]
        ]
        _check_story(intent, story)
    for refund in books.refunds.values():
        assert stories[refund.id][0][0] == "refund.created", refund.id
        assert stories[refund.id][-1][1] == refund.status, f"{refund.id}: {stories[refund.id]}"


def _check_story(intent: PaymentIntent, story: list[tuple[str, str]]) -> None:
    assert story[0][0] == "created", f"{intent.id}: {story}"
    assert [kind for kind, _ in story].count("created") == 1, f"{intent.id}: {story}"
    before, succeeded, left = "", 0, 0
    for kind, status in story:
        if before == "canceled":
            raise AssertionError(f"{intent.id} went on after it was canceled: {story}")
        if before == "succeeded" and status != "succeeded":
            assert kind == "reversed", f"{intent.id} left success by {kind}: {story}"
            left += 1
        if kind == "succeeded":
            assert before != "succeeded", f"{intent.id} succeeded twice in a row: {story}"
            assert status == "succeeded", f"{intent.id}: {story}"
            succeeded += 1
        if status in ("succeeded", "canceled") and before != status:
            assert kind == status, f"{intent.id} became {status} by {kind}: {story}"
        before = status
    assert [kind for kind, _ in story].count("reversed") == intent.reversals, f"{intent.id}"
    assert succeeded == left + (intent.status == "succeeded"), f"{intent.id}: {story}"
    if intent.status not in ("requires_confirmation", "requires_payment_method"):
        assert before == intent.status, f"{intent.id} is {intent.status}: {story}"
