"""Sources that fail, lie or dawdle: the client says so, leaves them alone for a while, and comes back."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from plugins.chain_stacks.tests.fake_api import (
    Answer,
    FakeTransaction,
    Request,
    as_json,
    memo_print,
    moved,
    named_hash,
)
from plugins.chain_stacks.tests.stacks_kit import Opened, opened_chain

from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks.client.pace import Pace

PAID = FakeTransaction(named_hash("paid"), (moved(5), memo_print(b"memo")))


@pytest.fixture
async def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened]:
    # How patient it is has tests of its own; these need not wait.
    monkeypatch.setattr("stacktill_chain_stacks.client.pace.SECONDS_WHILE_FAILING", 0)
    async with opened_chain(tmp_path, timeout_seconds=0.3) as found:
        found.node.mine(PAID)
        yield found


def changed(answer: Answer, **values: Any) -> Answer:
    """The answer with some of its JSON replaced."""
    return replace(answer, body=json.dumps({**json.loads(answer.body), **values}).encode())


def in_results(answer: Answer, **values: Any) -> Answer:
    """The list with something replaced in each entry."""
    told = json.loads(answer.body)
    if "results" in told:
        told["results"] = [{**entry, **values} for entry in told["results"]]
    return replace(answer, body=json.dumps(told).encode())


FAULTS: dict[str, Callable[[Request, Answer], Answer]] = {
    "closes": lambda _, answer: replace(answer, raw=b""),
    "no http": lambda _, answer: replace(answer, raw=b"\x00\xff garbage\r\n\r\n"),
    "cuts off": lambda _, answer: replace(answer, cut=True),
    "hangs": lambda _, answer: replace(answer, delay_seconds=5),
    "500": lambda *_: Answer(500, b"oops"),
    "503": lambda *_: Answer(503),
    "401": lambda *_: Answer(401, b"no key"),
    "429": lambda *_: Answer(429, headers=(("retry-after", "1"),)),
    "redirects": lambda *_: Answer(302, headers=(("location", "http://127.0.0.1:9/"),)),
    "a page": lambda *_: Answer(200, b"<html>maintenance</html>"),
    "nothing": lambda *_: Answer(200, b""),
    "null": lambda *_: Answer(200, b"null"),
    "a list": lambda *_: Answer(200, b"[]"),
    "no utf-8": lambda *_: Answer(200, b'{"height": "\xff"}'),
    "deep": lambda *_: Answer(200, b'{"results":' + b"[" * 100_000),
    "compresses": lambda _, answer: Answer(
        200, gzip.compress(answer.body), (("content-encoding", "gzip"),)
    ),
    "too long": lambda _, answer: replace(
        answer, raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b" " * 17_000_000
    ),
    "other types": lambda _, answer: changed(answer, height="3", tx_id=5, total="1"),
    "negative": lambda _, answer: changed(answer, height=-1, total=-1),
    "huge numbers": lambda _, answer: changed(answer, height=10**30, total=10**30),
    "bad hashes": lambda _, answer: changed(answer, index_block_hash="0xzz", total=None),
    "not canonical": lambda _, answer: changed(answer, canonical=False, total=99),
    "shorter lists": lambda _, answer: changed(answer, results=[], tx_count=9, height=1),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_every_fault_is_unavailable_and_heals(opened: Opened, name: str) -> None:
    tip = await opened.chain.tip()
    good = await opened.chain.transfers(tip)
    opened.api.fault = FAULTS[name]
    with pytest.raises(ChainUnavailable):
        await opened.chain.transfers(tip)
    if name != "shorter lists":
        with pytest.raises(ChainUnavailable):
            await opened.chain.tip()
        assert not (await opened.chain.health()).ok
    opened.api.fault = None
    await heal(opened)
    assert await opened.chain.transfers(tip) == good
    assert await opened.chain.tip() == tip


async def heal(opened: Opened) -> None:
    """Forget that the sources ever failed, instead of waiting."""
    for source in opened.chain._source._sources:  # type: ignore[attr-defined]
        pace = source._api._http.pace
        pace.failures, pace._closed_until = 0, float("-inf")


WRONG_LISTS: dict[str, Callable[[Answer], Answer]] = {
    "of another block": lambda answer: in_results(
        answer, block={"height": 3, "index_hash": "0x" + "ab" * 32, "tx_index": 0}
    ),
    "of no block": lambda answer: in_results(answer, block=None),
    "with one too few": lambda answer: changed(answer, results=[], total=0),
    "with one twice": lambda answer: changed(
        answer, results=json.loads(answer.body)["results"] * 2, total=2
    ),
    "with a total that lies": lambda answer: changed(answer, total=2),
    "that never ends": lambda answer: changed(answer, total=10**9, cursor={"next": "0:0:0"}),
}


@pytest.mark.parametrize("name", WRONG_LISTS)
async def test_a_list_that_does_not_add_up_is_refused(opened: Opened, name: str) -> None:
    tip = await opened.chain.tip()

    def fault(request: Request, answer: Answer) -> Answer:
        return WRONG_LISTS[name](answer) if "/v3/blocks/" in request.path else answer

    opened.api.fault = fault
    with pytest.raises(ChainUnavailable):
        await opened.chain.transfers(tip)


@pytest.mark.parametrize(
    "values",
    [
        {"ft_asset": {"type": "transfer", "asset_identifier": "a", "amount": "1"}},
        {"ft_asset": {"type": "transfer", "asset_identifier": "a", "amount": "-1"}},
        {"ft_asset": {"type": "transfer", "asset_identifier": "a", "amount": 1}},
        {"ft_asset": {"type": "given", "asset_identifier": "a", "amount": "1"}},
        {"event_index": 4},
    ],
)
async def test_an_event_that_makes_no_sense_is_refused(
    opened: Opened, values: dict[str, Any]
) -> None:
    tip = await opened.chain.tip()
    opened.api.fault = lambda request, answer: (
        in_results(answer, **values) if request.path.endswith("/events") else answer
    )
    with pytest.raises(ChainUnavailable):
        await opened.chain.transfers(tip)


async def test_the_key_goes_to_the_apis_and_nothing_else_does(tmp_path: Path) -> None:
    async with opened_chain(tmp_path, api_key="secret-key") as opened:
        await opened.chain.tip()
        assert {one.headers["x-api-key"] for one in opened.api.requests} == {"secret-key"}
        assert {one.headers["accept-encoding"] for one in opened.api.requests} == {"identity"}


async def test_what_is_unchanged_is_not_sent_again(opened: Opened) -> None:
    opened.api.etag = True
    first = await opened.chain.tip()
    assert await opened.chain.tip() == first
    assert "if-none-match" in opened.api.requests[-1].headers
    opened.node.mine()
    assert (await opened.chain.tip()).height == first.height + 1


async def test_a_wrong_question_does_not_shut_the_source_up(opened: Opened) -> None:
    tip = await opened.chain.tip()
    opened.api.fault = lambda *_: Answer(400, b"malformed")
    for _ in range(20):
        with pytest.raises(ChainUnavailable, match="malformed"):
            await opened.chain.transfers(tip)
    opened.api.fault = None
    assert await opened.chain.tip() == tip


async def test_a_304_that_nobody_asked_for_is_refused(opened: Opened) -> None:
    opened.api.fault = lambda *_: Answer(304)
    with pytest.raises(ChainUnavailable):
        await opened.chain.tip()


async def test_a_till_starts_while_the_source_is_down_and_checks_it_later(tmp_path: Path) -> None:
    async with opened_chain(tmp_path) as opened:
        source = opened.chain._source._sources[0]  # type: ignore[attr-defined]
        source._known = False
        opened.api.fault = FAULTS["503"]
        with pytest.raises(ChainUnavailable):
            await opened.chain.tip()
        opened.api.fault = None
        opened.api.network_id = 0x80000000
        await heal(opened)
        with pytest.raises(ChainUnavailable, match="network"):
            await opened.chain.tip()
        opened.api.network_id = 1
        await heal(opened)
        assert (await opened.chain.tip()).height == 2


# ------------------------------------------------------------------------------------ pace


class Time:
    """A time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("stacktill_chain_stacks.client.pace.asyncio.sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


async def test_a_limit_is_kept(time: Time) -> None:
    pace = Pace("api", 60, now=lambda: time.now)
    for _ in range(126):
        await pace.turn()
        pace.worked()
    assert time.now - 1000 >= 119


async def test_without_a_limit_nothing_waits(time: Time) -> None:
    pace = Pace("api", 0, now=lambda: time.now)
    for _ in range(1000):
        await pace.turn()
        pace.worked()
    assert time.now == 1000


async def test_a_failing_source_is_asked_once_a_second_then_not_at_all(time: Time) -> None:
    pace = Pace("api", 0, now=lambda: time.now)
    asked = []
    while time.now < 1600:
        try:
            await pace.turn()
        except ChainUnavailable:
            time.now += 0.25
            continue
        asked.append(time.now)
        pace.failed()
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert min(gaps) >= 1
    assert max(gaps) <= 75
    assert len(asked) < 30


async def test_one_answer_closes_the_circuit(time: Time) -> None:
    pace = Pace("api", 0, now=lambda: time.now)
    for _ in range(5):
        await pace.turn()
        pace.failed()
    with pytest.raises(ChainUnavailable, match="5 times"):
        await pace.turn()
    time.now += 10
    await pace.turn()
    pace.worked()
    before = time.now
    await pace.turn()
    assert time.now == before


async def test_retry_after_is_heeded_but_not_for_ever(time: Time) -> None:
    pace = Pace("api", 0, now=lambda: time.now)
    await pace.turn()
    pace.failed(30)
    with pytest.raises(ChainUnavailable):
        await pace.turn()
    time.now += 31
    await pace.turn()
    pace.failed(10**9)
    time.now += 301
    await pace.turn()


# ------------------------------------------------------------------------------------ agreement


async def test_the_next_source_answers_for_one_that_is_down(tmp_path: Path) -> None:
    async with opened_chain(tmp_path, sources=2) as opened:
        tip = opened.node.mine(PAID)
        opened.api.fault = FAULTS["503"]
        assert (await opened.chain.tip()).hash == tip.hash
        assert len(await opened.chain.transfers(await opened.chain.tip())) == 1
        opened.apis[1].fault = FAULTS["503"]
        with pytest.raises(ChainUnavailable):
            await opened.chain.tip()


async def test_money_counts_when_enough_sources_tell_the_same(tmp_path: Path) -> None:
    def lies(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("/events"):
            return answer
        return Answer(200, answer.body.replace(b'"amount": "5"', b'"amount": "500000"'))

    async with opened_chain(tmp_path, sources=3, agreement=2) as opened:
        opened.node.mine(PAID)
        tip = await opened.chain.tip()
        opened.api.fault = lies
        (transfer,) = await opened.chain.transfers(tip)
        assert transfer.amount == 5
        opened.apis[1].fault = FAULTS["503"]
        with pytest.raises(ChainUnavailable, match="agree"):
            await opened.chain.transfers(tip)


async def test_a_source_that_invents_blocks_is_outvoted(tmp_path: Path) -> None:
    async with opened_chain(tmp_path, sources=3, agreement=2) as opened:
        tip = opened.node.mine()
        invented = {"height": tip.height + 5, "index_block_hash": "0x" + "ab" * 32}
        opened.api.fault = lambda request, answer: (
            changed(answer, **invented) if request.path.endswith("latest") else answer
        )
        assert (await opened.chain.tip()).hash == tip.hash


async def test_a_source_that_lags_holds_nobody_up(tmp_path: Path) -> None:
    async with opened_chain(tmp_path, sources=3, agreement=2) as opened:
        old = (await opened.chain.tip()).height
        opened.node.mine()
        opened.node.mine()
        body = json.loads(opened.api._found(_asking(f"/extended/v2/blocks/{old}")).body)
        opened.api.fault = lambda request, answer: (
            as_json(body) if request.path.endswith("latest") else answer
        )
        assert (await opened.chain.tip()).height == old + 2


def _asking(path: str) -> Request:
    return Request("GET", path, {}, {}, b"")
