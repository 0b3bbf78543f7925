"""From events to transfers: whatever lies between them, each has its own memo; and fast enough."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plugins.chain_stacks.tests.fake_api import (
    ALICE,
    ASSET,
    BOB,
    Event,
    memo_print,
    moved,
    named_hash,
    node_event,
    printed,
)

from stacktill_chain_stacks.client.events import ApiEvent, NodeEvent
from stacktill_chain_stacks.client.http import NotUnderstood
from stacktill_chain_stacks.client.shapes import Page
from stacktill_chain_stacks.transfers import transfers_of

TXID = named_hash("transaction")
TRANSFERS_PER_SECOND = 20_000
OTHER = "SP000000000000000000002Q6VF78.sbtc-token"

MEMOS = st.one_of(st.none(), st.binary(max_size=34))
# Each part is the events that one call of a token makes, and the transfers that are in them.
PAID = st.builds(
    lambda sats, memo: (
        [moved(sats), *([] if memo is None else [memo_print(memo)])],
        [(ASSET, sats, memo, ALICE, BOB)],
    ),
    st.integers(1, 2**128 - 1),
    MEMOS,
)
# What is minted or burned has no memo, whatever is printed after it.
PEGGED = st.builds(
    lambda sats, kind, memo: (
        [moved(sats, kind=kind), *([] if memo is None else [memo_print(memo)])],
        [(ASSET, sats, None, None if kind == "mint" else ALICE, None if kind == "burn" else BOB)],
    ),
    st.integers(1, 2**128 - 1),
    st.sampled_from(("mint", "burn")),
    MEMOS,
)
LOOKALIKE = st.builds(
    lambda sats, memo: (
        [moved(sats, asset=f"{OTHER}::sbtc-token"), memo_print(memo, contract=OTHER)],
        [(f"{OTHER}::sbtc-token", sats, memo, ALICE, BOB)],
    ),
    st.integers(1, 2**60),
    st.binary(max_size=34),
)
NOISE: st.SearchStrategy[tuple[list[Event], list[Any]]] = st.sampled_from(
    (
        [printed(b"\x09", contract=OTHER)],
        [memo_print(b"somebody else's", contract=OTHER)],
        [{"type": "stx_asset"}],
        [{"type": "nft_asset"}],
        [{"type": "of_tomorrow"}],
    )
).map(lambda events: (events, []))


def decoded(events: list[Event], first: int = 0) -> list[ApiEvent]:
    """Events as the client reads them."""
    numbered: list[dict[str, Any]] = [
        {"event_index": place, **event} for place, event in enumerate(events, first)
    ]
    return msgspec.json.decode(json.dumps(numbered), type=list[ApiEvent])


@settings(max_examples=500, deadline=None)
@given(
    parts=st.lists(st.one_of(PAID, LOOKALIKE, PEGGED, NOISE), max_size=12),
    first=st.integers(0, 999),
)
def test_every_transfer_has_its_own_memo(
    parts: list[tuple[list[Event], list[tuple[Any, ...]]]], first: int
) -> None:
    events = [event for made, _ in parts for event in made]
    found = transfers_of(TXID, decoded(events, first))
    wanted = [transfer for _, expected in parts for transfer in expected]
    told = [(one.asset, one.amount, one.memo, one.sender, one.recipient) for one in found]
    assert told == wanted
    assert len({one.event_index for one in found}) == len(found)
    # Where the source begins to count makes no difference, and neither does whose words they are.
    assert transfers_of(TXID, decoded(events)) == found
    by_node = [node_event(TXID, first + place, event) for place, event in enumerate(events)]
    assert transfers_of(TXID, msgspec.convert(by_node, list[NodeEvent])) == found


@pytest.mark.parametrize(
    ("kind", "change"),
    [("transfer", {"sender": None}), ("mint", {"recipient": None}), ("burn", {"sender": None})],
)
def test_a_movement_of_nobody_is_not_understood(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood, match=kind):
        transfers_of(TXID, decoded([moved(5, kind=kind, **change)]))


def test_an_api_may_leave_the_side_that_is_not_there_empty() -> None:
    for kind, side in (("mint", "sender"), ("burn", "recipient")):
        event = moved(5, kind=kind)
        event["ft_asset"][side] = ""
        (found,) = transfers_of(TXID, decoded([event]))
        assert getattr(found, side) is None


def test_a_hidden_event_parts_a_memo_from_its_transfer() -> None:
    events = decoded([moved(1), memo_print(b"memo")])
    apart = [events[0], msgspec.structs.replace(events[1], event_index=2)]
    assert transfers_of(TXID, apart)[0].memo is None


def test_it_keeps_up_with_any_chain() -> None:
    events = [event for _ in range(50) for event in (moved(50_000), memo_print(b"st" + bytes(32)))]
    numbered = [{"event_index": place, **event} for place, event in enumerate(events)]
    page = {"total": 100, "limit": 100, "cursor": {"next": None}, "results": numbered}
    body = json.dumps(page).encode()
    rates = []
    for _ in range(5):
        before = time.process_time()
        for _ in range(40):
            assert (
                len(transfers_of(TXID, msgspec.json.decode(body, type=Page[ApiEvent]).results))
                == 50
            )
        rates.append(2_000 / (time.process_time() - before))
    assert max(rates) >= TRANSFERS_PER_SECOND, f"{max(rates):.0f} transfers a second"
