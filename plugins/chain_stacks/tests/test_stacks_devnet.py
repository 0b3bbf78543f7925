"""The whole of it on a local chain that runs real Clarity: sent, mined, seen, undone by forks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from plugins.chain_stacks.tests.devnet_kit import (
    Devnet,
    Wallet,
    opened_devnet_chain,
    opened_wallet,
    started_devnet,
)

from stacktill.plugin import Block, Chain, ChainUnavailable, Transfer
from stacktill.testing import ChainContract
from stacktill_chain_stacks.client.rejections import TransactionRejected
from stacktill_chain_stacks.wire.clarity import (
    Ascii,
    Buffer,
    List,
    Nothing,
    Ok,
    Some,
    Tuple,
    UInt,
    Value,
)
from stacktill_chain_stacks.wire.messages import sign_structured
from stacktill_chain_stacks.wire.payloads import Call, Deploy, StxTransfer
from stacktill_chain_stacks.wire.post_conditions import Compare, Mode, TokenCondition
from stacktill_chain_stacks.wire.principals import AssetId, Principal
from stacktill_chain_stacks.wire.signing import NO_SPONSOR, sign_as_origin, sign_as_sponsor
from stacktill_chain_stacks.wire.transactions import TESTNET_CHAIN_ID, transaction_id

pytestmark = pytest.mark.xdist_group("devnet")

LOOKALIKE = """
(define-fungible-token sbtc-token)
(define-public (transfer (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (try! (ft-mint? sbtc-token amount sender))
    (try! (ft-transfer? sbtc-token amount sender recipient))
    (match memo given (print given) 0x)
    (ok true)))
"""


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with started_devnet() as running:
        yield running


@pytest.fixture
async def chain(devnet: Devnet, tmp_path: Path) -> AsyncIterator[Chain]:
    async with opened_devnet_chain(devnet, tmp_path) as (opened, _):
        yield opened


@pytest.fixture
async def wallet(devnet: Devnet) -> AsyncIterator[Wallet]:
    async with opened_wallet(devnet) as opened:
        yield opened


class TestDevnetContract(ChainContract):
    @pytest.fixture
    async def chain(self, devnet: Devnet, tmp_path: Path) -> AsyncIterator[Chain]:
        devnet.mine(2, burn=True)
        async with opened_devnet_chain(devnet, tmp_path) as (opened, _):
            yield opened

    @pytest.fixture
    def recipient(self, devnet: Devnet) -> str:
        return devnet.address("merchant")

    async def test_it_has_a_name_and_one_asset(self, chain: Chain) -> None:
        # A local chain has testnet's numbers and mainnet's sBTC, so no wallet there is a contract's twin.
        assert chain.network == "stacks"
        assert chain.chain_id == "stacks:2147483648"


async def newest(chain: Chain, count: int = 1) -> list[Transfer]:
    """All transfers of the last blocks, in order."""
    tip = await chain.tip()
    found: list[Transfer] = []
    for height in range(tip.height - count + 1, tip.height + 1):
        found += await chain.transfers(await at(chain, height))
    return found


async def at(chain: Chain, height: int) -> Block:
    block = await chain.block(height)
    assert block is not None
    return block


# ------------------------------------------------------------------------------------ paying


async def test_a_plain_transfer_with_a_memo(devnet: Devnet, chain: Chain, wallet: Wallet) -> None:
    merchant, memo = devnet.address("merchant"), b"st" + bytes(range(32))
    txid = await wallet.pay("alice", merchant, 50_000, memo)
    assert devnet.mine() == {txid: "success"}
    (transfer,) = await newest(chain)
    assert transfer == Transfer(
        txid=txid,
        event_index=0,
        asset=chain.sbtc_asset,
        amount=50_000,
        sender=devnet.address("alice"),
        recipient=merchant,
        memo=memo,
    )


async def test_many_transfers_at_once_keep_their_memos(
    devnet: Devnet, chain: Chain, wallet: Wallet
) -> None:
    sender = Principal.parse(devnet.address("bob"))
    wanted = [(7, b"first"), (8, None), (9, b""), (10, b"x" * 34)]
    parts = [
        Tuple(
            {
                "amount": UInt(sats),
                "sender": sender,
                "to": Principal.parse(devnet.address("merchant")),
                "memo": Nothing() if memo is None else Some(Buffer(memo)),
            }
        )
        for sats, memo in wanted
    ]
    call = Call(devnet.asset.contract, "transfer-many", (List(tuple(parts)),))
    bound = TokenCondition(None, devnet.asset, Compare.EQ, 34)
    txid = await wallet.send("bob", call, bound)
    assert devnet.mine() == {txid: "success"}
    found = await newest(chain)
    assert [(one.amount, one.memo) for one in found] == wanted
    assert len({one.event_index for one in found}) == 4


async def test_signed_terms_are_paid_and_split(
    devnet: Devnet, chain: Chain, wallet: Wallet
) -> None:
    contract = Principal.parse(devnet.contracts["pay"])
    terms: dict[str, Value] = {
        "id": Buffer(b"0123456789abcdef"),
        "merchant": Principal.parse(devnet.address("merchant")),
        "amount": UInt(10_000),
        "fee": UInt(100),
        "fee-to": Principal.parse(devnet.address("platform")),
        "expires": UInt(2**40),
    }
    domain = Tuple(
        {"chain-id": UInt(TESTNET_CHAIN_ID), "name": Ascii("stacktill"), "version": Ascii("1")}
    )
    key = devnet.key("gateway")
    signature = sign_structured(key, domain, Tuple({**terms, "contract": contract}))
    arguments = (Tuple(terms), Buffer(key.public_key), Buffer(signature))
    sender = devnet.address("alice")
    answer = await wallet.node.call_read(contract, "check", arguments, sender=sender)
    assert isinstance(answer, Ok)
    bound = TokenCondition(None, devnet.asset, Compare.EQ, 10_000)
    txid = await wallet.send("alice", Call(contract, "pay", arguments), bound)
    assert devnet.mine() == {txid: "success"}
    found = await newest(chain)
    assert [(one.recipient, one.amount, one.memo) for one in found] == [
        (devnet.address("merchant"), 9_900, b"0123456789abcdef"),
        (devnet.address("platform"), 100, b"0123456789abcdef"),
    ]
    again = await wallet.send("alice", Call(contract, "pay", arguments), bound)
    assert devnet.mine() == {again: "abort_by_response"}
    assert await newest(chain) == []


async def test_an_intent_on_chain_is_paid(devnet: Devnet, chain: Chain, wallet: Wallet) -> None:
    contract = Principal.parse(devnet.contracts["intents"])
    merchant = Principal.parse(devnet.address("merchant"))
    id = Buffer(b"fedcba9876543210")
    await wallet.send("merchant", Call(contract, "register-merchant", (Nothing(),)))
    devnet.mine()
    made = Call(contract, "create-payment-intent", (id, UInt(4_000), UInt(2**40)))
    await wallet.send("merchant", made)
    devnet.mine()
    call = Call(contract, "process-payment", (merchant, id, UInt(4_000)))
    bound = TokenCondition(None, devnet.asset, Compare.EQ, 4_000)
    txid = await wallet.send("carol", call, bound)
    assert devnet.mine() == {txid: "success"}
    (transfer,) = await newest(chain)
    assert (transfer.recipient, transfer.amount) == (str(merchant), 4_000)
    assert transfer.memo == b"fedcba9876543210"


async def test_somebody_else_pays_the_fee(devnet: Devnet, chain: Chain, wallet: Wallet) -> None:
    call = Call(
        devnet.asset.contract,
        "transfer",
        (
            UInt(11),
            Principal.parse(devnet.address("alice")),
            Principal.parse(devnet.address("merchant")),
            Nothing(),
        ),
    )
    bound = TokenCondition(None, devnet.asset, Compare.EQ, 11)
    draft = await wallet.sender.draft(
        call, devnet.key("alice"), post_conditions=(bound,), fee_ustx=0
    )
    own = sign_as_origin(replace(draft.transaction, sponsor=NO_SPONSOR), devnet.key("alice"))
    nonce = await wallet.sender.next_nonce(devnet.address("sponsor"))
    sponsored = sign_as_sponsor(own, devnet.key("sponsor"), nonce=nonce, fee=5_000)
    txid = await wallet.sender.send(sponsored)
    assert txid == transaction_id(sponsored)
    before = await wallet.node.account(devnet.address("alice"))
    assert devnet.mine() == {txid: "success"}
    after = await wallet.node.account(devnet.address("alice"))
    assert (after.balance, after.nonce) == (before.balance, before.nonce + 1)
    assert [one.amount for one in await newest(chain)] == [11]


async def test_what_fails_moves_nothing(devnet: Devnet, chain: Chain, wallet: Wallet) -> None:
    merchant = Principal.parse(devnet.address("merchant"))
    bob = Principal.parse(devnet.address("bob"))
    too_much = (UInt(2**60), bob, merchant, Nothing())
    unbound = (UInt(5), bob, merchant, Nothing())
    first = await wallet.send(
        "bob", Call(devnet.asset.contract, "transfer", too_much), mode=Mode.ALLOW
    )
    second = await wallet.send("bob", Call(devnet.asset.contract, "transfer", unbound))
    wrong = TokenCondition(None, devnet.asset, Compare.EQ, 4)
    third = await wallet.send("bob", Call(devnet.asset.contract, "transfer", unbound), wrong)
    assert devnet.mine() == {
        first: "abort_by_response",
        second: "abort_by_post_condition",
        third: "abort_by_post_condition",
    }
    assert await newest(chain) == []


async def test_a_skipped_transaction_moves_nothing(
    devnet: Devnet, chain: Chain, wallet: Wallet
) -> None:
    txid = await wallet.pay("alice", devnet.address("merchant"), 5, b"skipped")
    devnet.order("skip", txid=txid)
    assert devnet.mine() == {txid: "problematic_skipped"}
    assert await newest(chain) == []


async def test_a_look_alike_is_seen_as_one(devnet: Devnet, chain: Chain, wallet: Wallet) -> None:
    owner = devnet.address("carol")
    deployed = await wallet.send("carol", Deploy("sbtc-token", LOOKALIKE, 4))
    assert devnet.mine() == {deployed: "success"}
    asset = AssetId.parse(f"{owner}.sbtc-token::sbtc-token")
    txid = await wallet.pay("carol", devnet.address("merchant"), 50_000, b"memo", asset=asset)
    assert devnet.mine() == {txid: "success"}
    (transfer,) = await newest(chain)
    assert transfer.asset == str(asset) != chain.sbtc_asset
    assert (transfer.amount, transfer.memo) == (50_000, b"memo")


# ------------------------------------------------------------------------------------ refusals


async def test_the_node_says_why_it_refuses(devnet: Devnet, wallet: Wallet) -> None:
    merchant = Principal.parse(devnet.address("merchant"))
    alice = devnet.address("alice")
    payment = StxTransfer(merchant, 1)
    await wallet.send("alice", payment)
    devnet.mine()
    unknown = Call(Principal.parse(f"{alice}.nothing"), "transfer")
    nobody = Call(devnet.asset.contract, "no-such-function")
    cases = [
        ("BadNonce", payment, {"nonce": 0}),
        ("TooMuchChaining", payment, {"nonce": 1_000}),
        ("FeeTooLow", payment, {"fee_ustx": 1}),
        ("NotEnoughFunds", StxTransfer(merchant, 2**60), {}),
        ("NoSuchContract", unknown, {}),
        ("NoSuchPublicFunction", nobody, {}),
        ("BadFunctionArgument", Call(devnet.asset.contract, "transfer", (UInt(1),)), {}),
    ]
    for reason, payload, more in cases:
        with pytest.raises(TransactionRejected) as refused:
            await wallet.send("alice", payload, **more)  # type: ignore[arg-type]
        assert refused.value.reason == reason, refused.value.message


async def test_a_higher_fee_takes_the_place(devnet: Devnet, chain: Chain, wallet: Wallet) -> None:
    nonce = (await wallet.node.account(devnet.address("alice"))).nonce
    first = await wallet.send(
        "alice", StxTransfer(Principal.parse(devnet.address("bob")), 1), nonce=nonce
    )
    second = await wallet.send(
        "alice",
        StxTransfer(Principal.parse(devnet.address("bob")), 2),
        nonce=nonce,
        fee_ustx=50_000,
    )
    assert devnet.mine() == {second: "success"}
    api = chain._source._sources[0]._api  # type: ignore[attr-defined]
    replaced = await api.transaction(first)
    assert replaced.status == "dropped_replace_by_fee"
    assert replaced.replaced_by_tx_id == f"0x{second}"


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
    before = {name: await _sats(wallet, name) for name in names}
    first = (await chain.tip()).height + 1
    for _ in range(8):
        for name in names[:3]:
            for _ in range(chance.randint(0, 6)):
                await _anything(devnet, wallet, name, chance)
        devnet.mine(chance.randint(1, 2), burn=chance.random() < 0.3)
    devnet.mine()
    moved = dict.fromkeys(map(devnet.address, names), 0)
    for height in range(first, (await chain.tip()).height + 1):
        for transfer in await chain.transfers(await at(chain, height)):
            assert transfer.asset == chain.sbtc_asset
            moved[transfer.sender] -= transfer.amount
            moved[transfer.recipient] += transfer.amount
    for name in names:
        assert await _sats(wallet, name) - before[name] == moved[devnet.address(name)]
    assert any(moved.values())


async def _anything(devnet: Devnet, wallet: Wallet, who: str, chance: random.Random) -> None:
    """A transfer that works, one that fails, or several at once."""
    sats = chance.choice((1, 2, 546, 10_000, 2**55))
    memo = chance.choice((None, b"", b"same", chance.randbytes(34)))
    to = Principal.parse(devnet.address(chance.choice(("merchant", "platform"))))
    sender = Principal.parse(devnet.address(who))
    told = Nothing() if memo is None else Some(Buffer(memo))
    if chance.random() < 0.5:
        call = Call(devnet.asset.contract, "transfer", (UInt(sats), sender, to, told))
    else:
        part = Tuple({"amount": UInt(sats), "sender": sender, "to": to, "memo": told})
        call = Call(devnet.asset.contract, "transfer-many", (List((part,) * 2),))
    mode = chance.choice((Mode.ALLOW, Mode.ALLOW, Mode.DENY))
    await wallet.send(who, call, mode=mode)


async def _sats(wallet: Wallet, name: str) -> int:
    answer = await wallet.node.call_read(
        wallet.devnet.asset.contract,
        "get-balance",
        (Principal.parse(wallet.devnet.address(name)),),
        sender=wallet.devnet.address(name),
    )
    assert isinstance(answer, Ok)
    assert isinstance(answer.value, UInt)
    return answer.value.value


# ------------------------------------------------------------------------------------ own node


async def test_the_node_tells_what_the_api_tells(
    devnet: Devnet, wallet: Wallet, tmp_path: Path, unused_tcp_port: int
) -> None:
    settings = {
        "node": devnet.url,
        "observer": f"127.0.0.1:{unused_tcp_port}",
        "observer_token": "token",
        "observer_source": True,
        "agreement": 2,
    }
    url = f"http://127.0.0.1:{unused_tcp_port}/token"
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
