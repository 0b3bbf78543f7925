"""The state machine of intents: every status with every fact, and any row of facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.confirmations import Confirmations
from stacktill.domain.errors import InvariantBroken, StateConflict
from stacktill.domain.events import EVENT_TYPES
from stacktill.domain.intent_steps import (
    TRANSITIONS,
    Canceled,
    Confirmed,
    Expired,
    Fact,
    FundsFinal,
    FundsReversed,
    FundsSeen,
    MethodAttached,
    PaymentFailed,
    Step,
    step,
)
from stacktill.domain.payment_intents import STATUSES, IntentStatus, PaymentError, PaymentIntent

NOW = 1_700_000_000
CLOSES_AT = NOW + 900
AMOUNT = 1_000
DUE = 950

CONFIRMED = Confirmed(
    payment_method="pm_1",
    chain_id="stacks:test",
    deposit_address="ST1",
    memo="7374",
    expires_at=CLOSES_AT,
    closes_at=CLOSES_AT,
    due_sats=DUE,
    confirmations=Confirmations("bitcoin", 2),
)


def intent(status: IntentStatus, *, seen: int | None = None, final: int = 0) -> PaymentIntent:
    """An intent in a status, with the money that belongs to it unless told otherwise."""
    usual = {"processing": (AMOUNT, 0), "succeeded": (AMOUNT, AMOUNT)}.get(status, (0, 0))
    blank = PaymentIntent(
        id="pi_1",
        merchant_id="acct_1",
        livemode=False,
        created=NOW,
        amount_sats=AMOUNT,
        client_secret="pi_1_secret",
        status=status,
        seen_sats=usual[0] if seen is None else seen,
        final_sats=usual[1] if seen is None else final,
    )
    if status in {"requires_payment_method", "requires_confirmation"}:
        return blank
    ended: dict[str, Any] = {}
    if status == "canceled":
        ended = {"canceled_at": NOW, "cancellation_reason": "expired"}
    fixed: dict[str, Any] = {
        name: getattr(CONFIRMED, name) for name in Confirmed.__slots__ if name != "payment_method"
    }
    return replace(blank, payment_method="pm_1", **fixed, **ended)


FACTS: dict[str, Fact] = {
    "attach": MethodAttached("pm_2"),
    "confirm": CONFIRMED,
    "see part": FundsSeen(DUE - 1),
    "see all": FundsSeen(AMOUNT),
    "finalise all": FundsFinal(AMOUNT),
    "reverse seen": FundsReversed(AMOUNT, was_final=False, open_until=NOW + 86_400),
    "reverse final": FundsReversed(AMOUNT, was_final=True, open_until=NOW + 86_400),
    "fail": PaymentFailed(PaymentError("abort_by_response", "The transaction moved nothing.")),
    "cancel": Canceled("requested_by_customer"),
    "expire": Expired(),
}

REFUSED, BROKEN = StateConflict, InvariantBroken
STAYS = ""

OPEN = ("requires_payment_method", "requires_confirmation")
ALLOWED: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    **{(status, "attach"): ("requires_confirmation", ()) for status in OPEN},
    **{(status, "confirm"): ("requires_action", ("requires_action",)) for status in OPEN},
    **{(status, "cancel"): ("canceled", ("canceled",)) for status in OPEN},
    ("requires_action", "see part"): (STAYS, ("partially_funded",)),
    ("requires_action", "see all"): ("processing", ("processing",)),
    ("requires_action", "fail"): (STAYS, ("payment_failed",)),
    ("requires_action", "cancel"): ("canceled", ("canceled",)),
    ("requires_action", "expire"): ("canceled", ("canceled",)),
    ("processing", "see part"): (STAYS, ()),
    ("processing", "see all"): (STAYS, ()),
    ("processing", "finalise all"): ("succeeded", ("succeeded",)),
    ("processing", "reverse seen"): ("requires_action", ("reversed",)),
    ("succeeded", "reverse final"): ("requires_action", ("reversed",)),
}
"""What each status makes of each fact; whatever is not here is refused, or a defect of ours."""

BROKEN_BY_MONEY = {
    ("processing", "reverse final"),
    ("succeeded", "finalise all"),
    ("succeeded", "reverse seen"),
    *((status, "finalise all") for status in ("requires_action", "canceled", *OPEN)),
    *((status, "reverse seen") for status in ("requires_action", "canceled", *OPEN)),
    *((status, "reverse final") for status in ("requires_action", "canceled", *OPEN)),
}
"""Money that never arrived cannot become final or be taken back: the books would be wrong."""


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", FACTS)
def test_every_status_meets_every_fact(status: IntentStatus, name: str) -> None:
    """One cell of the table: the status after it with its events, a refusal, or an alarm."""
    before, fact = intent(status), FACTS[name]
    if (status, name) in ALLOWED:
        after, events = ALLOWED[status, name]
        done = step(before, fact, CLOSES_AT)
        assert done.intent.status == (after or status)
        assert done.events == tuple(f"payment_intent.{event}" for event in events)
        return
    with pytest.raises(BROKEN if (status, name) in BROKEN_BY_MONEY else REFUSED) as caught:
        step(before, fact, CLOSES_AT)
    if isinstance(caught.value, StateConflict):
        assert caught.value.code == "payment_intent_unexpected_state"
        assert caught.value.object_id == before.id
        assert status in caught.value.message


def test_the_table_names_every_status() -> None:
    assert set(TRANSITIONS) == set(STATUSES) == set(get_args(IntentStatus))
    assert {after for allowed in TRANSITIONS.values() for after in allowed} <= set(STATUSES)


def test_nothing_leaves_canceled() -> None:
    assert TRANSITIONS["canceled"] == frozenset()


def test_confirming_fixes_the_terms() -> None:
    done = step(intent("requires_payment_method"), CONFIRMED, NOW).intent
    assert (done.deposit_address, done.memo, done.due_sats) == ("ST1", "7374", DUE)
    assert (done.expires_at, done.closes_at, done.payment_method) == (CLOSES_AT, CLOSES_AT, "pm_1")


def test_time_runs_out_at_the_closing_second_and_not_before() -> None:
    waiting = intent("requires_action")
    with pytest.raises(InvariantBroken):
        step(waiting, Expired(), CLOSES_AT - 1)
    ended = step(waiting, Expired(), CLOSES_AT).intent
    assert (ended.status, ended.cancellation_reason) == ("canceled", "expired")


def test_an_intent_that_ends_keeps_no_money() -> None:
    """Its deposits become unmatched, so it no longer counts them."""
    part = step(intent("requires_action"), FundsSeen(400), NOW).intent
    part = step(part, FundsFinal(400), NOW).intent
    ended = step(part, Canceled(None), NOW).intent
    assert (ended.seen_sats, ended.final_sats) == (0, 0)


def test_a_reversal_that_leaves_enough_keeps_the_success() -> None:
    rich = intent("succeeded", seen=2 * AMOUNT, final=2 * AMOUNT)
    done = step(rich, FundsReversed(AMOUNT, was_final=True, open_until=0), NOW)
    assert (done.intent.status, done.intent.reversals) == ("succeeded", 1)


def test_a_reversal_of_what_was_final_waits_for_what_is_seen() -> None:
    rich = intent("succeeded", seen=2 * AMOUNT, final=AMOUNT)
    done = step(rich, FundsReversed(AMOUNT, was_final=True, open_until=0), NOW)
    assert (done.intent.status, done.intent.succeeded_at) == ("processing", None)


def test_a_reversal_gives_the_payer_time() -> None:
    done = step(
        intent("succeeded"), FundsReversed(AMOUNT, was_final=True, open_until=CLOSES_AT + 9), NOW
    )
    assert done.intent.closes_at == CLOSES_AT + 9


def test_a_payment_clears_the_error_of_the_try_before_it() -> None:
    failed = step(intent("requires_action"), FACTS["fail"], NOW).intent
    assert failed.last_payment_error is not None
    assert step(failed, FundsSeen(1), NOW).intent.last_payment_error is None


class World:
    """Facts as a chain and a merchant can make them: only what was seen is finalised or reversed."""

    def __init__(self) -> None:
        self.intent = intent("requires_payment_method")
        self.pending: list[int] = []
        self.final: list[int] = []
        self.events: list[str] = []
        self.now = NOW

    def apply(self, fact: Fact) -> bool:
        """Apply a fact, unless the status forbids it."""
        try:
            done: Step = step(self.intent, fact, self.now)
        except StateConflict:
            return False
        self.intent = done.intent
        self.events += done.events
        if self.intent.status == "canceled":
            self.pending, self.final = [], []
        return True

    def live(self, verb: str, sats: int) -> None:
        """Let one thing happen."""
        self.now += 1
        if verb == "see":
            if self.apply(FundsSeen(sats)):
                self.pending.append(sats)
        elif verb == "finalise" and self.pending:
            amount = self.pending.pop()
            assert self.apply(FundsFinal(amount))
            self.final.append(amount)
        elif verb in {"reverse", "reverse final"}:
            self._reverse(self.final if verb == "reverse final" else self.pending)
        elif verb == "expire":
            self.now = max(self.now, self.intent.closes_at or 0)
            self.apply(Expired())
        elif verb in {"attach", "confirm", "fail", "cancel"}:
            self.apply(FACTS[verb])

    def _reverse(self, group: list[int]) -> None:
        if group:
            was_final = group is self.final
            fact = FundsReversed(group.pop(), was_final=was_final, open_until=self.now + 100)
            assert self.apply(fact)

    def check(self) -> None:
        """What holds after every fact."""
        now = self.intent
        assert now.final_sats == sum(self.final)
        assert now.seen_sats == sum(self.final) + sum(self.pending)
        assert 0 <= now.final_sats <= now.seen_sats
        assert set(self.events) <= EVENT_TYPES
        if now.status == "succeeded":
            assert now.final_sats >= now.due_sats > 0
            assert now.received_sats == min(now.final_sats, now.amount_sats)
        else:
            assert (now.received_sats, now.succeeded_at) == (0, None)
        if now.status == "processing":
            assert now.seen_sats >= now.due_sats > now.final_sats
        if now.status == "requires_action":
            assert now.seen_sats < now.due_sats
            assert now.remaining_sats == now.amount_sats - now.seen_sats
        told = [event.partition(".")[2] for event in self.events]
        assert told.count("reversed") == now.reversals
        assert told.count("succeeded") <= 1 + now.reversals
        assert ("canceled" in told) == (now.status == "canceled")
        if now.status == "succeeded":
            last = [event for event in told if event not in {"reversed", "partially_funded"}][-1]
            assert last == "succeeded"


VERBS = (
    *("attach", "confirm", "see", "see", "finalise", "finalise", "reverse", "reverse final"),
    *("fail", "cancel", "expire"),
)


@given(st.lists(st.tuples(st.sampled_from(VERBS), st.sampled_from((1, 400, 950, 1_000, 1_500)))))
def test_any_row_of_facts_keeps_the_money_and_the_story_straight(
    facts: list[tuple[str, int]],
) -> None:
    world = World()
    for verb, sats in facts:
        world.live(verb, sats)
        world.check()


@given(
    st.integers(1, 2_100_000_000_000_000),
    st.integers(0, 2_100_000_000_000_000),
    st.integers(0, 50_000),
)
def test_what_remains_and_what_is_too_much_add_up(amount: int, seen: int, ppm: int) -> None:
    due = amount - amount * ppm // 1_000_000
    one = replace(intent("requires_action"), amount_sats=amount, due_sats=due, seen_sats=seen)
    assert one.remaining_sats == (amount - seen if seen < due else 0)
    assert one.overpaid_sats == max(seen - amount, 0)
    assert one.remaining_sats == 0 or one.overpaid_sats == 0
