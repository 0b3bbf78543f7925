"""The audit log's chain: whatever is altered, left out, moved or added in between is seen."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.audit import GENESIS, AuditEntry, chained, first_fault

TEXT = st.text(max_size=8)


def draft(id: str, actor: str = "key_1", details: str = "{}") -> AuditEntry:
    return AuditEntry(
        id=id,
        merchant_id="acct_1",
        livemode=False,
        number=0,
        created=1,
        actor=actor,
        action="api_key.created",
        object_id="key_2",
        details=details,
    )


def chain(*drafts: AuditEntry) -> list[AuditEntry]:
    first = chained(drafts[0], None)
    return list(accumulate(drafts[1:], lambda before, item: chained(item, before), initial=first))


@given(st.lists(st.builds(draft, id=TEXT, actor=TEXT, details=TEXT), min_size=1, max_size=6))
def test_a_chain_as_written_is_sound(drafts: list[AuditEntry]) -> None:
    entries = chain(*drafts)
    assert entries[0].previous_hash == GENESIS
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert first_fault(entries) is None
    for cut in range(1, len(entries)):
        assert first_fault(entries[cut:], entries[cut - 1]) is None


CHANGES: dict[str, Any] = {
    "merchant_id": "acct_2",
    "livemode": True,
    "number": 7,
    "created": 2,
    "actor": "operator",
    "action": "api_key.revoked",
    "object_id": "key_3",
    "details": '{"a":1}',
    "previous_hash": "1" * 64,
    "hash": "1" * 64,
    "id": "aud_x",
}


@pytest.mark.parametrize("name", [field.name for field in fields(AuditEntry)])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_no_field_can_be_altered(name: str, place: int) -> None:
    entries = chain(draft("aud_1"), draft("aud_2"), draft("aud_3"))
    entries[place] = replace(entries[place], **{name: CHANGES[name]})
    fault = first_fault(entries)
    assert fault is not None
    assert fault.number == place + 1


def test_a_chain_written_anew_from_the_middle_does_not_fit() -> None:
    """Whoever alters an entry and hashes it again must hash all that follow, and the head differs."""
    entries = chain(draft("aud_1"), draft("aud_2"), draft("aud_3"))
    forged = chained(replace(entries[1], actor="operator"), entries[0])
    fault = first_fault([entries[0], forged, entries[2]])
    assert fault is not None
    assert fault.reason == "it does not follow from the one before"


@given(st.permutations(range(4)))
def test_no_order_but_the_true_one_is_sound(order: list[int]) -> None:
    entries = chain(*(draft(f"aud_{number}") for number in range(4)))
    fault = first_fault(entries[place] for place in order)
    assert (fault is None) == (order == [0, 1, 2, 3])


def test_nothing_can_be_left_out_but_the_end() -> None:
    entries = chain(*(draft(f"aud_{number}") for number in range(4)))
    for place in range(3):
        fault = first_fault(entries[:place] + entries[place + 1 :])
        assert fault is not None
        assert fault.reason == "it is missing"
    assert first_fault(entries[:3]) is None


def test_parts_cannot_flow_into_one_another() -> None:
    one = chained(replace(draft("aud_1"), actor='a","b', action="c"), None)
    other = chained(replace(draft("aud_1"), actor="a", action='b","c'), None)
    assert one.hash != other.hash
