"""A payer at the hosted page, from the first look to the receipt, while everything happens to the payment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Request, expect
from tests.browser.chromium import Visitors
from tests.browser.payers import SHOP_SITE, Payer, narrow, session
from tests.served import Served, Shop

pytestmark = pytest.mark.xdist_group("payer")


@pytest.fixture
def payer(visitors: Visitors, shop: Shop) -> Payer:
    """Somebody with a desktop computer."""
    return Payer(visitors, shop)


def test_a_cart_is_paid_and_leads_back_to_the_shop(payer: Payer, shop: Shop) -> None:
    cart = session(shop)
    page = payer.open(cart)
    payer.sees("Pay in bitcoin, with sBTC")
    payer.reads("Espresso, house blend 250 g × 2", "36,800 sats", "0.00078800 BTC")
    payer.shoots("ready")
    payer.clicks("Pay with sBTC")
    payer.sees("Send \u20680.00078800\u2069 sBTC")
    payer.shoots("waiting")
    payer.clicks("Pay exactly")
    payer.sees("Paid")
    expect(page.get_by_role("status")).to_have_text("Paid")
    assert "✓" in page.title()
    assert re.fullmatch(r"\d{1,2} \w{3} 20\d\d, \d\d:\d\d", page.locator("time").inner_text())
    payer.shoots("paid")
    payer.clicks("Show the receipt")
    payer.reads("Receipt", "Ceramic dripper", "78,800 sats")
    payer.shoots("receipt")
    payer.clicks("Back to the payment")
    page.locator("#return").click()
    page.wait_for_url(f"{SHOP_SITE}/**")
    assert page.url == f"{SHOP_SITE}/thanks?session={cart['id']}"
    (left,) = payer.left_for
    assert "referer" not in left.all_headers()


def test_a_part_then_the_rest(payer: Payer, shop: Shop) -> None:
    page = payer.open(shop.intent(20_000))
    payer.clicks("Pay too little")
    payer.sees("Send the rest: \u20680.00010000\u2069 sBTC")
    payer.reads("Arrived10,000 sats", "Still to send10,000 sats")
    assert page.locator("#copy-amount").get_attribute("data-copy") == "0.00010000"
    payer.shoots("part")
    payer.clicks("Pay exactly")
    payer.sees("Paid")


def test_too_much(payer: Payer, shop: Shop) -> None:
    payer.open(shop.intent(20_000))
    payer.clicks("Pay too much")
    payer.sees("Paid")
    payer.reads("You sent 5,000 sats more than was asked for.")
    payer.shoots("overpaid")


def test_too_late(payer: Payer, shop: Shop) -> None:
    payer.open(shop.intent(20_000))
    payer.clicks("Pay too late")
    payer.sees("The time is over")
    payer.reads("20,000 sats arrived after the time was over. They are not lost")
    payer.shoots("late")


def test_time_runs_out_and_the_payer_starts_again(payer: Payer, shop: Shop) -> None:
    cart = session(shop)
    payer.open(cart)
    payer.clicks("Pay with sBTC")
    payer.sees("Send \u20680.00078800\u2069 sBTC")
    first = shop.get(f"/v1/checkout/sessions/{cart['id']}")["payment_intent"]
    shop.sandbox("expire", payment=first)
    payer.sees("The time is over")
    payer.shoots("expired")
    payer.clicks("Start again")
    payer.sees("Send \u20680.00078800\u2069 sBTC")
    payer.clicks("Pay exactly")
    payer.sees("Paid")


def test_the_shop_withdraws_it(payer: Payer, shop: Shop) -> None:
    intent = shop.intent(20_000)
    payer.open(intent)
    shop.post(f"/v1/payment_intents/{intent['id']}/cancel")
    payer.sees("Canceled")
    payer.shoots("canceled")


def test_blocks_are_counted_as_they_come(payer: Payer, shop: Shop) -> None:
    intent = shop.intent(50_000_000)
    payer.open(intent)
    payer.clicks("Pay exactly")
    payer.sees("Your payment has arrived")
    payer.reads("1 of 6 Bitcoin blocks", "This usually takes another 50 minutes.")
    shop.sandbox("mine", count=2, bitcoin=True)
    payer.reads("3 of 6 Bitcoin blocks")
    expect(payer.page.get_by_role("status")).to_have_text("3 of 6 Bitcoin blocks")
    payer.shoots("confirming")
    payer.clicks("Mine a block")
    payer.reads("4 of 6 Bitcoin blocks")
    shop.sandbox("mine", count=2, bitcoin=True)
    payer.sees("Paid")


def test_a_reorganisation_takes_the_payment_back(payer: Payer, shop: Shop) -> None:
    intent = shop.intent(50_000_000)
    page = payer.open(intent)
    payer.clicks("Pay exactly")
    payer.sees("Your payment has arrived")
    shop.sandbox("reorg", depth=1, drop=True)
    payer.sees("Wait a moment before you do anything")
    payer.reads("Do not pay a second time.")
    payer.shoots("reorganised")
    expect(page.get_by_text("Scan with a wallet")).to_be_hidden()
    page.get_by_text("My wallet says that the transaction is gone").click()
    expect(page.get_by_text("Scan with a wallet")).to_be_visible()
    shop.pay(intent)
    payer.sees("Paid")


def test_even_a_paid_page_follows_a_reorganisation(payer: Payer, shop: Shop) -> None:
    payer.open(shop.intent(20_000))
    payer.clicks("Pay exactly")
    payer.sees("Paid")
    shop.sandbox("reorg", depth=1, drop=True)
    payer.sees("Wait a moment before you do anything")


def test_the_chain_stands_still(payer: Payer, shop: Shop) -> None:
    intent = shop.intent(20_000)
    shop.sandbox("stall")
    try:
        # Even long after the payment's end nobody is told that the time is over.
        shop.sandbox("advance", seconds=2_000)
        page = payer.open(intent)
        payer.reads("The network makes no blocks at the moment", "Your time does not run out")
        expect(page.locator("#left")).to_have_count(0)
        payer.shoots("standstill")
    finally:
        shop.sandbox("resume")
    page.reload()
    expect(page.locator("#left")).to_have_text(re.compile(r"^1[45]:\d\d$"))
    payer.clicks("Pay exactly")
    payer.sees("Paid")


def test_the_time_is_over_but_the_shop_still_waits(payer: Payer, shop: Shop) -> None:
    shop.post("/v1/account", {"payment_policy": {"late_grace_seconds": 3_600}})
    intent = shop.intent(20_000)
    payer.page.clock.install()
    page = payer.open(intent)
    page.locator("#left").wait_for()
    shop.sandbox("advance", seconds=1_000)
    page.clock.fast_forward("15:30")
    payer.reads("The time is over: do not send anything now.")
    expect(page.locator("#value-address")).to_have_count(0)
    payer.shoots("overtime")
    shop.pay(intent)
    page.clock.run_for(1_000)
    payer.sees("Paid")


def is_stream(request: Request) -> bool:
    """Whether a request is that for the page's news."""
    return request.url.endswith("/live")


def test_a_page_in_the_background_rests_and_catches_up(payer: Payer, shop: Shop) -> None:
    intent = shop.intent(20_000)
    payer.page.clock.install()
    page = payer.open(intent)
    page.locator("#left").wait_for()
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    turn = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(hide % "true" + turn)
    with page.expect_event("requestfailed", is_stream):
        page.clock.fast_forward("00:11")
    shop.pay(intent, amount=5_000)
    payer.sees("Send \u20680.00020000\u2069 sBTC")
    page.evaluate(hide % "false" + turn)
    payer.sees("Send the rest: \u20680.00015000\u2069 sBTC")
    page.evaluate(hide % "true" + turn)
    with page.expect_event("requestfailed", is_stream):
        page.clock.fast_forward("00:11")
    shop.pay(intent)
    page.clock.fast_forward("00:31")
    payer.sees("Paid")  # Now and then it looks, so that its title says so among other tabs.


def test_a_reload_in_the_middle(payer: Payer, shop: Shop) -> None:
    page = payer.open(shop.intent(20_000))
    payer.clicks("Pay too little")
    payer.sees("Send the rest: \u20680.00010000\u2069 sBTC")
    page.reload()
    payer.sees("Send the rest: \u20680.00010000\u2069 sBTC")
    payer.clicks("Pay exactly")
    payer.sees("Paid")
    page.reload()
    payer.sees("Paid")


def test_two_tabs(payer: Payer, visitors: Visitors, shop: Shop) -> None:
    cart = session(shop)
    other = Payer(visitors, shop, **narrow())
    for each in (payer, other):
        each.open(cart)
    for each in (payer, other):
        each.clicks("Pay with sBTC")
        each.sees("Send \u20680.00078800\u2069 sBTC")
    texts = [each.page.locator("#value-memo").inner_text() for each in (payer, other)]
    assert texts[0] == texts[1]
    other.clicks("Pay exactly")
    for each in (payer, other):
        each.sees("Paid")


def test_without_scripts_the_page_looks_again_by_itself(visitors: Visitors, shop: Shop) -> None:
    cart = session(shop)
    payer = Payer(visitors, shop, java_script_enabled=False)
    page = payer.open(cart)
    payer.clicks("Pay with sBTC")
    payer.sees("Send \u20680.00078800\u2069 sBTC")
    expect(page.locator("noscript .hint")).to_be_visible()
    assert re.fullmatch(r"until \d\d:\d\d UTC", page.locator("#left").inner_text())
    expect(page.locator(".qr")).to_be_visible()
    expect(page.locator(".copy").first).to_be_hidden()
    payer.shoots("without-scripts")
    shop.pay(cart)
    payer.sees("Paid")
    payer.clicks("Show the receipt")
    payer.reads("Receipt number")


def test_without_a_stream_the_page_asks(payer: Payer, shop: Shop) -> None:
    intent = shop.intent(20_000)
    payer.page.route("**/live", lambda route: route.fulfill(status=429, body=""))
    payer._visitors.expected.append("429")
    payer.open(intent)
    shop.pay(intent)
    payer.sees("Paid")


def test_the_server_starts_again_while_the_page_is_open(visitors: Visitors, tmp_path: Path) -> None:
    with Served.running(tmp_path / "data") as served:
        shop = served.shop()
        intent = shop.intent(20_000)
        payer = Payer(visitors, shop)
        visitors.expected += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY"]
        page = payer.open(intent)
        served.stop()
        expect(page.get_by_role("status")).to_contain_text("No connection", timeout=12_000)
        payer.shoots("no-connection")
        served.start()
        shop.pay(intent)
        payer.sees("Paid")


def test_the_time_is_counted_down(payer: Payer, shop: Shop) -> None:
    payer.page.clock.install()
    page = payer.open(shop.intent(20_000))
    left = page.locator("#left")
    expect(left).to_have_text(re.compile(r"^1[45]:\d\d$"))
    page.clock.fast_forward("14:05")
    expect(left).to_have_text(re.compile(r"^0:\d\d$"))
    expect(page.get_by_role("status")).to_have_text("One minute is left to pay.")
    payer.shoots("one-minute")
