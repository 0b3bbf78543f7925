"""The whole of it on a local chain that runs real Clarity: sent, mined, seen, undone by forks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from plugins.chain_stacks.tests.devnet_kit import (
    Devnet,
    Wallet,
    newest,
    opened_devnet_chain,
)

from stacktill.plugin import Chain, Transfer
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
    minted, transfer = await newest(chain)
    assert (minted.asset, minted.sender, minted.recipient) == (str(asset), None, owner)
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
