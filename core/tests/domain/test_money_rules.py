"""The smaller rules of money: depth, tolerance, reservations, and movements in the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.charges import Charge
from stacktill.domain.confirmations import Confirmations, ConfirmationStep, confirmations_for
from stacktill.domain.deposits import REASONS, Deposit, deposit_key
from stacktill.domain.errors import (
    InvalidParameter,
    InvalidRequest,
    InvariantBroken,
    StateConflict,
)
from stacktill.domain.events import EVENT_TYPES, matches
from stacktill.domain.ledger import ACCOUNTS, AccountCode, account_id, movement
from stacktill.domain.merchants import ApiKey, StorePolicy
from stacktill.domain.money import MAX_SATS, check_amount
from stacktill.domain.refunds import MOVES, Refund, RefundStatus, advance_refund, reserve

SATS = st.integers(1, MAX_SATS)
STATUSES: tuple[RefundStatus, ...] = get_args(RefundStatus)

CHARGE = Charge(
    id="ch_1",
    merchant_id="acct_1",
    livemode=False,
    created=1,
    payment_intent="pi_1",
    amount_sats=1_000,
    overpaid_sats=0,
    status="succeeded",
    balance_transaction="txn_1",
    buyer_address="ST1",
    transaction_hash="aa",
    chain_id="stacks:test",
)

REFUND = Refund(
    id="re_1",
    merchant_id="acct_1",
    livemode=False,
    created=1,
    amount_sats=10,
    status="requires_action",
    chain_id="stacks:test",
    sender="ST1",
    recipient="ST2",
    memo="7372",
    transaction={},
)

DEPOSIT = Deposit(
    id="dep_1",
    merchant_id="acct_1",
    livemode=True,
    created=1,
    chain_id="stacks:test",
    txid="aa",
    event_index=0,
    asset="SM.sbtc-token::sbtc-token",
    is_sbtc=True,
    amount=7,
    sender="ST1",
    recipient="ST2",
    memo=None,
    block_height=5,
    block_hash="bb",
    burn_height=2,
    block_time=1,
    state="pending",
    final_layer="stacks",
    final_height=5,
    match="unmatched",
)


class TestDepth:
    STEPS = (
        ConfirmationStep(100, Confirmations("stacks", 0)),
        ConfirmationStep(1_000, Confirmations("stacks", 3)),
        ConfirmationStep(None, Confirmations("bitcoin", 6)),
    )

    @pytest.mark.parametrize(
        ("amount", "count"), [(1, 0), (100, 0), (101, 3), (1_000, 3), (1_001, 6), (MAX_SATS, 6)]
    )
    def test_the_first_step_that_covers_the_amount_counts(self, amount: int, count: int) -> None:
        assert confirmations_for(amount, self.STEPS).count == count

    def test_the_last_step_covers_everything(self) -> None:
        """Even when it names a bound of its own."""
        steps = (ConfirmationStep(5, Confirmations("stacks", 1)),)
        assert confirmations_for(6, steps) == Confirmations("stacks", 1)

    @pytest.mark.parametrize(("count", "blocks"), [(0, 0), (1, 0), (2, 1), (6, 5)])
    def test_a_deposits_own_block_is_the_first(self, count: int, blocks: int) -> None:
        assert Confirmations("stacks", count).final_height(10, 4) == 10 + blocks
        assert Confirmations("bitcoin", count).final_height(10, 4) == 4 + blocks

    @given(SATS, SATS)
    def test_more_money_never_needs_fewer_blocks(self, one: int, other: int) -> None:
        less, more = sorted((one, other))
        rank = {"stacks": 0, "bitcoin": 1}

        def depth(amount: int) -> tuple[int, int]:
            found = confirmations_for(amount, StorePolicy().confirmations)
            return rank[found.layer], found.count

        assert depth(less) <= depth(more)


class TestTolerance:
    @given(SATS, st.integers(0, 50_000))
    def test_what_is_due_is_never_more_and_never_nothing(self, amount: int, ppm: int) -> None:
        due = StorePolicy(underpaid_tolerance_ppm=ppm).due_sats(amount)
        assert 0 < due <= amount
        assert (amount - due) * 1_000_000 <= amount * ppm

    @given(st.integers())
    def test_an_amount_is_checked_at_both_ends(self, amount: int) -> None:
        if 1 <= amount <= MAX_SATS:
            assert check_amount(amount) == amount
            return
        with pytest.raises(InvalidParameter) as caught:
            check_amount(amount, param="unit_amount")
        assert caught.value.param == "unit_amount"
        assert caught.value.code == ("amount_too_small" if amount < 1 else "amount_too_large")


class TestReservations:
    def test_all_that_is_left_when_no_amount_is_named(self) -> None:
        part, first = reserve(CHARGE, 300)
        assert reserve(part, None) == (replace(CHARGE, reserved_sats=1_000), 700)
        assert first == 300

    def test_an_excess_can_be_given_back_too(self) -> None:
        assert reserve(replace(CHARGE, overpaid_sats=50), None)[1] == 1_050

    def test_more_than_is_left_is_refused_by_name(self) -> None:
        with pytest.raises(InvalidParameter, match="greater than unrefunded") as caught:
            reserve(replace(CHARGE, reserved_sats=300), 701)
        assert caught.value.param == "amount"

    def test_nothing_is_left_of_what_was_refunded(self) -> None:
        with pytest.raises(InvalidRequest) as caught:
            reserve(replace(CHARGE, reserved_sats=1_000), 1)
        assert caught.value.code == "charge_already_refunded"

    @pytest.mark.parametrize("status", ["pending", "failed"])
    def test_only_final_money_is_given_back(self, status: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            reserve(replace(CHARGE, status=status), 1)  # type: ignore[arg-type]
        assert caught.value.code == "charge_not_refundable"

    @given(SATS, st.integers(0, 1_000), st.lists(st.one_of(st.none(), SATS), max_size=20))
    def test_no_row_of_refunds_exceeds_what_arrived(
        self, amount: int, overpaid: int, wishes: list[int | None]
    ) -> None:
        charge = replace(CHARGE, amount_sats=amount, overpaid_sats=overpaid)
        given_back = 0
        for wish in wishes:
            try:
                charge, sats = reserve(charge, wish)
            except InvalidRequest:
                continue
            assert sats > 0
            given_back += sats
            assert charge.reserved_sats == given_back <= amount + overpaid

    @pytest.mark.parametrize("before", STATUSES)
    @pytest.mark.parametrize("after", STATUSES)
    def test_every_move_of_a_refund(self, before: RefundStatus, after: RefundStatus) -> None:
        refund = replace(REFUND, status=before)
        if before == after or after in MOVES[before]:
            assert advance_refund(refund, after, txid="cc").status == after
            return
        with pytest.raises(StateConflict) as caught:
            advance_refund(refund, after)
        assert caught.value.object_id == refund.id
        assert before in caught.value.message

    def test_the_chain_can_make_any_refund_succeed(self) -> None:
        """A transfer that was mined is mined, whatever was said about it before."""
        assert all("succeeded" in MOVES[status] for status in STATUSES if status != "succeeded")


class TestLedger:
    def test_an_account_is_named_by_owner_mode_asset_and_purpose(self) -> None:
        names = {
            account_id(merchant, livemode, asset, code)
            for merchant in ("acct_1", "acct_2")
            for livemode in (True, False)
            for asset in ("a::a", "b::b")
            for code in ACCOUNTS
        }
        assert len(names) == 2 * 2 * 2 * len(ACCOUNTS)
        assert set(ACCOUNTS) == set(get_args(AccountCode))

    @given(SATS, st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS))
    def test_a_movement_carries_the_whole_deposit(
        self, amount: int, debit: AccountCode, credit: AccountCode
    ) -> None:
        deposit = replace(DEPOSIT, amount=amount, intent_id="pi_1")
        moved = movement(deposit, "deposit_seen", (debit, credit), id="lt_1", now=9)
        assert (moved.amount, moved.asset, moved.intent_id) == (amount, deposit.asset, "pi_1")
        assert (moved.reference, moved.created, moved.livemode) == ("dep_1", 9, True)
        assert moved.debit.endswith(f"/live/{deposit.asset}/{debit}")
        assert moved.credit.endswith(f"/live/{deposit.asset}/{credit}")

    @pytest.mark.parametrize("amount", [0, -1])
    def test_nothing_cannot_move(self, amount: int) -> None:
        with pytest.raises(InvariantBroken):
            movement(
                replace(DEPOSIT, amount=amount),
                "deposit_seen",
                ("payers", "pending"),
                id="lt_1",
                now=9,
            )

    def test_another_token_is_worth_no_sats(self) -> None:
        assert (DEPOSIT.sats, replace(DEPOSIT, is_sbtc=False).sats) == (7, 0)

    def test_a_transfer_has_one_name(self) -> None:
        assert deposit_key("stacks:1", "aa", 2) == "stacks:1/aa/2"

    def test_every_reason_is_a_sentence(self) -> None:
        assert all(text.endswith(".") and text[0].isupper() for text in REASONS.values())


class TestSmallWords:
    def test_a_subscription_wants_what_it_names_or_all(self) -> None:
        for event_type in EVENT_TYPES:
            assert matches(("*",), event_type)
            assert matches((event_type,), event_type)
            assert not matches(("invoice.paid",), event_type)

    @pytest.mark.parametrize(
        ("expires_at", "revoked_at", "usable"),
        [
            (None, None, True),
            (101, None, True),
            (100, None, False),
            (None, 5, False),
            (101, 5, False),
        ],
    )
    def test_a_key_opens_until_it_expires_or_is_revoked(
        self, expires_at: int | None, revoked_at: int | None, usable: bool
    ) -> None:
        key = ApiKey(
            id="key_1",
            hash="h",
            merchant_id="acct_1",
            livemode=False,
            kind="secret",
            hint="sk_test_…abcd",
            created=1,
            expires_at=expires_at,
            revoked_at=revoked_at,
        )
        assert key.usable(100) is usable
