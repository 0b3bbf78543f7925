"""Strangers who put anything on the chain, and sources that answer anything: none stops or bloats a till."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from plugins.chain_stacks.tests.fake_api import (
    Answer,
    FakeTransaction,
    Request,
    as_json,
    memo_print,
    moved,
    named_hash,
    printed,
)
from plugins.chain_stacks.tests.stacks_kit import Opened, opened_chain

from stacktill.plugin import ChainUnavailable, PartlyUnread
from stacktill_chain_stacks.client.api import MOST_EVENTS

STRANGER = "SP000000000000000000002Q6VF78.anything"
TXID = named_hash("transaction")
MEGABYTE = b"\x02" + (1_000_000).to_bytes(4, "big") + bytes(1_000_000)
ODD_PRINTS = {
    "nothing": b"",
    "of tomorrow": b"\xff",
    "no text": b"\x0e\x00\x00\x00\x01\xff",
    "deep": b"\x0a" * 38 + b"\x09",
    "empty tuple": b"\x0c\x00\x00\x00\x00",
    "no address": b"\x05\xff" + bytes(20),
    "no name": b"\x06\x16" + bytes(20) + b"\x0b__transient",
}


@pytest.fixture
async def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened]:
    monkeypatch.setattr("stacktill_chain_stacks.client.pace.SECONDS_WHILE_FAILING", 0)
    async with opened_chain(tmp_path, timeout_seconds=20) as found:
        yield found


async def seen(opened: Opened) -> list[tuple[int, bytes | None]]:
    """Amount and memo of each transfer in the newest block."""
    found = await opened.chain.transfers(await opened.chain.tip())
    return [(one.amount, one.memo) for one in found]


@pytest.mark.parametrize("name", ODD_PRINTS)
async def test_whatever_a_strangers_token_prints_stops_nobody(opened: Opened, name: str) -> None:
    strange = moved(1, asset=f"{STRANGER}::token"), printed(ODD_PRINTS[name], contract=STRANGER)
    opened.node.mine(FakeTransaction(TXID, (*strange, moved(7), memo_print(b"honest"))))
    assert await seen(opened) == [(1, None), (7, b"honest")]


async def test_megabytes_of_prints_are_read_in_smaller_pages(opened: Opened) -> None:
    shouts = [printed(MEGABYTE, contract=STRANGER)] * 12
    opened.node.mine(FakeTransaction(TXID, (*shouts, moved(7), memo_print(b"honest"), *shouts)))
    assert await seen(opened) == [(7, b"honest")]
    limits = [int(one.query["limit"]) for one in opened.api.requests if "limit" in one.query]
    assert min(limits) == 1


async def test_pages_without_an_end_are_not_gathered(opened: Opened) -> None:
    pages = 0

    def endless(request: Request, answer: Answer) -> Answer:
        nonlocal pages
        if "/v3/blocks/" not in request.path:
            return answer
        pages += 1
        entry = {"tx_id": f"0x{TXID}", "type": "x", "status": "success"}
        entries = [{**entry, "sender": {"address": "S" * 300, "nonce": 1}}] * 5_000
        return as_json({"total": 2**61, "cursor": {"next": str(pages)}, "results": entries})

    opened.api.fault = endless
    tip = await opened.chain.tip()
    tracemalloc.start()
    try:
        with pytest.raises(ChainUnavailable):
            await opened.chain.transfers(tip)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert pages == 1


async def test_cookies_are_not_kept(opened: Opened) -> None:
    cookies = tuple(("set-cookie", f"name{number}={'x' * 500}") for number in range(50))
    opened.api.fault = lambda _, answer: replace(answer, headers=cookies)
    for _ in range(3):
        await opened.chain.tip()
    assert "cookie" not in opened.api.requests[-1].headers


@pytest.mark.parametrize("tag", ["\u00ff\u00fe", "x" * 5_000])
async def test_an_etag_that_no_header_holds_is_not_sent_back(opened: Opened, tag: str) -> None:
    opened.api.fault = lambda _, answer: replace(answer, headers=(("etag", tag),))
    first = await opened.chain.tip()
    assert await opened.chain.tip() == first
    assert "if-none-match" not in opened.api.requests[-1].headers


def crowd(name: str, events: int) -> FakeTransaction:
    """A transaction of so many events."""
    return FakeTransaction(named_hash(name), (printed(b"\x03", contract=STRANGER),) * events)


async def test_more_events_than_anybody_reads_hide_no_other_payment(opened: Opened) -> None:
    opened.node.mine(
        crowd("crowd", MOST_EVENTS + 1), FakeTransaction(TXID, (moved(7), memo_print(b"honest")))
    )
    with pytest.raises(PartlyUnread) as told:
        await seen(opened)
    assert [one.memo for one in told.value.transfers] == [b"honest"]
    assert told.value.unread == (named_hash("crowd"),)
    # It was known by its first page.
    asked = [one for one in opened.api.requests if named_hash("crowd") in one.path]
    assert len(asked) == 1


async def test_a_crowd_of_megabytes_does_not_shut_the_source_up(opened: Opened) -> None:
    shouts = (printed(MEGABYTE, contract=STRANGER),) * 9
    loud = [FakeTransaction(named_hash("loud", number), shouts) for number in range(8)]
    opened.node.mine(*loud, FakeTransaction(TXID, (moved(7), memo_print(b"honest"))))
    assert await seen(opened) == [(7, b"honest")]


async def test_what_nobody_understands_is_named(opened: Opened) -> None:
    opened.node.mine(
        crowd("odd", 1), FakeTransaction(TXID, (moved(7), memo_print(b"honest"))), crowd("even", 1)
    )

    def odd(request: Request, answer: Answer) -> Answer:
        return Answer(200, b"[]") if named_hash("odd") in request.path else answer

    opened.api.fault = odd
    with pytest.raises(PartlyUnread) as told:
        await seen(opened)
    assert told.value.unread == (named_hash("odd"),)
    assert len(told.value.transfers) == 1


async def test_a_source_that_reads_more_goes_before_one_that_reads_less(tmp_path: Path) -> None:
    async with opened_chain(tmp_path, sources=2) as opened:
        opened.node.mine(crowd("odd", 1), FakeTransaction(TXID, (moved(7), memo_print(b"honest"))))
        opened.api.fault = lambda request, answer: (
            Answer(200, b"[]") if named_hash("odd") in request.path else answer
        )
        assert await seen(opened) == [(7, b"honest")]
        opened.apis[1].fault = lambda *_: Answer(500)
        with pytest.raises(PartlyUnread):
            await seen(opened)


async def test_one_of_three_cannot_make_the_others_blind(tmp_path: Path) -> None:
    def blind(request: Request, answer: Answer) -> Answer:
        return Answer(200, b"[]") if request.path.endswith("/events") else answer

    async with opened_chain(tmp_path, sources=3, agreement=2) as opened:
        opened.node.mine(FakeTransaction(TXID, (moved(7), memo_print(b"honest"))))
        opened.api.fault = blind
        assert await seen(opened) == [(7, b"honest")]
        opened.apis[1].fault = blind
        # Now only one says what it was, which is too few: it is nobody's yet.
        with pytest.raises(PartlyUnread) as told:
            await seen(opened)
        assert (told.value.transfers, told.value.unread) == ((), (TXID,))


async def test_one_of_three_that_dawdles_does_not_set_the_pace(tmp_path: Path) -> None:
    async with opened_chain(tmp_path, sources=3, agreement=2, timeout_seconds=30) as opened:
        opened.node.mine(FakeTransaction(TXID, (moved(7), memo_print(b"honest"))))
        opened.api.fault = lambda _, answer: replace(answer, delay_seconds=20)
        before = time.monotonic()
        assert await seen(opened) == [(7, b"honest")]
        assert await opened.chain.block(1) is not None
        assert time.monotonic() - before < 10


async def test_a_liar_and_one_that_lags_leave_the_block_below(tmp_path: Path) -> None:
    """The liar alone shows what the others do not: they agree about a block less."""
    async with opened_chain(tmp_path, sources=3, agreement=2) as opened:
        behind = opened.node.blocks[-1]
        opened.node.mine()
        invented = {"height": behind.height + 1, "index_block_hash": "0x" + "ab" * 32}
        opened.apis[0].fault = lambda request, answer: (
            replace(answer, body=json.dumps({**json.loads(answer.body), **invented}).encode())
            if request.path.endswith(("latest", f"/{behind.height + 1}"))
            else answer
        )
        below = json.dumps(opened.apis[1]._told_block(behind)).encode()

        def lagging(request: Request, answer: Answer) -> Answer:
            if request.path.endswith("latest"):
                return Answer(200, below)
            return Answer(404) if request.path.endswith(f"/{behind.height + 1}") else answer

        opened.apis[1].fault = lagging
        assert (await opened.chain.tip()).hash == behind.hash


@pytest.mark.parametrize("status", [500, 502, 403])
async def test_what_is_too_much_for_a_host_hides_no_other_payment(
    opened: Opened, status: int
) -> None:
    payment = FakeTransaction(TXID, (moved(7), memo_print(b"honest")))
    opened.node.mine(*[crowd(f"heavy {number}", 1) for number in range(8)], payment)
    opened.api.fault = lambda request, answer: (
        answer if TXID in request.path or not request.path.endswith("/events") else Answer(status)
    )
    with pytest.raises(PartlyUnread) as told:
        await seen(opened)
    assert [one.memo for one in told.value.transfers] == [b"honest"]
    assert len(told.value.unread) == 8


async def test_a_heavy_transaction_is_read_in_smaller_pages(opened: Opened) -> None:
    opened.node.mine(FakeTransaction(TXID, (moved(7), memo_print(b"honest"))))
    opened.api.fault = lambda request, answer: (
        Answer(504) if request.query.get("limit") == "100" else answer
    )
    assert await seen(opened) == [(7, b"honest")]


async def test_a_host_that_shows_no_events_at_all_is_at_fault_itself(opened: Opened) -> None:
    opened.node.mine(crowd("one", 1), crowd("two", 1))
    opened.api.fault = lambda request, answer: (
        Answer(500) if request.path.endswith("/events") else answer
    )
    with pytest.raises(ChainUnavailable) as told:
        await seen(opened)
    assert not isinstance(told.value, PartlyUnread)
    opened.api.fault = lambda *_: Answer(500)
    with pytest.raises(ChainUnavailable):
        await seen(opened)
