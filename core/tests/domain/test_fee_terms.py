"""The platform's fee: by tier, within bounds, and never all of an amount."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.fees import FeeSchedule, FeeTerms
from stacktill.domain.money import MAX_SATS

POINTS = st.integers(0, 1_000)
BOUND = st.one_of(st.none(), st.integers(1, 10_000))


def terms(points: int, least: int = 0, most: int | None = None) -> FeeTerms:
    return FeeTerms(
        tier="t", basis_points=points, recipient="ST-fee", min_sats=least, max_sats=most
    )


@given(amount=st.integers(1, MAX_SATS), points=POINTS, least=st.integers(0, 500), most=BOUND)
def test_a_fee_leaves_something_and_keeps_its_bounds(
    amount: int, points: int, least: int, most: int | None
) -> None:
    fee = terms(points, least, most).fee_sats(amount)
    assert 0 <= fee < amount
    assert most is None or fee <= most
    if points == 0:
        assert fee == 0, "a tier without a share has no least fee"
        return
    assert fee >= min(least, amount - 1) or (most is not None and fee == min(most, amount - 1))


@given(amount=st.integers(2, MAX_SATS), points=POINTS)
def test_without_bounds_it_is_the_share_rounded_down(amount: int, points: int) -> None:
    fee = terms(points).fee_sats(amount)
    assert fee * 10_000 <= amount * points < (fee + 1) * 10_000


@given(amount=st.integers(1, 10**9), more=st.integers(0, 10**9), points=POINTS)
def test_a_greater_amount_never_has_a_smaller_fee(amount: int, more: int, points: int) -> None:
    rule = terms(points, 3, 5_000)
    assert rule.fee_sats(amount) <= rule.fee_sats(amount + more)


@pytest.mark.parametrize(
    ("tier", "livemode", "found"),
    [
        (None, False, "standard"),
        ("charity", False, "charity"),
        ("gone", False, "standard"),
        ("charity", True, None),
    ],
)
def test_a_merchant_has_its_tier_or_the_default_one(
    tier: str | None, livemode: bool, found: str | None
) -> None:
    schedule = FeeSchedule(
        tiers={"standard": 100, "charity": 0},
        default_tier="standard",
        recipients={False: "ST-fee"},
    )
    named = schedule.terms(tier, livemode=livemode)
    assert (None if named is None else named.tier) == found


def test_without_a_default_only_named_tiers_pay() -> None:
    schedule = FeeSchedule(tiers={"paid": 100}, recipients={False: "ST-fee"})
    assert schedule.terms(None, livemode=False) is None
    assert schedule.terms("paid", livemode=False) is not None
    assert FeeSchedule().terms("paid", livemode=False) is None
