"""Integers, whatever is sent for one: the number in both sources, or a refusal in both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.errors import InvalidParameter
from stacktill.web.params import MAXIMUM_AMOUNT_SATS, Amount, Integer, Params


@given(st.integers(-(2**70), 2**70))
def test_integers_read_alike_in_forms_and_json(number: int) -> None:
    """Both sources give the number, or both refuse it."""
    amounts = Params({"amount": Amount()})
    if 1 <= number <= MAXIMUM_AMOUNT_SATS:
        assert amounts.parse({"amount": str(number)}) == {"amount": number}
        assert amounts.parse({"amount": number}, typed=True) == {"amount": number}
        return
    for tree, typed in (({"amount": str(number)}, False), ({"amount": number}, True)):
        with pytest.raises(InvalidParameter) as caught:
            amounts.parse(tree, typed=typed)
        assert caught.value.code == ("amount_too_small" if number < 1 else "amount_too_large")


@given(st.text())
def test_any_text_for_an_integer_is_refused_or_canonical(text: str) -> None:
    """An accepted text is the very one that Python would write for the number."""
    try:
        parsed = Params({"n": Integer()}).parse({"n": text})
    except InvalidParameter:
        return
    assert str(parsed["n"]) == text
