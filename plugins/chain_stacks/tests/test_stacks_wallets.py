"""What payers' wallets are asked to sign, on the local chain: bytes, balances, fates and limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plugins.chain_stacks.tests.devnet_kit import (
    Devnet,
    Wallet,
    opened_devnet_chain,
    opened_wallet,
    started_devnet,
)

from stacktill.domain.errors import ConfigError
from stacktill.plugin import Chain, WalletCall, WalletDesk, WalletOrder, wallet_desk
from stacktill.testing import FakeClock
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.spending import Allowance
from stacktill_chain_stacks.wallets import Wallets
from stacktill_chain_stacks.wire.clarity import Bool
from stacktill_chain_stacks.wire.decoding import decode_value
from stacktill_chain_stacks.wire.payloads import Call, StxTransfer
from stacktill_chain_stacks.wire.post_conditions import TokenCondition, read_post_condition
from stacktill_chain_stacks.wire.principals import Principal
from stacktill_chain_stacks.wire.reader import Reader

pytestmark = pytest.mark.xdist_group("devnet")

MEMO = b"a memo"
NAME = b"0123456789abcdef"


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with started_devnet() as running:
        yield running


@pytest.fixture
async def wallet(devnet: Devnet) -> AsyncIterator[Wallet]:
    async with opened_wallet(devnet) as opened:
        yield opened


@pytest.fixture
async def opened(devnet: Devnet, tmp_path: Path) -> AsyncIterator[tuple[Chain, FakeClock]]:
    settings = {
        "payment_modes": ("pay", "transfer"),
        "pay_contract": devnet.contracts["pay"],
        "signing_key": devnet._accounts["gateway"]["private_key"],
    }
    async with opened_devnet_chain(devnet, tmp_path, **settings) as chain:
        yield chain


def desk_of(chain: Chain) -> WalletDesk:
    desk = wallet_desk(chain)
    assert desk is not None
    assert desk.network == "testnet"
    return desk


def order(devnet: Devnet, sats: int = 10_000, **more: object) -> WalletOrder:
    known = WalletOrder(
        recipient=devnet.address("merchant"),
        amount_sats=sats,
        memo=MEMO,
        name=NAME,
        closes_at=devnet.tip_time() + 900,
    )
    return replace(known, **more)  # type: ignore[arg-type]


async def signed(wallet: Wallet, who: str, call: WalletCall, **more: Any) -> str:
    """Sign a call as it was prepared, and send it; ``more`` are nonce and fee."""
    values = tuple(decode_value(bytes.fromhex(one)) for one in call.arguments)
    bounds = [read_post_condition(Reader(bytes.fromhex(one))) for one in call.post_conditions]
    assert all(isinstance(bound, TokenCondition) for bound in bounds)
    called = Call(Principal.parse(call.contract), call.function, values)
    return await wallet.send(who, called, *bounds, **more)


async def moved(chain: Chain) -> list[tuple[str | None, int, bytes | None]]:
    """What the newest block moved, to whom."""
    found = await chain.transfers(await chain.tip())
    return [(one.recipient, one.amount, one.memo) for one in found]


async def test_a_plain_transfer_is_prepared(devnet: Devnet, wallet: Wallet, tmp_path: Path) -> None:
    async with opened_devnet_chain(devnet, tmp_path) as (chain, _):
        call = await desk_of(chain).call(order(devnet), devnet.address("alice"))
        assert (call.contract, call.function) == (devnet.sbtc, "transfer")
        txid = await signed(wallet, "alice", call)
        assert devnet.mine() == {txid: "success"}
        assert await moved(chain) == [(devnet.address("merchant"), 10_000, MEMO)]


async def test_a_fee_moves_right_behind_the_payment(
    devnet: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    async with opened_devnet_chain(devnet, tmp_path) as (chain, _):
        split = order(devnet, fee_sats=100, fee_recipient=devnet.address("platform"))
        call = await desk_of(chain).call(split, devnet.address("alice"))
        assert call.function == "transfer-many"
        txid = await signed(wallet, "alice", call)
        assert devnet.mine() == {txid: "success"}
        assert await moved(chain) == [
            (devnet.address("merchant"), 9_900, MEMO),
            (devnet.address("platform"), 100, MEMO),
        ]


@pytest.mark.parametrize("fee_sats", [0, 100])
async def test_terms_are_signed_for_the_contract(
    devnet: Devnet, wallet: Wallet, opened: tuple[Chain, FakeClock], fee_sats: int
) -> None:
    chain, _ = opened
    name = bytes([fee_sats]) * 16
    wish = order(devnet, fee_sats=fee_sats, fee_recipient=devnet.address("platform"), name=name)
    call = await desk_of(chain).call(wish, devnet.address("bob"))
    assert (call.contract, call.function) == (devnet.contracts["pay"], "pay")
    txid = await signed(wallet, "bob", call)
    assert devnet.mine() == {txid: "success"}
    parts = [("merchant", 10_000 - fee_sats), ("platform", fee_sats)]
    assert await moved(chain) == [(devnet.address(to), sats, name) for to, sats in parts if sats]


async def test_a_paused_contract_is_passed_by(
    devnet: Devnet, wallet: Wallet, opened: tuple[Chain, FakeClock]
) -> None:
    chain, clock = opened
    contract = Principal.parse(devnet.contracts["pay"])
    payer = devnet.address("carol")
    desk = desk_of(chain)
    assert (await desk.call(order(devnet), payer)).function == "pay"
    await wallet.send("deployer", Call(contract, "set-paused", (Bool(True),)))
    devnet.mine()
    try:
        assert (await desk.call(order(devnet), payer)).function == "pay", "asked once a minute"
        clock.advance(61)
        assert (await desk.call(order(devnet), payer)).function == "transfer"
    finally:
        await wallet.send("deployer", Call(contract, "set-paused", (Bool(False),)))
        devnet.mine()
    clock.advance(61)
    assert (await desk.call(order(devnet), payer)).function == "pay"


async def test_a_purse_is_what_can_be_spent(devnet: Devnet, wallet: Wallet, tmp_path: Path) -> None:
    async with opened_devnet_chain(devnet, tmp_path) as (chain, _):
        desk = desk_of(chain)
        alice, nobody = devnet.address("alice"), "ST000000000000000000002AMW42H"
        call = await desk.call(order(devnet), alice)
        purse = await desk.purse(alice, call)
        account = await wallet.node.account(alice)
        assert purse is not None
        assert purse.ustx == int(account.balance, 16)
        assert purse.sats > 900_000_000
        assert call.size_bytes <= purse.fee_ustx < 10_000
        devnet.order("faucet", address=nobody, sats=7)
        found = await desk.purse(nobody, call)
        assert found is not None
        assert found.sats == 7


async def test_a_fee_is_kept_for_its_size_alone(devnet: Devnet, tmp_path: Path) -> None:
    """A sponsored call is longer than the same call without a sponsor, and a node asks more for it."""
    async with opened_devnet_chain(devnet, tmp_path) as (chain, _):
        desk = desk_of(chain)
        assert isinstance(desk, Wallets)
        call = await desk.call(order(devnet), devnet.address("alice"))
        purse = await desk.purse(devnet.address("alice"), call)
        assert purse is not None
        payload = await desk.paying(order(devnet), Principal.parse(devnet.address("alice")))
        longer = await desk.fee_ustx(payload, call.size_bytes + 102)
        assert longer >= max(purse.fee_ustx, call.size_bytes + 102)
        assert await desk.fee_ustx(payload, call.size_bytes) == purse.fee_ustx


async def test_what_became_of_a_transaction_is_told(
    devnet: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    async with opened_devnet_chain(devnet, tmp_path) as (chain, _):
        desk = desk_of(chain)
        assert await desk.fate("ab" * 32) == "unseen"
        good = await signed(
            wallet, "alice", await desk.call(order(devnet), devnet.address("alice"))
        )
        assert await desk.fate(good) == "pending"
        bad = await wallet.pay("bob", devnet.address("merchant"), 2**60, None)
        call = await desk.call(order(devnet), devnet.address("alice"))
        unbound = await signed(wallet, "alice", replace(call, post_conditions=()))
        devnet.mine()
        assert await desk.fate(good) == "mined"
        assert await desk.fate(bad) == "failed"
        assert await desk.fate(unbound) == "stopped"


async def test_a_transaction_that_another_one_replaced_is_no_reason_to_pay_again(
    devnet: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    async with opened_devnet_chain(devnet, tmp_path) as (chain, _):
        desk = desk_of(chain)
        call = await desk.call(order(devnet), devnet.address("alice"))
        account = await wallet.node.account(devnet.address("alice"))
        slow = await signed(wallet, "alice", call, nonce=account.nonce)
        fast = await signed(wallet, "alice", call, nonce=account.nonce, fee_ustx=50_000)
        assert await desk.fate(slow) == "unseen"
        assert await desk.fate(fast) == "pending"
        devnet.mine()
        assert await desk.fate(fast) == "mined"


async def test_a_source_that_fails_leaves_questions_open(devnet: Devnet, tmp_path: Path) -> None:
    async with opened_devnet_chain(devnet, tmp_path, timeout_seconds=1) as (chain, _):
        desk = desk_of(chain)
        payer = devnet.address("alice")
        call = await desk.call(order(devnet), payer)
        devnet.order("faults", mode="error", paths="^/")
        try:
            assert await desk.purse(payer, call) is None
            assert await desk.fate("ab" * 32) is None
        finally:
            devnet.heal()


async def test_a_crowd_of_payers_leaves_the_watcher_its_share(
    devnet: Devnet, tmp_path: Path
) -> None:
    async with opened_devnet_chain(devnet, tmp_path, requests_per_minute=45) as (chain, _):
        desk = desk_of(chain)
        fates = [await desk.fate("ab" * 32) for _ in range(3)]
        assert fates == ["unseen"] * 3
        crowd = await asyncio.gather(*(desk.fate("ab" * 32) for _ in range(40)))
        assert sum(one is not None for one in crowd) <= 12
        assert (await chain.tip()).height > 0


def test_an_allowance_is_used_up_and_comes_back() -> None:
    time = [0.0]
    allowance = Allowance(45, now=lambda: time[0])
    assert allowance.takes(15)
    assert not allowance.takes(1)
    time[0] += 4
    assert allowance.takes(1)
    assert not allowance.takes(1)
    assert Allowance(0).takes(10**9)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"payment_modes": ()}, "payment_modes must name"),
        ({"payment_modes": ("transfer", "transfer")}, "each once"),
        ({"payment_modes": ("pay",)}, "needs pay_contract and signing_key"),
        ({"pay_contract": "SP000000000000000000002Q6VF78"}, "pay_contract must name a contract"),
        ({"signing_key": "secret"}, "signing_key must be 64 hex digits"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        StacksConfig(**settings)  # type: ignore[arg-type]


async def test_a_number_that_is_no_key_stops_the_start(devnet: Devnet, tmp_path: Path) -> None:
    settings = {"pay_contract": devnet.contracts["pay"], "signing_key": "00" * 32}
    with pytest.raises(ConfigError, match="signing_key: this is no private key"):
        async with opened_devnet_chain(devnet, tmp_path, **settings):
            pass


async def test_stx_alone_pays_nothing(devnet: Devnet, wallet: Wallet, tmp_path: Path) -> None:
    async with opened_devnet_chain(devnet, tmp_path) as (chain, _):
        to = Principal.parse(devnet.address("merchant"))
        txid = await wallet.send("alice", StxTransfer(to, 5, MEMO))
        assert devnet.mine() == {txid: "success"}
        assert await moved(chain) == []
        assert await desk_of(chain).fate(txid) == "mined"
