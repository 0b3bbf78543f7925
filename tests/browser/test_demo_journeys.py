"""The demo shop as newcomers meet it: from the cart to the verified webhook, in every way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser.chromium import Visitors, faults_of
from tests.browser.embed_kit import frame_of
from tests.browser.payers import SCREENSHOTS
from tests.served import Served

from stacktill.web.pages.i18n.languages import LANGUAGES, Language

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page, Route

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A box of its own: the demo shop sells for its first store."""
    with Served.running(tmp_path_factory.mktemp("demo") / "data") as appliance:
        yield appliance


def fill(page: Page, box: Served, *skus: str) -> None:
    """Put one of each into the cart."""
    page.goto(f"{box.url}/demo")
    for sku in skus:
        page.click(f"#add-{sku}")
        page.wait_for_selector(f"#less-{sku}")


def pay(frame: Frame | Page) -> None:
    """Pay on the sandbox, from the payer's page."""
    frame.click("#start")
    frame.wait_for_selector("#sandbox-exact")
    frame.click("#sandbox-exact")
    frame.wait_for_selector("text=Thank you")


def check_paid(page: Page) -> None:
    """The order's page shows the webhook that paid it, raw and checked."""
    page.wait_for_selector("#status.paid")
    letter = page.locator("details.letter[open]")
    assert letter.locator(".checks .wrong").count() == 0
    assert letter.locator(".checks .right").count() == 6
    raw = letter.locator("pre.raw").inner_text()
    assert re.search(r"stripe-signature: t=\d+,v1=[0-9a-f]{64}", raw)
    assert '"object":"event"' in raw
    assert "The order is paid. The parcel may leave." in letter.inner_text()
    shown = page.content()
    assert not re.search(r"(sk|rk)_test_\w|whsec_\w", shown), "no secret is shown"


def test_over_the_page(box: Served, visitors: Visitors) -> None:
    page = visitors.new()
    fill(page, box, "coffee", "mug")
    assert "39,000 sats" in page.inner_text("#pay")
    assert faults_of(page) == []
    page.screenshot(path=SCREENSHOTS / "demo-cart.png", full_page=True)
    page.click("#pay")
    pay(frame_of(page))
    page.screenshot(path=SCREENSHOTS / "demo-paid.png")
    page.get_by_role("button", name="Close").click()
    page.wait_for_url(f"{box.url}/demo/orders/*")
    check_paid(page)
    assert page.locator("#heard code").all_inner_texts()[0] == "ready"
    assert "complete" in page.locator("#heard code").all_inner_texts()
    assert faults_of(page) == []
    page.screenshot(path=SCREENSHOTS / "demo-order.png", full_page=True)
    page.goto(f"{box.url}/demo")
    assert page.is_disabled("#pay"), "the cart is empty again"
    page.click(".orders a")
    check_paid(page)


def test_the_return_button_leads_to_the_order(box: Served, visitors: Visitors) -> None:
    page = visitors.new()
    fill(page, box, "stickers")
    page.click("#pay")
    frame = frame_of(page)
    pay(frame)
    frame.click("#return")
    page.wait_for_url(f"{box.url}/demo/orders/*")
    check_paid(page)


def test_within_the_page(box: Served, visitors: Visitors) -> None:
    page = visitors.new()
    fill(page, box, "notebook")
    page.check("input[value=inline]")
    page.click("#pay")
    page.wait_for_url(f"{box.url}/demo/orders/*")
    page.click("#your-check > summary")
    pay(frame_of(page))
    check_paid(page)
    assert page.get_attribute("#your-check", "open") is not None, "what was opened stays open"
    assert faults_of(page) == []


def test_on_a_page_of_its_own_without_any_script(box: Served, visitors: Visitors) -> None:
    page = visitors.new(java_script_enabled=False)
    page.goto(f"{box.url}/demo")
    page.click("#add-mug")
    page.click("#more-mug")
    assert "42,000 sats" in page.inner_text("#pay")
    page.check("input[value=page]")
    page.click("#pay")
    page.wait_for_url(f"{box.url}/pay/*")
    page.click("#start")
    page.click("#sandbox-exact")
    while page.query_selector("#return") is None:
        page.reload()
    page.click("#return")
    page.wait_for_url(f"{box.url}/demo/orders/*")
    while page.query_selector("#status.paid") is None:
        page.reload()
    check_paid(page)


def test_by_keyboard_on_a_phone_in_the_dark(box: Served, visitors: Visitors) -> None:
    page = visitors.new(
        viewport={"width": 360, "height": 700}, color_scheme="dark", reduced_motion="reduce"
    )
    page.goto(f"{box.url}/demo")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "add-coffee":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#less-coffee")
    assert page.evaluate("document.activeElement.id") == "add-coffee", "the focus stays"
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert faults_of(page) == []
    page.focus("#pay")
    page.keyboard.press("Enter")
    frame = frame_of(page)
    frame.wait_for_selector("#start")
    page.wait_for_function(
        "() => document.querySelector('stacktill-checkout').shadowRoot.activeElement?.tagName === 'IFRAME'"
    )
    frame.focus("#start")
    page.keyboard.press("Enter")
    frame.wait_for_selector("#sandbox-exact")
    frame.focus("#sandbox-exact")
    page.keyboard.press("Enter")
    frame.wait_for_selector("text=Thank you")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{box.url}/demo/orders/*")
    check_paid(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert faults_of(page) == []


def test_a_closed_checkout_opens_again(box: Served, visitors: Visitors) -> None:
    page = visitors.new()
    fill(page, box, "coffee")
    page.click("#pay")
    frame_of(page).wait_for_selector("#start")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{box.url}/demo/orders/*")
    assert page.inner_text("#status") == "Waits for payment"
    page.click("#again")
    pay(frame_of(page))
    page.keyboard.press("Escape")
    check_paid(page)


def test_a_restart_in_between_loses_nothing(visitors: Visitors, tmp_path: Path) -> None:
    """The shop's memory is gone; the cookie and the API are enough, and the webhook comes after."""
    visitors.expected += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE", "ERR_EMPTY", "ERR_CONNECTION"]
    with Served.running(tmp_path / "data") as box:
        page = visitors.new()
        fill(page, box, "coffee", "notebook")
        page.check("input[value=inline]")
        page.click("#pay")
        page.wait_for_url(f"{box.url}/demo/orders/*")
        order = page.url
        frame_of(page).click("#start")
        frame_of(page).wait_for_selector("#sandbox-exact")
        box.stop()
        page.wait_for_timeout(1500)
        box.start()
        page.wait_for_selector("text=keeps its orders in memory only")
        assert "30,500 sats" in page.inner_text(".sum")
        frame_of(page).wait_for_selector("#sandbox-exact")
        frame_of(page).click("#sandbox-exact")
        check_paid(page)
        box.stop()
        box.start()
        page.goto(order)
        page.wait_for_selector("#status.paid")
        assert "The API says so" in page.content()
        keys = [line for line in box.run("keys", "list").splitlines() if "demo shop" in line]
        assert len(keys) == 2, "the keys of the first start still do"


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.code)
def test_in_every_language(box: Served, visitors: Visitors, language: Language) -> None:
    """Chosen by hand, kept from page to page, and taken along to the payer's page."""
    page = visitors.new(viewport={"width": 360, "height": 700})
    page.goto(f"{box.url}/demo?lang={language.code}")
    page.click("#add-coffee")
    page.wait_for_selector("#less-coffee")
    assert page.get_attribute("html", "lang") == language.code
    assert page.evaluate("getComputedStyle(document.body).direction") == language.direction
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert faults_of(page) == []
    page.check("input[value=inline]")
    page.click("#pay")
    page.wait_for_url(f"{box.url}/demo/orders/*")
    assert page.get_attribute("html", "lang") == language.code
    assert frame_of(page).get_attribute("html", "lang") == language.code
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert faults_of(page) == []


def test_who_closes_at_once_finds_the_order(box: Served, visitors: Visitors) -> None:
    page = visitors.new()
    fill(page, box, "mug")

    def dawdle(route: Route) -> None:
        page.wait_for_timeout(600)
        route.continue_()

    page.route("**/demo/orders", dawdle)
    page.click("#pay")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{box.url}/demo/orders/*")
    assert page.inner_text("#status") == "Waits for payment"


def test_an_order_that_fails_is_told_and_tried_again(box: Served, visitors: Visitors) -> None:
    visitors.expected += ["503"]
    page = visitors.new()
    fill(page, box, "mug")
    page.route("**/demo/orders", lambda route: route.fulfill(status=503, body="no"), times=1)
    page.click("#pay")
    page.get_by_role("button", name="Try again").click()
    frame_of(page).wait_for_selector("#start")


def test_what_one_visitor_buys_no_other_sees(box: Served, visitors: Visitors) -> None:
    page = visitors.new()
    fill(page, box, "coffee")
    page.check("input[value=inline]")
    page.click("#pay")
    page.wait_for_url(f"{box.url}/demo/orders/*")
    order = page.url
    visitors.expected += ["404"]
    other = visitors.new()
    answer = other.goto(order)
    assert answer is not None
    assert answer.status == 404
    assert "Coffee" not in other.inner_text("body")
    other.goto(f"{box.url}/demo")
    assert other.is_disabled("#pay")
    fill(other, box, "mug")
    assert other.goto(order).status == 404  # type: ignore[union-attr]
