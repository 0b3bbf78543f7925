"""At the door for a node's news: strangers who crowd, shout or wait, and a node that tells megabytes."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugins.chain_stacks.tests.fake_api import FakeChain, FakeTransaction, moved, named_hash
from plugins.chain_stacks.tests.stacks_kit import opened_chain
from plugins.chain_stacks.tests.test_stacks_node_source import told

from stacktill.domain.errors import ConfigError
from stacktill.plugin.pulse import Pulse
from stacktill.testing import FakeClock, plugin_context
from stacktill_chain_stacks import observer
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.journal import Journal
from stacktill_chain_stacks.observer import MOST_CONNECTIONS, serve_observer
from stacktill_chain_stacks.plugin import stacktill_chain
from stacktill_chain_stacks.shortening import LONGEST_TEXT_BYTES, Shortener
from stacktill_chain_stacks.told import read_told_block

TOKEN = "observer-token"
LONG = "x" * (LONGEST_TEXT_BYTES + 1)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ('"', "\\", '\\"', "\n\\", "\u2028\U0001f600", LONG, LONG + '\\"', "\\" * 3_000)
    ),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=20,
)


def shortened(value: Any) -> Any:
    """The value with its long texts emptied, which are those that are long as they are written."""
    if isinstance(value, str):
        return "" if len(json.dumps(value)) - 2 > LONGEST_TEXT_BYTES else value
    if isinstance(value, list):
        return [shortened(one) for one in value]
    if isinstance(value, dict):
        return {name: shortened(one) for name, one in value.items()}
    return value


@given(value=JSON, cuts=st.integers(1, 64))
def test_long_texts_are_emptied_and_nothing_else_changes(value: Any, cuts: int) -> None:
    whole = json.dumps(value).encode()
    shortener = Shortener()
    pieces = [whole[at : at + cuts] for at in range(0, len(whole), cuts)]
    assert json.loads(b"".join(map(shortener.feed, pieces))) == shortened(value)


@given(data=st.binary(max_size=200), cuts=st.integers(1, 9))
def test_no_bytes_break_it(data: bytes, cuts: int) -> None:
    shortener = Shortener()
    pieces = [data[at : at + cuts] for at in range(0, len(data), cuts)]
    assert data.startswith(b"".join(map(shortener.feed, pieces)))


async def test_strangers_who_crowd_the_door_do_not_keep_the_node_out() -> None:
    kept: list[bytes] = []
    async with serve_observer("127.0.0.1:0", TOKEN, Pulse(), keep=kept.append) as port:
        crowd = [
            await asyncio.open_connection("127.0.0.1", port) for _ in range(3 * MOST_CONNECTIONS)
        ]
        for _, writer in crowd:
            writer.write(b"POST /")
        async with httpx.AsyncClient() as client:
            for number in range(3):
                reply = await client.post(
                    f"http://127.0.0.1:{port}/{TOKEN}/new_block", json={"number": number}
                )
                assert reply.status_code == 200
                crowd.append(await asyncio.open_connection("127.0.0.1", port))
        for _, writer in crowd:
            writer.close()
    assert len(kept) == 3


async def test_a_stranger_is_shown_out_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    async with serve_observer("127.0.0.1:0", TOKEN, Pulse(), keep=lambda _: None) as port:
        for _ in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /wrong/new_block HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            assert b" 404 " in await asyncio.wait_for(reader.read(), 5)
            writer.close()
    refusals = [one for one in caplog.records if one.getMessage() == "chain.observer_refused"]
    assert len(refusals) == 1


async def test_megabytes_of_prints_are_kept_in_short() -> None:
    kept: list[bytes] = []
    async with serve_observer("127.0.0.1:0", TOKEN, Pulse(), keep=kept.append) as port:
        events = [{"raw_value": "0x02" + "00" * 1_000_000}] * 40
        async with httpx.AsyncClient(timeout=30) as client:
            reply = await client.post(
                f"http://127.0.0.1:{port}/{TOKEN}/new_block", json={"events": events}
            )
        assert reply.status_code == 200
    assert json.loads(kept[0]) == {"events": [{"raw_value": ""}] * 40}


async def test_what_is_too_large_even_so_does_not_hold_the_node_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(observer, "LARGEST_BODY_BYTES", 10_000)
    kept: list[bytes] = []
    caplog.set_level(logging.ERROR)
    async with (
        serve_observer("127.0.0.1:0", TOKEN, Pulse(), keep=kept.append) as port,
        httpx.AsyncClient() as client,
    ):
        address = f"http://127.0.0.1:{port}/{TOKEN}/new_block"
        assert (await client.post(address, json=["short"] * 100_000)).status_code == 200
        assert (await client.post(address, json=["short"])).status_code == 200
    assert kept == [b'["short"]']
    assert "chain.observer_overfull" in caplog.messages


@pytest.mark.parametrize(
    "token", ["short", "a word with blanks", "a/path/of/words", "dots\u00e9dots" * 3]
)
def test_a_token_that_is_guessed_or_never_heard_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="observer_token"):
        StacksConfig(observer="127.0.0.1:3700", observer_token=token)


def test_a_port_beyond_all_ports_is_refused() -> None:
    with pytest.raises(ValueError, match="observer must be"):
        StacksConfig(observer="127.0.0.1:70000", observer_token=TOKEN)


async def test_a_journal_that_is_none_stops_the_start_in_words(tmp_path: Path) -> None:
    journal = tmp_path / "chain_stacks.sqlite3"
    journal.write_bytes(b"no database" * 1_000)
    with pytest.raises(ConfigError, match="move it away"):
        async with opened_chain(
            tmp_path,
            node="http://127.0.0.1:9",
            observer="127.0.0.1:0",
            observer_token=TOKEN,
            observer_source=True,
        ):
            pass


@pytest.mark.parametrize(
    "apis",
    [("https://a.example", "http://a.example"), ("https://a.example", "https://a.example:8443")],
)
def test_one_host_by_two_ports_does_not_agree_with_itself(apis: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="agreement"):
        StacksConfig(apis=apis, agreement=2)
    StacksConfig(apis=("https://a.example", "https://b.example"), agreement=2)
    with pytest.raises(ValueError, match="agreement"):
        StacksConfig(
            apis=("https://a.example",),
            agreement=2,
            node="https://a.example:20443",
            observer="127.0.0.1:3700",
            observer_token=TOKEN,
            observer_source=True,
        )


async def test_play_money_and_plain_sources_are_told_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened_chain(tmp_path):
        assert "chain.play_money" not in caplog.messages
        assert "chain.source_unencrypted" not in caplog.messages
    config = StacksConfig(network="testnet", apis=("http://api.invalid",), timeout_seconds=0.1)
    context = plugin_context("chain_stacks", config, tmp_path, clock=FakeClock(0), live=True)
    async with stacktill_chain().open(context):
        assert {"chain.play_money", "chain.source_unencrypted"} <= set(caplog.messages)


async def test_a_full_disk_makes_the_node_tell_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chain = FakeChain()
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        connection = journal._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        # SQLite takes the end of its pages for the end of the disk.
        connection.execute(f"PRAGMA max_page_count = {pages}")
        blocks = [chain.mine(crowd(f"crowd {number}")) for number in range(20)]
        async with (
            serve_observer(
                "127.0.0.1:0",
                TOKEN,
                Pulse(),
                keep=lambda body: journal.add(read_told_block(body)),
            ) as port,
            httpx.AsyncClient() as client,
        ):
            address = f"http://127.0.0.1:{port}/{TOKEN}/new_block"
            replies = [(await client.post(address, json=told(one))).status_code for one in blocks]
            assert replies[-1] == 503
            assert "chain.observer_full" in caplog.messages
            connection.execute("PRAGMA max_page_count = 1000000")
            for block, status in zip(blocks, replies, strict=True):
                assert (journal.transfers(block.hash) is not None) == (status == 200)
                assert (await client.post(address, json=told(block))).status_code == 200
                found = journal.transfers(block.hash)
                assert found is not None
                assert len(found) == 50


def crowd(name: str) -> FakeTransaction:
    """A transaction that fills a page of a file."""
    return FakeTransaction(named_hash(name), tuple(moved(number) for number in range(1, 51)))
