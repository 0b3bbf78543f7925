"""Where payers and their wallets are: on phones, at keyboards, in shops' frames, beside other wallets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, Response, expect
from plugins.chain_stacks.tests.devnet_kit import Devnet
from tests.browser.chromium import Visitors, faults_of
from tests.browser.embed_kit import frame_of, heard, inline, listed
from tests.browser.payers import Payer, narrow
from tests.browser.sites import Site
from tests.browser.wallet_kit import (
    LABELS,
    REJECTIONS,
    SENT,
    Extension,
    is_paid,
    said,
    start,
)
from tests.live import live_box, live_shop
from tests.served import Served, Shop

from stacktill.web.pages.checkout.qr import qr_code

pytestmark = pytest.mark.xdist_group("browser")

OWN_PAGE = "Open this page on its own, to pay with a wallet in your browser"


@pytest.fixture(scope="module")
def served(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with live_box(devnet, tmp_path_factory.mktemp("places")) as box:
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


# ------------------------------------------------------------------------------------ on phones


def test_who_has_no_wallet_here_gets_onto_a_phone(payer: Payer, shop: Shop) -> None:
    intent = shop.intent(20_000)
    page = payer.open(intent)
    expect(page.locator("#wallets")).to_be_hidden()
    page.get_by_text("My wallet is on a phone").click()
    payer.reads("Scan this with your phone", f"/pay/{intent['id']}")
    drawn = page.locator(".phone .qr")
    expect(drawn).to_be_visible()
    link = page.locator(".phone a")
    expect(link).to_be_hidden()
    assert drawn.evaluate("(picture) => picture.decode().then(() => picture.naturalWidth)") > 0
    meant = str(qr_code(link.get_attribute("href") or "", keeps_case=True))
    assert meant[4:] in shop.http.get(f"{shop.url}/pay/{intent['id']}/phone.svg").text
    assert faults_of(page) == []
    payer.shoots("wallet-phone")


def test_on_a_phone_one_tap_leads_into_the_wallet(
    visitors: Visitors, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    payer = Payer(visitors, shop, **narrow(is_mobile=True))
    start(payer, wallet, shop)
    page = payer.page
    page.get_by_text("My wallet is on a phone").click()
    expect(page.locator(".phone .qr")).to_be_hidden()
    link = page.get_by_role("link", name="Open this page in Xverse")
    expect(link).to_be_visible()
    address = link.get_attribute("href") or ""
    assert address.startswith("https://connect.xverse.app/browser?url=http%3A%2F%2F")
    assert faults_of(page) == []
    payer.shoots("wallet-small")
    # There the wallet is in the page.
    page.get_by_role("button", name=LABELS["leather"]).tap()
    said(page, SENT)
    is_paid(payer, devnet)


def test_the_page_stays_small(payer: Payer, wallet: Extension, shop: Shop) -> None:
    """All of its files together, as they are: on the way they are compressed to a third of that."""
    sizes: dict[str, int] = {}

    def weigh(answer: Response) -> None:
        if not answer.url.endswith("/live"):
            sizes[answer.url] = len(answer.body())

    payer.page.on("response", weigh)
    start(payer, wallet, shop)
    expect(payer.page.get_by_role("button", name=LABELS["leather"])).to_be_visible()
    assert len(sizes) == 7, sizes
    assert sum(sizes.values()) < 56_000, sizes


def test_test_mode_asks_no_wallet(payer: Payer, wallet: Extension, served: Served) -> None:
    sandbox = served.shop()
    wallet.into(payer.page, "leather")
    payer.page.goto(f"{served.url}/pay/{sandbox.intent(20_000)['id']}")
    payer.sees("Send \u20680.00020000\u2069 sBTC")
    assert payer.page.locator("#wallets").count() == 0
    assert "wallets" not in payer.page.content()


# ------------------------------------------------------------------------------------ at keyboards


def test_a_keyboard_is_enough(payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet) -> None:
    start(payer, wallet, shop, "leather", "xverse")
    page = payer.page
    focused = "document.activeElement.dataset.wallet ?? document.activeElement.id"
    page.locator("#wallet-choices button").first.wait_for()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "LeatherProvider":
            break
    wallet.answers["stx_callContract"] = lambda: {"error": REJECTIONS["leather"]}
    page.keyboard.press("Enter")
    said(page, "You declined in your wallet. Nothing was paid.")
    assert page.evaluate(focused) == "LeatherProvider", "the focus stays where it was"
    wallet.answers["stx_callContract"] = lambda: {"raw": {}}
    page.keyboard.press("Space")
    said(page, "Your wallet gave an answer that says nothing.")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "wallet-again"
    wallet.answers.clear()
    page.keyboard.press("Enter")
    page.locator("#wallet-choices button").nth(1).focus()
    page.keyboard.press("Enter")
    said(page, SENT)
    is_paid(payer, devnet)


# ------------------------------------------------------------------------------------ beside others


def test_one_wallet_fails_and_another_pays(
    payer: Payer, wallet: Extension, shop: Shop, devnet: Devnet
) -> None:
    start(payer, wallet, shop, "leather", "xverse", "noise")
    wallet.answers["getAddresses"] = lambda: {"error": {"code": -32002, "message": "locked"}}
    payer.clicks(LABELS["leather"])
    said(payer.page, "Your wallet is locked. Unlock it, then try again.")
    payer.clicks(LABELS["xverse"])
    said(payer.page, SENT)
    assert wallet.signed[0].kind == "xverse"
    is_paid(payer, devnet)


def test_while_one_wallet_is_asked_no_other_is(payer: Payer, wallet: Extension, shop: Shop) -> None:
    start(payer, wallet, shop, "leather", "xverse")
    wallet.answers["stx_callContract"] = lambda: {"never": True}
    payer.clicks(LABELS["leather"])
    said(payer.page, "Now compare amount and receiver")
    asked = len(wallet.asked)
    buttons = payer.page.locator("#wallet-choices button")
    expect(buttons.nth(1)).to_have_attribute("aria-disabled", "true")
    for button in buttons.all():
        button.click(force=True)
    payer.page.wait_for_timeout(300)
    assert len(wallet.asked) == asked


def test_wallets_that_announce_themselves_long_after_the_page_are_found(
    payer: Payer, wallet: Extension, shop: Shop
) -> None:
    start(payer, wallet, shop, "later")
    expect(payer.page.locator("#wallets")).to_be_hidden()
    button = payer.page.get_by_role("button", name=LABELS["acme"])
    expect(button).to_be_visible(timeout=12_000)
    button.click()
    said(payer.page, SENT)


def test_what_cannot_be_looked_at_is_no_wallet(payer: Payer, wallet: Extension, shop: Shop) -> None:
    start(payer, wallet, shop, "trap", "leather")
    expect(payer.page.locator("#wallet-choices button")).to_have_text([LABELS["leather"]])


# ------------------------------------------------------------------------------------ in shops' frames


def framed(
    page: Page, wallet: Extension, shop: Shop, site: Site, *kinds: str
) -> tuple[dict[str, Any], Frame]:
    """A shop's page that holds a payment, before somebody with wallets; the payment and its frame."""
    listed(shop, site)
    intent = shop.intent(20_000)
    wallet.into(page.context, *kinds)
    page.goto(inline(shop, site, intent["client_secret"]))
    return intent, frame_of(page)


def test_a_frame_leads_to_the_page_where_wallets_are(
    visitors: Visitors, wallet: Extension, shop: Shop, devnet: Devnet, site: Site
) -> None:
    page = visitors.new(locale="en-GB")
    intent, frame = framed(page, wallet, shop, site, "top")
    link = frame.get_by_role("link", name=OWN_PAGE)
    expect(link).to_be_visible()
    expect(frame.locator("#wallet-choices button")).to_have_count(0)
    expect(frame.locator("#copy-address")).to_be_visible()
    assert faults_of(page) == []
    with page.context.expect_page() as opened:
        link.click()
    own = opened.value
    assert own.url == f"{shop.url}/pay/{intent['id']}?lang=en"
    own.get_by_role("button", name=LABELS["leather"]).click()
    said(own, SENT)
    devnet.mine()
    expect(own.locator("#heading")).to_have_text("Paid", timeout=10_000)
    expect(frame.locator("#heading")).to_have_text("Paid", timeout=10_000)
    assert heard(page, "complete") == {"payment": intent["id"], "status": "complete"}


def test_a_wallet_that_is_in_the_frame_pays_there(
    visitors: Visitors, wallet: Extension, shop: Shop, devnet: Devnet, site: Site
) -> None:
    page = visitors.new(locale="en-GB")
    _, frame = framed(page, wallet, shop, site, "xverse")
    frame.get_by_role("button", name=LABELS["xverse"]).click()
    expect(frame.locator("#wallet-said")).to_contain_text(SENT)
    expect(frame.get_by_role("link", name=OWN_PAGE)).to_be_hidden()
    devnet.mine()
    heard(page, "complete")
