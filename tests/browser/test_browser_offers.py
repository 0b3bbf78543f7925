"""Links that ask how much, and buttons in somebody's plain page, as a visitor's browser meets them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.chromium import Visitors, faults_of, sticking_out
from tests.browser.payers import NEWS_MS, Payer, narrow
from tests.browser.sites import Site
from tests.served import Shop

pytestmark = pytest.mark.xdist_group("browser")


def tips(shop: Shop) -> dict[str, Any]:
    shop.post("/v1/account", {"business_profile": {"name": "Rösterei Nordlicht"}})
    custom = {"enabled": True, "minimum": 1_000, "maximum": 500_000, "preset": 10_000}
    price = {
        "currency": "btc",
        "custom_unit_amount": custom,
        "product_data": {"name": "For the band"},
    }
    item = {"price": shop.post("/v1/prices", price)["id"], "quantity": 1}
    return shop.post("/v1/payment_links", {"line_items": [item]})


def cakes(shop: Shop) -> dict[str, Any]:
    data = {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Cake"}}
    item = {"price_data": data, "quantity": 2, "adjustable_quantity": {"enabled": True}}
    fixed = {"price_data": {**data, "product_data": {"name": "Gift box"}}, "quantity": 1}
    return shop.post("/v1/payment_links", {"line_items": [item, fixed]})


def asked(page: Page, amount: str) -> None:
    """Wait until the page says what to send."""
    expect(page.locator("#heading")).to_have_text(re.compile(f"^Send .?{amount}.? sBTC$"))


def paid(page: Page) -> None:
    page.locator("#sandbox-exact").click()
    expect(page.locator("#panel")).to_have_attribute("data-state", "paid", timeout=NEWS_MS)


def test_an_amount_of_ones_own(visitors: Visitors, shop: Shop) -> None:
    visitors.expected.append("400")
    payer = Payer(visitors, shop, **narrow())
    page = payer.open(tips(shop))
    payer.sees("How much do you want to pay?")
    payer.shoots("choose-amount")
    page.locator("#amount").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Choose at least 1,000 sats.")
    expect(page.locator("#amount")).to_be_focused()
    page.get_by_role("radio", name="BTC").check()
    page.locator("#amount").fill("0,0002")
    page.locator("#start").click()
    asked(page, "0.00020000")
    paid(page)


def test_quantities(visitors: Visitors, shop: Shop) -> None:
    payer = Payer(visitors, shop)
    page = payer.open(cakes(shop))
    payer.shoots("choose-quantity")
    page.get_by_label("Cake").fill("3")
    page.locator("#start").click()
    asked(page, "0.00002800")
    payer.reads("× 3", "Gift box")
    paid(page)


def test_choosing_without_scripts(visitors: Visitors, shop: Shop) -> None:
    payer = Payer(visitors, shop, java_script_enabled=False, **narrow())
    page = payer.open(tips(shop))
    page.locator("#amount").fill("٢٥٠٠")
    page.locator("#start").click()
    asked(page, "0.00002500")


@pytest.mark.parametrize(
    "looks", [narrow(color_scheme="dark"), {"locale": "ar"}], ids=["phone", "desktop"]
)
def test_nothing_is_in_anybodys_way(visitors: Visitors, shop: Shop, looks: dict[str, Any]) -> None:
    visitors.expected.append("400")
    pages = [f"/pay/{tips(shop)['id']}", f"/pay/{cakes(shop)['id']}", "/button?token=x"]
    pages.append(shop.post("/v1/pay_buttons", {"amount": 900, "description": "Tea"})["url"])
    page = visitors.new(reduced_motion="reduce", **looks)
    for path in pages:
        page.goto(path if path.startswith("http") else shop.url + path)
        assert sticking_out(page) == []
        assert faults_of(page) == []
    for language in ("de", "ja"):
        page.goto(f"{shop.url}{pages[0]}?lang={language}")
        assert sticking_out(page) == []
    page.goto(shop.url + pages[0])
    page.locator("#amount").fill("1")
    page.locator("#start").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert sticking_out(page) == []
    assert faults_of(page) == []


class TestButtons:
    """In a page of plain HTML on another origin, whose policy runs no script at all."""

    def visited(self, visitors: Visitors, shop: Shop, site: Site, html: str) -> Page:
        policy = f"default-src 'none'; img-src data:; form-action {shop.url}; base-uri 'none'"
        page = visitors.new(locale="en-GB")
        site.page("/shop", html, policy=policy)
        page.goto(site.origin + "/shop")
        return page

    def test_a_press(self, visitors: Visitors, shop: Shop, site: Site) -> None:
        visitors.expected.append("Content Security Policy")  # The site's own script, of the kit.
        button = shop.post("/v1/pay_buttons", {"amount": 15_000, "label": "Buy <coffee>"})
        page = self.visited(visitors, shop, site, button["html"])
        page.get_by_role("button", name="Buy <coffee>").click()
        asked(page, "0.00015000")
        paid(page)

    def test_an_edited_price(self, visitors: Visitors, shop: Shop, site: Site) -> None:
        """What a visitor changes with the browser's own tools."""
        visitors.expected += ["Content Security Policy", "400"]
        button = shop.post("/v1/pay_buttons", {"amount": 15_000})
        page = self.visited(visitors, shop, site, button["html"])
        page.evaluate(
            """() => {
              const field = document.querySelector("[name=token]");
              const [body, ...rest] = field.value.split(".");
              const terms = atob(body.replaceAll("-", "+").replaceAll("_", "/"));
              const less = btoa(terms.replace("15000", "1")).replace(/=+$/, "");
              const forged = less.replaceAll("+", "-").replaceAll("/", "_");
              field.value = [forged, ...rest].join(".");
            }"""
        )
        page.get_by_role("button").click()
        expect(page.locator("#heading")).to_have_text("This pay button was changed")
        assert shop.get("/v1/payment_intents")["data"] == []

    def test_a_link_behind_it(self, visitors: Visitors, shop: Shop, site: Site) -> None:
        visitors.expected.append("Content Security Policy")
        link = tips(shop)
        button = shop.post("/v1/pay_buttons", {"payment_link": link["id"]})
        page = self.visited(visitors, shop, site, button["html"])
        page.get_by_role("button").click()
        expect(page.locator("#heading")).to_have_text("How much do you want to pay?")
