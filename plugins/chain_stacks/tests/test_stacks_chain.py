"""The reading side: blocks, transfers with their memos, forks, and what is no transfer at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from plugins.chain_stacks.tests.fake_api import (
    ALICE,
    ASSET,
    BOB,
    SBTC,
    Event,
    FakeTransaction,
    memo_print,
    moved,
    named_hash,
    printed,
)
from plugins.chain_stacks.tests.stacks_kit import Opened, opened_chain

from stacktill.domain.errors import ConfigError
from stacktill.plugin import Chain, ChainUnavailable, RefundTerms
from stacktill.testing import ChainContract
from stacktill_chain_stacks.addresses import Addresses
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.plugin import stacktill_chain, stacktill_plugin
from stacktill_chain_stacks.wire.clarity import Ascii, Tuple, UInt
from stacktill_chain_stacks.wire.encoding import encode_value
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.messages import as_structured, sign_message, sign_structured
from stacktill_chain_stacks.wire.principals import Principal

TXID = named_hash("transaction")


class TestStacksContract(ChainContract):
    @pytest.fixture
    async def chain(self, tmp_path: Path) -> AsyncIterator[Chain]:
        async with opened_chain(tmp_path, blocks=5) as opened:
            opened.node.mine(paying(moved(5), memo_print(b"hello")), burn=True)
            yield opened.chain

    @pytest.fixture
    def recipient(self, chain: Chain) -> str:
        return BOB


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opened]:
    async with opened_chain(tmp_path) as found:
        yield found


def paying(*events: Event, txid: str = TXID, status: str = "success") -> FakeTransaction:
    return FakeTransaction(txid, events, status)


async def seen(opened: Opened, *transactions: FakeTransaction) -> list[tuple[int, bytes | None]]:
    """Amounts and memos of what is seen of a block with these transactions."""
    opened.node.mine(*transactions)
    tip = await opened.chain.tip()
    transfers = await opened.chain.transfers(tip)
    return [(transfer.amount, transfer.memo) for transfer in transfers]


def test_it_is_offered_to_live_mode_only() -> None:
    assert stacktill_chain().livemode is True
    assert stacktill_plugin().config is StacksConfig


async def test_a_transfer_is_told_in_full(opened: Opened) -> None:
    opened.node.mine(replace(paying(moved(1234), memo_print(b"memo")), first_index=7))
    (transfer,) = await opened.chain.transfers(await opened.chain.tip())
    assert transfer.txid == TXID
    assert transfer.event_index == 0
    assert transfer.asset == ASSET == opened.chain.sbtc_asset
    assert (transfer.amount, transfer.memo) == (1234, b"memo")
    assert (transfer.sender, transfer.recipient) == (ALICE, BOB)


async def test_each_transfer_of_many_has_its_own_memo(opened: Opened) -> None:
    many = paying(
        moved(1),
        memo_print(b"one"),
        moved(2),
        moved(3),
        memo_print(b"three"),
        memo_print(b"of nobody"),
        moved(4),
    )
    assert await seen(opened, many) == [(1, b"one"), (2, None), (3, b"three"), (4, None)]


async def test_a_memo_comes_from_the_token_itself_and_right_after(opened: Opened) -> None:
    other = "SP000000000000000000002Q6VF78.sbtc-token"
    foreign = paying(moved(1), memo_print(b"spoofed", contract=other))
    before = paying(memo_print(b"before"), moved(2), txid=named_hash(2))
    apart = paying(
        moved(3), printed(b"\x09", contract=other), memo_print(b"late"), txid=named_hash(3)
    )
    assert await seen(opened, foreign, before, apart) == [(1, None), (2, None), (3, None)]


@pytest.mark.parametrize(
    "print_",
    [
        memo_print(b"x" * 35),
        printed(encode_value(UInt(1))),
        printed(encode_value(Ascii("text"))),
        printed(b"\x02\x00\x01\x00\x00" + bytes(65_536)),
    ],
)
async def test_what_cannot_be_a_memo_is_none(opened: Opened, print_: Event) -> None:
    assert await seen(opened, paying(moved(1), print_)) == [(1, None)]


async def test_an_empty_memo_is_a_memo(opened: Opened) -> None:
    assert await seen(opened, paying(moved(1), memo_print(b""))) == [(1, b"")]


async def test_a_look_alike_is_told_as_what_it_is(opened: Opened) -> None:
    asset = "SP000000000000000000002Q6VF78.sbtc-token::sbtc-token"
    opened.node.mine(paying(moved(1, asset=asset)))
    (transfer,) = await opened.chain.transfers(await opened.chain.tip())
    assert transfer.asset == asset != opened.chain.sbtc_asset


@pytest.mark.parametrize(
    "status",
    [
        "abort_by_response",
        "abort_by_post_condition",
        "problematic_skipped",
        "dropped_replace_by_fee",
        "pending",
        "something_new",
    ],
)
async def test_only_success_moves_anything(opened: Opened, status: str) -> None:
    assert await seen(opened, paying(moved(1), status=status)) == []


async def test_a_call_without_any_event_is_no_trouble(opened: Opened) -> None:
    quiet = paying(txid=named_hash("quiet"))
    assert await seen(opened, quiet, paying(moved(1))) == [(1, None)]


async def test_minting_and_burning_is_no_transfer(opened: Opened) -> None:
    both = paying(moved(2**128 - 1, kind="mint"), moved(2, kind="burn"))
    assert await seen(opened, both) == [(2**128 - 1, None), (2, None)]
    minted, burned = await opened.chain.transfers(await opened.chain.tip())
    assert (minted.sender, minted.recipient) == (None, BOB)
    assert (burned.sender, burned.recipient) == (ALICE, None)


async def test_lists_are_read_to_their_end(opened: Opened) -> None:
    opened.api.event_pages = 3
    many = [FakeTransaction(named_hash(place), (moved(place + 1),)) for place in range(60)]
    long = FakeTransaction(named_hash("long"), tuple(moved(1000 + place) for place in range(10)))
    found = await seen(opened, *many, long)
    assert [amount for amount, _ in found] == [*range(1, 61), *range(1000, 1010)]


async def test_stx_and_miners_transactions_are_not_asked_about(opened: Opened) -> None:
    kinds = ("token_transfer", "coinbase", "tenure_change")
    made = [replace(paying(txid=named_hash(kind)), type=kind) for kind in kinds]
    assert await seen(opened, *made) == []
    assert not [one for one in opened.api.requests if one.path.endswith("/events")]


# ------------------------------------------------------------------------------------ forks


async def test_an_orphaned_block_is_refused_and_the_tip_may_go_back(opened: Opened) -> None:
    old = opened.node.mine(paying(moved(1)))
    seen_block = await opened.chain.tip()
    opened.node.fork(1)
    assert (await opened.chain.tip()).height == old.height - 1
    assert await opened.chain.block(old.height) is None
    with pytest.raises(ChainUnavailable):
        await opened.chain.transfers(seen_block)
    opened.node.mine()
    with pytest.raises(ChainUnavailable):
        await opened.chain.transfers(seen_block)


async def test_a_fork_while_a_block_is_read_is_noticed(opened: Opened) -> None:
    opened.node.mine(paying(moved(1)))
    tip = await opened.chain.tip()
    served = opened.api.extra
    orphaned = opened.api._found

    def fork_then_answer(request: object) -> object:
        served.clear()
        answer = orphaned(request)  # type: ignore[arg-type]
        opened.node.fork(1)
        opened.node.mine(paying(moved(2), txid=named_hash("other")))
        return answer

    served["/extended/v3/transactions/"] = fork_then_answer  # type: ignore[assignment]
    with pytest.raises(ChainUnavailable):
        await opened.chain.transfers(tip)


# ------------------------------------------------------------------------------------ standstill


async def test_it_says_honestly_that_nothing_new_is_seen(opened: Opened) -> None:
    tip = await opened.chain.tip()
    assert not opened.chain.stalled(tip, tip.time + 600)
    assert opened.chain.stalled(tip, tip.time + 601)
    opened.clock.advance(3600)
    health = await opened.chain.health()
    assert not health.ok
    assert "old" in health.detail


async def test_nothing_is_late_before_a_late_block_would_have_been_seen(opened: Opened) -> None:
    # While the newest block is younger than the standstill, its own time decides alone.
    assert opened.chain.visibility_seconds >= 600


async def test_a_block_from_the_future_is_refused(opened: Opened) -> None:
    opened.clock.advance(-3700)
    assert (await opened.chain.tip()).height == 2, "a clock may be an hour wrong"
    opened.clock.advance(-3700)
    with pytest.raises(ChainUnavailable):
        await opened.chain.tip()


# ------------------------------------------------------------------------------------ identity


async def test_it_does_not_start_on_another_network(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        async with opened_chain(tmp_path, chain_id=2):
            pass
    assert "network" in refused.value.message


async def test_it_does_not_start_with_another_sbtc(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        async with opened_chain(tmp_path, sbtc_contract=f"{ALICE}.sbtc-token"):
            pass
    assert SBTC in refused.value.message


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"apis": ()}, "apis"),
        ({"apis": ("ftp://x",)}, "apis"),
        ({"apis": ("http://x", "http://x")}, "apis"),
        ({"agreement": 2}, "agreement"),
        ({"node": "x"}, "node"),
        ({"sbtc_contract": ALICE}, "sbtc_contract"),
        ({"sbtc_contract": "sbtc"}, "sbtc_contract"),
        ({"observer": "127.0.0.1:3700"}, "observer_token"),
        ({"observer": "3700", "observer_token": "x"}, "observer"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        StacksConfig(**settings)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------ refunds


async def test_a_refund_is_ready_for_the_wallet(opened: Opened) -> None:
    terms = RefundTerms("re_1", BOB, ALICE, 50_000, b"memo")
    made = opened.chain.refund_transaction(terms)
    wallet = made["wallet"]
    assert isinstance(wallet, dict)
    assert wallet["contract"] == SBTC
    assert wallet["functionArgs"][0] == "0100000000000000000000000000" + "00c350"
    assert wallet["functionArgs"][3] == "0a02000000046d656d6f"
    assert wallet["postConditions"][0].startswith("0102")
    assert wallet["postConditions"][0].endswith("01000000000000c350")


def test_testnet_takes_testnets_addresses() -> None:
    config = StacksConfig(network="testnet")
    assert config.network_id == 0x80000000
    assert not config.is_mainnet
    assert config.pace_per_minute == 45
    assert StacksConfig(api_key="x").pace_per_minute == 450


# ------------------------------------------------------------------------------------ wallets


def test_an_address_says_whose_it_is() -> None:
    addresses = Addresses(mainnet=True, chain_id=1)
    multisig = SBTC.partition(".")[0]
    assert addresses.form(ALICE) == "wallet"
    assert addresses.form(multisig) == "multisig"
    assert addresses.form(SBTC) == "contract"
    assert addresses.form("ST000000000000000000002AMW42H") is None
    assert (
        Addresses(mainnet=False, chain_id=2**31).form("ST000000000000000000002AMW42H") == "wallet"
    )
    assert Addresses(mainnet=False, chain_id=2**31).form(ALICE) is None


MAIN_WALLETS = (ALICE, SBTC.partition(".")[0], f"{ALICE}.vault")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (SBTC, "a contract of sBTC itself"),
        (SBTC.replace("sbtc-token", "sbtc-deposit"), "a contract of sBTC itself"),
        (f"{ALICE}.stacktill-pay-v1", "the contract for payments itself"),
        ("SP000000000000000000002Q6VF78", "nobody's"),
        ("SM0000000000000000000062QV6X", "nobody's"),
        ("SP000000000000000000002Q6VF78.pox-4", "nobody's"),
        ("ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP", "a test network. One of this network begins"),
        ("ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP.vault", "begins with SP or SM"),
    ],
)
def test_where_money_would_be_lost_is_told(text: str, why: str) -> None:
    addresses = Addresses(
        mainnet=True, chain_id=1, sbtc=SBTC, pay_contract=f"{ALICE}.stacktill-pay-v1"
    )
    assert why in (addresses.fault(text) or "")


def test_nothing_is_said_against_other_addresses() -> None:
    mainnet = Addresses(mainnet=True, chain_id=1, sbtc=SBTC)
    assert [mainnet.fault(text) for text in (*MAIN_WALLETS, "no address")] == [None] * 4
    told = [Addresses(mainnet=False, chain_id=2**31).fault(text) for text in MAIN_WALLETS]
    assert all("begins with ST or SN" in (fault or "") for fault in told)


def test_only_the_wallet_of_the_address_signed_exactly_this() -> None:
    key = PrivateKey(bytes(31) + b"\x07")
    own = key.principal(mainnet=True)
    signature = sign_message(key, "message").hex()
    addresses = Addresses(mainnet=True, chain_id=1)
    assert addresses.is_signed("message", signature, address=str(own))
    assert addresses.is_signed("message", f"0x{signature}", address=str(own))
    altered = signature[:-2] + "07"
    for message, given, address in (
        ("messagE", signature, str(own)),
        ("message", signature, ALICE),
        ("message", altered, str(own)),
        ("message", signature[:-2], str(own)),
        ("message", "", str(own)),
        ("message", "zz", str(own)),
        ("\ud800", signature, str(own)),
        ("message", signature, f"{own}.contract"),
        ("message", signature, str(key.principal(mainnet=False))),
        ("message", signature, str(Principal(20, own.hash160))),
    ):
        assert not addresses.is_signed(message, given, address=address)


def test_wallets_that_sign_data_only_sign_the_same_words_as_data() -> None:
    key = PrivateKey(bytes(31) + b"\x07")
    own = str(key.principal(mainnet=True))
    text = "stacktill: change where a store is paid\nStore: acct_1"
    signature = sign_structured(key, *as_structured(text, chain_id=1)).hex()
    addresses = Addresses(mainnet=True, chain_id=1)
    assert addresses.is_signed(text, signature, address=own)
    assert not addresses.is_signed(f"{text}0", signature, address=own)
    assert not addresses.is_signed(text, signature, address=ALICE)
    assert not addresses.is_signed("no ASCII: \u00e9", signature, address=own)
    # Nothing that was signed for another network, or another program, counts.
    assert not Addresses(mainnet=True, chain_id=2).is_signed(text, signature, address=own)
    domain, data = as_structured(text, chain_id=1)
    other = Tuple({**domain.items, "name": Ascii("another")})
    for signed in ((other, data), (domain, data.items["message"]), (data, domain)):
        given = sign_structured(key, *signed).hex()
        assert not addresses.is_signed(text, given, address=own)
