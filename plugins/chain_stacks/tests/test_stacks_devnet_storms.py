"""Forks, bad weather and crowds on the local chain: nothing is lost, and nothing is made up."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest
from plugins.chain_stacks.tests.devnet_kit import (
    Devnet,
    Wallet,
    at,
    newest,
    opened_devnet_chain,
)
from plugins.chain_stacks.tests.pegs import answer, answer_many, pegged_in, withdrawal

from stacktill.plugin import Chain, ChainUnavailable
from stacktill_chain_stacks.wire.clarity import (
    Buffer,
    List,
    Nothing,
    Some,
    Tuple,
    UInt,
)
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.post_conditions import Mode
from stacktill_chain_stacks.wire.principals import Principal

pytestmark = pytest.mark.xdist_group("devnet")


# ------------------------------------------------------------------------------------ forks


async def test_a_fork_takes_a_payment_away_and_brings_it_back(
    devnet: Devnet, chain: Chain, wallet: Wallet
) -> None:
    txid = await wallet.pay("alice", devnet.address("merchant"), 77, b"forked")
    devnet.mine()
    old = await chain.tip()
    (before,) = await chain.transfers(old)
    devnet.mine(100, burn_every=10)
    devnet.order("reorg", depth=(await chain.tip()).height - old.height + 1)
    assert (await chain.tip()).height == old.height - 1
    with pytest.raises(ChainUnavailable):
        await chain.transfers(old)
    assert devnet.mine() == {txid: "success"}
    new = await chain.tip()
    assert new.hash != old.hash
    assert new.parent_hash == old.parent_hash
    assert await chain.transfers(new) == (before,)


async def test_a_fork_may_lose_a_payment(devnet: Devnet, chain: Chain, wallet: Wallet) -> None:
    await wallet.pay("alice", devnet.address("merchant"), 78, b"lost")
    devnet.mine()
    devnet.order("reorg", depth=1, lose=True, mine=2)
    assert await newest(chain, 2) == []


# ------------------------------------------------------------------------------------ weather


@pytest.mark.parametrize(
    "mode",
    [
        "error",
        "unavailable",
        "rate_limit",
        "garbage",
        "html",
        "empty",
        "wrong_shape",
        "truncated",
        "close",
        "hang",
        "slow",
        "drip",
    ],
)
async def test_bad_weather_is_told_and_passes(
    devnet: Devnet, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stacktill_chain_stacks.client.pace.SECONDS_WHILE_FAILING", 0)
    async with opened_devnet_chain(devnet, tmp_path, timeout_seconds=1) as (chain, clock):
        tip = await chain.tip()
        devnet.order("faults", mode=mode, paths="^/extended")
        with pytest.raises(ChainUnavailable):
            await chain.tip()
        with pytest.raises(ChainUnavailable):
            await chain.transfers(tip)
        assert not (await chain.health()).ok
        devnet.heal()
        pace = chain._source._sources[0]._api._http.pace  # type: ignore[attr-defined]
        pace._closed_until = float("-inf")
        assert await chain.tip() == tip
        assert clock.now() >= tip.time


async def test_a_frozen_source_looks_like_a_standstill(devnet: Devnet, tmp_path: Path) -> None:
    async with opened_devnet_chain(devnet, tmp_path) as (chain, clock):
        devnet.order("faults", mode="frozen", paths="^/extended")
        tip = await chain.tip()
        devnet.mine(3)
        assert await chain.tip() == tip
        clock.advance(700)
        assert chain.stalled(await chain.tip(), clock.now())
        devnet.heal()
        assert (await chain.tip()).height == tip.height + 3


# ------------------------------------------------------------------------------------ all of it


async def test_not_a_sat_is_missed_in_a_crowd(devnet: Devnet, chain: Chain, wallet: Wallet) -> None:
    chance = random.Random(4)
    names = ("alice", "bob", "carol", "merchant", "platform")
    before = {name: await _held(wallet, name) for name in names}
    first = (await chain.tip()).height + 1
    for _ in range(8):
        for name in names[:3]:
            for _ in range(chance.randint(0, 6)):
                await _anything(devnet, wallet, name, chance)
        devnet.mine(chance.randint(1, 2), burn=chance.random() < 0.3)
    devnet.mine()
    moved: Counter[tuple[str | None, str]] = Counter()
    for height in range(first, (await chain.tip()).height + 1):
        for transfer in await chain.transfers(await at(chain, height)):
            assert transfer.asset in (chain.sbtc_asset, chain.sbtc_locked_asset)
            moved[transfer.sender, transfer.asset] -= transfer.amount
            moved[transfer.recipient, transfer.asset] += transfer.amount
    for name in names:
        free, locked = await _held(wallet, name)
        assert free - before[name][0] == moved[devnet.address(name), chain.sbtc_asset]
        locked_asset = str(chain.sbtc_locked_asset)
        assert locked - before[name][1] == moved[devnet.address(name), locked_asset]
    assert any(moved.values())


async def _anything(devnet: Devnet, wallet: Wallet, who: str, chance: random.Random) -> None:
    """A transfer that works, one that fails, or several at once."""
    sats = chance.choice((1, 2, 546, 10_000, 2**55))
    memo = chance.choice((None, b"", b"same", chance.randbytes(34)))
    to = Principal.parse(devnet.address(chance.choice(("merchant", "platform"))))
    sender = Principal.parse(devnet.address(who))
    if chance.random() < 0.4:
        await wallet.send(who, _any_peg(devnet, str(to), chance), mode=Mode.ALLOW)
        return
    told = Nothing() if memo is None else Some(Buffer(memo))
    if chance.random() < 0.5:
        call = Call(devnet.asset.contract, "transfer", (UInt(sats), sender, to, told))
    else:
        part = Tuple({"amount": UInt(sats), "sender": sender, "to": to, "memo": told})
        call = Call(devnet.asset.contract, "transfer-many", (List((part,) * 2),))
    mode = chance.choice((Mode.ALLOW, Mode.ALLOW, Mode.DENY))
    await wallet.send(who, call, mode=mode)


def _any_peg(devnet: Devnet, to: str, chance: random.Random) -> Call:
    """A mint, the beginning of a withdrawal, or the end of one or of some, if there are such."""
    sats, fee = chance.randrange(600, 9_000), chance.choice((0, 80, 200))
    requests = {chance.randrange(1, 12): chance.choice((fee, None)) for _ in range(2)}
    return chance.choice(
        (
            pegged_in(devnet, to, sats, chance.randbytes(32)),
            withdrawal(devnet, sats, 200),
            *(answer(devnet, *one) for one in requests.items()),
            answer_many(devnet, requests),
        )
    )


async def _held(wallet: Wallet, name: str) -> tuple[int, int]:
    """What somebody can spend, and what withdrawals hold."""
    return (
        await wallet.balance(name, "get-balance-available"),
        await wallet.balance(name, "get-balance-locked"),
    )


# ------------------------------------------------------------------------------------ own node


async def test_the_node_tells_what_the_api_tells(
    devnet: Devnet, wallet: Wallet, tmp_path: Path, unused_tcp_port: int
) -> None:
    settings = {
        "node": devnet.url,
        "observer": f"127.0.0.1:{unused_tcp_port}",
        "observer_token": "observer-token",
        "observer_source": True,
        "agreement": 2,
    }
    url = f"http://127.0.0.1:{unused_tcp_port}/observer-token"
    chance = random.Random(7)
    async with opened_devnet_chain(devnet, tmp_path, **settings) as (chain, _):
        devnet.order("observers", url=url)
        try:
            await asyncio.to_thread(devnet.mine)
            for _ in range(4):
                for name in ("alice", "bob", "carol"):
                    await _anything(devnet, wallet, name, chance)
                await asyncio.to_thread(devnet.mine)
            await asyncio.to_thread(devnet.order, "observers/settle")
            first = (await chain.tip()).height - 3
            found = [len(await chain.transfers(await at(chain, first + step))) for step in range(4)]
            assert any(found)
            await asyncio.to_thread(devnet.order, "reorg", depth=3, mine=4)
            await asyncio.to_thread(devnet.order, "observers/settle")
            assert (await chain.tip()).height == first + 4
            await chain.transfers(await at(chain, first + 1))
        finally:
            devnet.forget(url)
