"""Payers with sBTC and no STX: their wallets sign, the shop pays the fee, and all that may go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from plugins.chain_stacks.tests.devnet_kit import Devnet
from tests.browser.chromium import Visitors, faults_of
from tests.browser.payers import Payer
from tests.browser.wallet_kit import (
    FAILURES,
    LABELS,
    REJECTIONS,
    SENT,
    Extension,
    is_paid,
    said,
    start,
    without_stx,
)
from tests.live import live_box, live_shop
from tests.served import Served, Shop

from stacktill_chain_stacks.wire.keys import PrivateKey

pytestmark = pytest.mark.xdist_group("browser")

OFFER = "There is too little STX in this wallet for the network’s fee"
HANDED = "has sent your payment, and pays the network’s fee."
ALL = tuple(LABELS)
ASKED = {
    "leather": ["stx_callContract"],
    "asigna": ["stx_callContract"],
    "xverse": ["stx_signTransaction"],
    "fordefi": ["stx_signTransaction"],
    "acme": ["stx_callContract", "stx_signTransaction"],
}
POLICY = "daily_budget_ustx = 50_000_000\nmax_fee_ustx = 20_000\npayer_payments_per_day = 2\n"


@pytest.fixture(scope="module")
def served(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    key = devnet._accounts["sponsor"]["private_key"]
    with live_box(
        devnet,
        tmp_path_factory.mktemp("sponsored"),
        chain=f'sponsor_key = "{key}"',
        more=f"[sponsor]\n{POLICY}",
    ) as box:
        yield box


@pytest.fixture(scope="module")
def shop(devnet: Devnet, served: Served) -> Shop:
    return live_shop(served, devnet.address("merchant"))


@pytest.fixture
def payer(visitors: Visitors, shop: Shop) -> Payer:
    return Payer(visitors, shop)


@pytest.fixture
def wallet(devnet: Devnet) -> Extension:
    """A wallet with 50,000 sats and nothing for fees."""
    made = Extension(devnet, devnet.key("alice"))
    without_stx(made)
    return made


def sponsorships(shop: Shop, intent: dict[str, Any]) -> list[dict[str, Any]]:
    """What the shop has paid fees for."""
    found: list[dict[str, Any]] = shop.get("/v1/sponsorships", {"payment_intent": intent["id"]})[
        "data"
    ]
    return found


# ------------------------------------------------------------------------------------ paid


@pytest.mark.parametrize("kind", ALL)
def test_a_payer_without_stx_pays_with_one_press(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet, kind: str
) -> None:
    intent = start(payer, wallet, shop, kind)
    payer.clicks(LABELS[kind])
    said(payer.page, HANDED)
    assert [each for each in wallet.asked if each in ASKED["acme"]] == ASKED[kind]
    assert wallet.signed == [], "a wallet alone could not have sent it"
    (paid,) = sponsorships(shop, intent)
    assert (paid["status"], paid["payer"]) == ("sent", wallet.address)
    assert faults_of(payer.page) == []
    is_paid(payer, devnet)
    assert paid["transaction_hash"] in str(shop.get("/v1/deposits", {"limit": 3}))


def test_who_has_stx_pays_the_fee_alone(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    wallet.key = devnet.key("alice")
    intent = start(payer, wallet, shop)
    payer.clicks(LABELS["leather"])
    said(payer.page, SENT)
    assert sponsorships(shop, intent) == []


def test_too_little_sbtc_comes_before_the_fee(payer: Payer, wallet: Extension, shop: Shop) -> None:
    wallet.key = PrivateKey(bytes(31) + b"\x07")
    start(payer, wallet, shop)
    payer.clicks(LABELS["leather"])
    said(payer.page, "There are 0.00000000 sBTC in this wallet, and 0.00020000 are needed.")
    assert "stx_callContract" not in wallet.asked


# ------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize("kind", ALL)
def test_a_payer_declines_and_may_try_again(
    payer: Payer, wallet: Extension, shop: Shop, kind: str
) -> None:
    start(payer, wallet, shop, kind)
    for method in ASKED[kind][-1:]:
        wallet.answers[method] = lambda: {"error": REJECTIONS[kind]}
    payer.clicks(LABELS[kind])
    said(payer.page, "You declined in your wallet. Nothing was paid.")
    wallet.answers.clear()
    payer.clicks(LABELS[kind])
    said(payer.page, HANDED)


@pytest.mark.parametrize("kind", ["leather", "xverse"])
def test_a_wallet_that_fails_is_explained(
    payer: Payer, wallet: Extension, shop: Shop, kind: str
) -> None:
    start(payer, wallet, shop, kind)
    for error, words in FAILURES:
        wallet.answers[ASKED[kind][0]] = lambda error=error: {"error": error}  # type: ignore[misc]
        payer.clicks(LABELS[kind])
        said(payer.page, words)


def test_a_wallet_that_does_not_see_who_pays_is_asked_otherwise_the_next_time(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    start(payer, wallet, shop, "acme")
    lacks = {"code": -32603, "message": "transaction rejected: NotEnoughFunds"}
    wallet.answers["stx_callContract"] = lambda: {"error": lacks}
    payer.clicks(LABELS["acme"])
    said(payer.page, "Your wallet says: transaction rejected: NotEnoughFunds")
    payer.clicks(LABELS["acme"])
    said(payer.page, HANDED)
    assert wallet.asked[-1] == "stx_signTransaction"


def test_a_wallet_that_can_do_neither_is_told_of(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    start(payer, wallet, shop, "xverse")
    wallet.answers["stx_signTransaction"] = lambda: {"error": {"code": -32601, "message": "?"}}
    payer.clicks(LABELS["xverse"])
    said(payer.page, "This wallet cannot do that. Take another one, or pay by hand.")


@pytest.mark.parametrize("kind", ["leather", "xverse"])
def test_a_wallet_that_signs_something_else_is_told_of(
    payer: Payer, wallet: Extension, shop: Shop, kind: str
) -> None:
    wallet.signs_sats = 19_999
    intent = start(payer, wallet, shop, kind)
    payer.clicks(LABELS[kind])
    said(payer.page, "Your wallet signed something else than it was asked to")
    payer.shoots("sponsored-other")
    assert sponsorships(shop, intent) == []
    wallet.signs_sats = None
    payer.clicks(LABELS[kind])
    said(payer.page, HANDED)


def test_what_a_wallet_sends_itself_is_only_followed(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    intent = start(payer, wallet, shop)
    standard = "80800000000400" + "ab" * 300
    for result in ({"txid": "ee" * 32}, {"txid": "ee" * 32, "transaction": standard}):
        wallet.answers["stx_callContract"] = lambda result=result: {"result": result}  # type: ignore[misc]
        payer.clicks(LABELS["leather"])
        said(payer.page, SENT)
        payer.page.evaluate("sessionStorage.clear()")
        payer.page.reload()
    assert sponsorships(shop, intent) == []


def test_what_is_no_transaction_is_said(payer: Payer, wallet: Extension, shop: Shop) -> None:
    start(payer, wallet, shop)
    for text in ("80800000000400" + "ab" * 300, "00" * 300, "ab" * 30_000):
        wallet.answers["stx_callContract"] = lambda text=text: {"result": {"transaction": text}}  # type: ignore[misc]
        payer.clicks(LABELS["leather"])
        said(payer.page, "Your wallet signed something else than it was asked to")
    for nothing in ({}, {"txid": ""}, None):
        wallet.answers["stx_callContract"] = lambda raw=nothing: {"raw": raw}  # type: ignore[misc]
        payer.clicks(LABELS["leather"])
        said(payer.page, "Your wallet gave an answer that says nothing.")
        payer.clicks("Try again")


# ------------------------------------------------------------------------------------ silent, late, cut off


def test_a_silent_wallet_is_waited_for(payer: Payer, wallet: Extension, shop: Shop) -> None:
    payer.page.clock.install()
    start(payer, wallet, shop)
    wallet.answers["stx_callContract"] = lambda: {"never": True}
    payer.clicks(LABELS["leather"])
    said(payer.page, OFFER)
    said(payer.page, "pays it. Now compare amount and receiver in your wallet")
    payer.shoots("sponsored-offer")
    payer.page.clock.fast_forward(26_000)
    said(payer.page, "Your wallet has not answered yet.")
    wallet.answers.clear()
    payer.clicks("Try again")
    payer.clicks(LABELS["leather"])
    said(payer.page, HANDED)


def test_a_signature_that_comes_late_is_sent(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    payer.page.clock.install()
    start(payer, wallet, shop)
    wallet.later_ms = 60_000
    payer.clicks(LABELS["leather"])
    said(payer.page, OFFER)
    payer.page.clock.fast_forward(26_000)
    payer.clicks("Try again")
    expect(payer.page.get_by_role("button", name=LABELS["leather"])).to_be_enabled()
    payer.page.clock.fast_forward(60_000)
    said(payer.page, HANDED)
    payer.page.clock.resume()
    is_paid(payer, devnet)


def test_a_signature_that_comes_late_is_not_sent_beside_another(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    payer.page.clock.install()
    intent = start(payer, wallet, shop, "leather", "asigna")
    wallet.later_ms = 60_000
    payer.clicks(LABELS["leather"])
    said(payer.page, OFFER)
    payer.page.clock.fast_forward(26_000)
    payer.clicks("Try again")
    wallet.later_ms = 0
    handed = []
    payer.page.on(
        "request", lambda asked: handed.append(asked.url) if "sponsor" in asked.url else None
    )
    payer.clicks(LABELS["asigna"])
    said(payer.page, HANDED)
    payer.page.clock.fast_forward(60_000)
    payer.page.wait_for_timeout(300)
    said(payer.page, HANDED)
    assert len([url for url in handed if url.endswith("/wallet/sponsor")]) == 1
    assert len(sponsorships(shop, intent)) == 1
    payer.page.clock.resume()
    is_paid(payer, devnet)


def test_a_connection_that_breaks_costs_no_second_signature(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet, visitors: Visitors
) -> None:
    visitors.expected.append("wallet/sponsor")
    intent = start(payer, wallet, shop)
    payer.page.route("**/wallet/sponsor", lambda route: route.abort())
    payer.clicks(LABELS["leather"])
    said(payer.page, "You have signed. ")
    said(payer.page, "You have signed, but the connection broke.", 15_000)
    payer.shoots("sponsored-lost")
    payer.page.reload()
    said(payer.page, "You have signed, but the connection broke.", 15_000)
    expect(payer.page.locator("#copy-address")).to_be_hidden()
    payer.page.unroute("**/wallet/sponsor")
    payer.clicks("Try again")
    said(payer.page, HANDED)
    assert wallet.asked.count("stx_callContract") == 1
    assert len(sponsorships(shop, intent)) == 1
    is_paid(payer, devnet)


def test_an_answer_that_is_lost_is_asked_for_again(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet, visitors: Visitors
) -> None:
    visitors.expected.append("wallet/sponsor")
    intent = start(payer, wallet, shop)
    lost: list[int] = []

    def lose(route: Route) -> None:
        answer = route.fetch()
        lost.append(answer.status)
        if len(lost) == 1:
            route.abort()
        else:
            route.fulfill(response=answer)

    payer.page.route("**/wallet/sponsor", lose)
    payer.clicks(LABELS["leather"])
    said(payer.page, HANDED)
    assert lost == [200, 200]
    assert len(sponsorships(shop, intent)) == 1
    is_paid(payer, devnet)


def test_a_page_that_comes_back_remembers_who_has_sent_it(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    start(payer, wallet, shop)
    payer.clicks(LABELS["leather"])
    said(payer.page, HANDED)
    payer.page.reload()
    said(payer.page, HANDED)
    payer.shoots("sponsored-handed")
    expect(payer.page.locator("#wallet-choices button")).to_have_count(0)
    is_paid(payer, devnet)


# ------------------------------------------------------------------------------------ limits


def test_who_was_helped_enough_is_told_before_signing(
    payer: Payer, visitors: Visitors, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    devnet.order("faucet", address=wallet.address, sats=50_000)
    for _ in range(2):
        helped = Payer(visitors, shop)
        start(helped, wallet, shop)
        helped.clicks(LABELS["leather"])
        said(helped.page, HANDED)
        is_paid(helped, devnet)
    start(payer, wallet, shop)
    payer.clicks(LABELS["leather"])
    said(payer.page, "there are 0 in this wallet.")
    said(payer.page, "has paid as many fees for this wallet as it does in one day.")
    payer.shoots("sponsored-limit")
    assert wallet.asked.count("stx_callContract") == 2
    expect(payer.page.get_by_role("button", name="Pay all the same")).to_be_visible()


def test_another_payment_of_the_wallet_that_came_first_is_told_after_signing(
    payer: Payer, visitors: Visitors, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    devnet.order("faucet", address=wallet.address, sats=50_000)
    start(payer, wallet, shop)
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    payer.page.route("**/wallet/sponsor", hold)
    payer.clicks(LABELS["leather"])
    said(payer.page, "You have signed. ")
    helped = Payer(visitors, shop)
    start(helped, wallet, shop)
    helped.clicks(LABELS["leather"])
    said(helped.page, HANDED)
    is_paid(helped, devnet)
    waiting[0].continue_()
    said(payer.page, "Another transaction of this wallet comes first.")
    payer.page.unroute("**/wallet/sponsor")
    payer.clicks(LABELS["leather"])
    said(payer.page, HANDED)
    is_paid(payer, devnet)
