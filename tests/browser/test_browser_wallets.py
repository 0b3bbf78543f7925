"""Payers with wallets in their browsers, on a till in live mode: they accept, refuse, are silent, and lie."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from plugins.chain_stacks.tests.devnet_kit import Devnet
from tests.browser.chromium import Visitors, faults_of
from tests.browser.payers import Payer
from tests.browser.wallet_kit import (
    FAILURES,
    LABELS,
    REJECTIONS,
    SENT,
    Extension,
    bound,
    is_paid,
    said,
    start,
)
from tests.live import live_box, live_shop
from tests.served import Served, Shop

from stacktill_chain_stacks.wire.clarity import Buffer, Some, UInt
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.post_conditions import Compare
from stacktill_chain_stacks.wire.principals import Principal

pytestmark = pytest.mark.xdist_group("browser")

DECLINED = "You declined in your wallet. Nothing was paid."
ALL = tuple(LABELS)


@pytest.fixture(scope="module")
def served(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with live_box(devnet, tmp_path_factory.mktemp("wallets")) as box:
        yield box


@pytest.fixture(scope="module")
def shop(devnet: Devnet, served: Served) -> Shop:
    return live_shop(served, devnet.address("merchant"))


@pytest.fixture
def payer(visitors: Visitors, shop: Shop) -> Payer:
    return Payer(visitors, shop)


@pytest.fixture
def wallet(devnet: Devnet) -> Extension:
    return Extension(devnet, devnet.key("alice"))


# ------------------------------------------------------------------------------------ accepted


@pytest.mark.parametrize("kind", ALL)
def test_a_wallet_pays(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet, kind: str
) -> None:
    intent = start(payer, wallet, shop, kind)
    payer.clicks(LABELS[kind])
    said(payer.page, SENT)
    assert shop.read(intent)["status"] == "requires_action", "a wallet's word proves nothing"
    payer.shoots(f"wallet-{kind}")
    (signed,) = wallet.signed
    assert signed.call.contract == devnet.asset.contract
    assert signed.call.function == "transfer"
    memo = intent["next_action"]["crypto_display_details"]["memo"]
    assert signed.call.arguments == (
        UInt(20_000),
        Principal.parse(wallet.address),
        Principal.parse(devnet.address("merchant")),
        Some(Buffer(bytes.fromhex(memo))),
    )
    only = bound(signed)
    assert (str(only.who), only.asset) == (wallet.address, devnet.asset)
    assert (only.compare, only.amount) == (Compare.EQ, 20_000)
    is_paid(payer, devnet)
    assert signed.txid in str(shop.get("/v1/deposits", {"limit": 3}))


def test_several_wallets_are_offered_each_once(payer: Payer, wallet: Extension, shop: Shop) -> None:
    start(payer, wallet, shop, *ALL, "noise")
    offered = payer.page.locator("#wallet-choices button")
    expect(offered).to_have_text([LABELS[kind] for kind in ALL])
    assert payer.page.locator("#wallet-choices b").count() == 0
    assert wallet.asked == [], "nobody is asked for anything before the payer wants to pay"
    assert faults_of(payer.page) == []
    payer.shoots("wallets")


def test_a_wallet_that_comes_late_is_found(payer: Payer, wallet: Extension, shop: Shop) -> None:
    start(payer, wallet, shop, "late", "noise")
    expect(payer.page.get_by_role("button", name=LABELS["leather"])).to_be_visible()


def test_a_page_that_comes_back_remembers_that_a_wallet_has_paid(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    start(payer, wallet, shop)
    wallet.answers["stx_callContract"] = lambda: {"error": REJECTIONS["leather"]}
    payer.clicks(LABELS["leather"])
    said(payer.page, DECLINED)
    wallet.answers.clear()
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)
    payer.page.reload()
    said(payer.page, SENT)
    expect(payer.page.locator("#wallet-choices button")).to_have_count(0)
    expect(payer.page.locator("#copy-address")).to_be_hidden()
    is_paid(payer, devnet)


def test_a_wallet_pays_again_what_a_fork_has_lost(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    payer.page.clock.install()
    start(payer, wallet, shop)
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)
    is_paid(payer, devnet)
    payer.page.clock.fast_forward(31_000)
    devnet.order("reorg", depth=1, lose=True, mine=2)
    payer.sees("Wait a moment before you do anything")
    payer.page.get_by_text("My wallet says that the transaction is gone").click()
    said(payer.page, SENT)
    payer.shoots("wallet-after-a-fork")
    (lost,) = wallet.signed
    for _ in range(6):
        with payer.page.expect_response(f"**/wallet/{lost.txid}*"):
            payer.page.clock.fast_forward(31_000)
    said(payer.page, "The network does not know the transaction that your wallet named.")
    payer.clicks("Try again")
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)
    is_paid(payer, devnet)


# ------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize("method", ["addresses", "stx_callContract"])
@pytest.mark.parametrize("kind", ALL)
def test_a_payer_declines_and_may_try_again(
    payer: Payer, wallet: Extension, shop: Shop, kind: str, method: str
) -> None:
    start(payer, wallet, shop, kind)
    ways = ("getAddresses", "stx_getAddresses", "stx_getAccounts", "wallet_connect")
    for each in ways if method == "addresses" else (method,):
        wallet.answers[each] = lambda: {"error": REJECTIONS[kind]}
    payer.clicks(LABELS[kind])
    said(payer.page, DECLINED)
    assert wallet.signed == []
    wallet.answers.clear()
    payer.clicks(LABELS[kind])
    said(payer.page, SENT)


@pytest.mark.parametrize("kind", ["leather", "xverse"])
def test_a_wallet_that_fails_is_explained(
    payer: Payer, wallet: Extension, shop: Shop, kind: str
) -> None:
    start(payer, wallet, shop, kind)
    for error, words in FAILURES:
        wallet.answers["stx_callContract"] = lambda error=error: {"error": error}  # type: ignore[misc]
        payer.clicks(LABELS[kind])
        said(payer.page, words)
        expect(payer.page.get_by_role("button", name=LABELS[kind])).to_be_enabled()


def test_a_wallet_on_another_network_is_told_before_it_signs(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    wallet.mainnet = True
    start(payer, wallet, shop)
    payer.clicks(LABELS["leather"])
    said(payer.page, "Your wallet is on another network. Switch it to testnet")
    expect(payer.page.get_by_role("button", name="Pay all the same")).to_be_hidden()
    payer.shoots("wallet-network")
    assert "stx_callContract" not in wallet.asked
    wallet.mainnet = False
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)


def test_too_little_sbtc_is_told_before_anything_is_signed(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    wallet.key = PrivateKey(secrets.token_bytes(32))
    start(payer, wallet, shop)
    payer.clicks(LABELS["leather"])
    said(payer.page, "There are 0.00000000 sBTC in this wallet, and 0.00020000 are needed.")
    payer.shoots("wallet-poor")
    assert "stx_callContract" not in wallet.asked
    payer.clicks("Pay all the same")
    said(payer.page, "Your wallet says:")
    assert wallet.signed == []


def test_missing_stx_is_told_before_anything_is_signed(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    rich = wallet.key
    wallet.key = PrivateKey(secrets.token_bytes(32))
    devnet.order("faucet", address=wallet.address, sats=50_000)
    start(payer, wallet, shop)
    payer.clicks(LABELS["leather"])
    said(payer.page, "The fee of the network is paid in STX: about 0.000")
    said(payer.page, "there are 0 in this wallet")
    wallet.key = rich
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)


def test_nobody_is_kept_from_paying_by_a_chain_that_does_not_answer(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    start(payer, wallet, shop)
    devnet.order("faults", mode="hang", paths="call-read|/v2/accounts|/v2/fees")
    try:
        payer.clicks(LABELS["leather"])
        said(payer.page, "Looking whether there is enough in your wallet.")
        expect(payer.page.locator("#wallet-said")).to_contain_text(SENT, timeout=15_000)
    finally:
        devnet.heal()


# ------------------------------------------------------------------------------------ odd, silent, lying


def test_an_answer_that_says_nothing_is_a_reason_to_look(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    start(payer, wallet, shop)
    answers: tuple[Any, ...] = (None, {}, "ok", 7, {"result": {"txid": "0x12"}}, {"result": []})
    for raw in answers:
        wallet.answers["stx_callContract"] = lambda raw=raw: {"raw": raw}  # type: ignore[misc]
        payer.clicks(LABELS["leather"])
        said(payer.page, "Your wallet gave an answer that says nothing.")
        expect(payer.page.locator("#wallet-choices button")).to_have_count(0)
        expect(payer.page.locator("#copy-address")).to_be_hidden()
        payer.clicks("Try again")
    expect(payer.page.get_by_role("button", name=LABELS["leather"])).to_be_visible()


def test_an_id_is_found_in_odd_answers(visitors: Visitors, wallet: Extension, shop: Shop) -> None:
    txid = "AB" * 32
    for raw in (txid, f"0x{txid}", {"result": txid}, {"tx_id": txid}, {"result": {"txId": txid}}):
        payer = Payer(visitors, shop)
        wallet.answers["stx_callContract"] = lambda raw=raw: {"raw": raw}  # type: ignore[misc]
        start(payer, wallet, shop)
        payer.clicks(LABELS["leather"])
        said(payer.page, SENT)


def test_a_wallet_that_never_answers_is_waited_for_and_given_up(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    payer.page.clock.install()
    start(payer, wallet, shop)
    wallet.answers["stx_callContract"] = lambda: {"never": True}
    payer.clicks(LABELS["leather"])
    said(payer.page, "Now compare amount and receiver")
    payer.page.clock.fast_forward(26_000)
    said(payer.page, "Your wallet has not answered yet.")
    payer.shoots("wallet-silent")
    wallet.answers.clear()
    payer.clicks("Try again")
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)
    payer.page.clock.resume()
    is_paid(payer, devnet)


def test_an_answer_that_comes_late_still_keeps_from_paying_twice(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    payer.page.clock.install()
    start(payer, wallet, shop)
    late = {"result": {"txid": "cc" * 32}, "later": 60_000}
    wallet.answers["stx_callContract"] = lambda: late
    payer.clicks(LABELS["leather"])
    said(payer.page, "Now compare amount and receiver")
    payer.page.clock.fast_forward(26_000)
    payer.clicks("Try again")
    expect(payer.page.get_by_role("button", name=LABELS["leather"])).to_be_enabled()
    payer.page.clock.fast_forward(60_000)
    said(payer.page, SENT)
    expect(payer.page.get_by_role("button", name=LABELS["leather"])).to_have_count(0)


def test_a_wallet_that_names_no_address_is_explained(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    start(payer, wallet, shop)
    answers: tuple[dict[str, Any], ...] = (
        {"result": {"addresses": []}},
        {"raw": None},
        {"raw": {"result": "S"}},
    )
    for answer in answers:
        wallet.answers["getAddresses"] = lambda answer=answer: answer  # type: ignore[misc]
        payer.clicks(LABELS["leather"])
        said(payer.page, "This wallet cannot do that. Take another one, or pay by hand.")


def test_a_wallet_may_name_another_transaction_than_it_sent(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    intent = start(payer, wallet, shop)
    wallet.answers["stx_callContract"] = lambda: {"result": {"txid": "ee" * 32}}
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)
    assert shop.read(intent)["status"] == "requires_action"
    # What it truly sent, behind the page's back.
    answer = shop.http.post(
        f"{shop.url}/pay/{intent['id']}/wallet", data={"address": wallet.address}
    ).json()["call"]
    told = wallet.sign("leather", {**answer, "address": wallet.address, "network": "testnet"})
    assert told["result"]["txid"] != "ee" * 32
    is_paid(payer, devnet)


def test_a_transaction_that_was_never_sent_is_missed(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    payer.page.clock.install()
    start(payer, wallet, shop)
    wallet.answers["stx_callContract"] = lambda: {"result": {"txid": "dd" * 32}}
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)
    for _ in range(6):
        with payer.page.expect_response("**/wallet/dd*"):
            payer.page.clock.fast_forward(31_000)
    said(payer.page, "The network does not know the transaction that your wallet named.")
    payer.clicks("Try again")
    wallet.answers.clear()
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)


def test_an_old_build_that_drops_the_conditions_loses_no_sbtc(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    wallet.drops_bounds = True
    start(payer, wallet, shop, "xverse")
    payer.clicks(LABELS["xverse"])
    said(payer.page, SENT)
    (signed,) = wallet.signed
    assert devnet.mine()[signed.txid] == "abort_by_post_condition"
    expect(payer.page.locator("#wallet-said")).to_contain_text(
        "Your wallet left out the limit on what may leave it", timeout=30_000
    )
    expect(payer.page.get_by_role("button", name=LABELS["xverse"])).to_be_visible()
