"""The point of sale in a browser: by touch, by keyboard, live, in the dark, and without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.chromium import NEIGHBOUR, Visitors, faults_of, sticking_out
from tests.browser.payers import NEWS_MS, SCREENSHOTS, narrow
from tests.served import Shop

pytestmark = pytest.mark.xdist_group("browser")

SMALL_TARGETS = """
[...document.querySelectorAll("a, button, summary, label:has(input[type=radio])")]
  .filter((each) => each.checkVisibility())
  .map((each) => [each.textContent.trim(), each.getBoundingClientRect()])
  .filter(([, box]) => box.height < 24 || box.width < 24)
  .map(([name]) => name)
"""


def till(visitors: Visitors, shop: Shop, **options: Any) -> Page:
    """A phone that was just paired, asking nobody but the box."""
    shop.post("/v1/account", {"business_profile": {"name": "Rösterei Nordlicht"}})
    page = visitors.new(**{"locale": "en-GB", **options})
    strangers = visitors.complaints
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((shop.url, "data:"))
            else strangers.append(f"a request to {request.url}")
        ),
    )
    page.goto(shop.post("/v1/pos_terminals", {"name": "Counter 1"})["url"])
    page.locator("#pair").click()
    page.wait_for_url(f"{shop.url}/pos")
    return page


def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")


def state(page: Page, name: str) -> None:
    """Wait until the sale is in that state."""
    expect(page.locator("#panel")).to_have_attribute("data-state", name, timeout=NEWS_MS)


def test_a_sale_by_touch(visitors: Visitors, shop: Shop) -> None:
    page = till(visitors, shop, **narrow(is_mobile=True))
    for key in ("1", "5", "000"):
        page.locator(".keys button").get_by_text(key, exact=True).tap()
    expect(page.locator("#amount")).to_have_value("15000")
    expect(page.locator("#other")).to_have_text("0.00015000 BTC")
    shoot(page, "till-keypad")
    page.get_by_label("Note, which the customer reads").fill("Two coffees")
    page.locator("#charge").tap()
    expect(page.locator("#heading")).to_have_text("Scan to pay")
    shoot(page, "till-sale")
    page.locator("#sandbox-under").tap()
    expect(page.locator("#heading")).to_have_text("7,500 sats are still missing", timeout=NEWS_MS)
    page.locator("#sandbox-exact").tap()
    state(page, "paid")
    shoot(page, "till-paid")
    page.locator("#next").tap()
    page.get_by_role("link", name="Today").tap()
    expect(page.locator(".sales")).to_contain_text("Two coffees")
    expect(page.locator(".sum")).to_contain_text("15,000 sats")
    shoot(page, "till-today")


def test_the_customers_own_phone_pays(visitors: Visitors, shop: Shop) -> None:
    """What the code says is the address of the payment's page."""
    page = till(visitors, shop)
    page.locator("#amount").fill("700")
    page.keyboard.press("Enter")
    state(page, "waiting")
    id = str(page.locator("#panel").get_attribute("data-payment"))
    customer = visitors.new(locale="de", **narrow())
    customer.goto(f"{shop.url}/pay/{id}")
    customer.locator("#sandbox-exact").click()
    state(customer, "paid")
    state(page, "paid")


def test_a_keyboard_is_enough(visitors: Visitors, shop: Shop) -> None:
    page = till(visitors, shop)
    page.keyboard.type("1200")
    page.keyboard.press("Backspace")
    expect(page.locator("#amount")).to_have_value("120")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#amount")).to_have_value("0.0000012")
    expect(page.locator("#other")).to_have_text("120 sats")
    # Digits count wherever the focus is, but in a field of its own.
    page.keyboard.type("5")
    expect(page.locator("#amount")).to_have_value("0.00000125")
    page.locator("#charge").focus()
    page.keyboard.press("Enter")
    state(page, "waiting")
    assert "0.00000125 BTC" in page.title()
    shop.pay({"id": page.locator("#panel").get_attribute("data-payment")})
    state(page, "paid")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/pos")
    expect(page.locator("input[value=btc]")).to_be_checked()
    expect(page.locator("#amount")).to_be_focused()


def test_keys_do_what_a_hand_expects(visitors: Visitors, shop: Shop) -> None:
    page = till(visitors, shop)
    keys, amount = page.locator(".keys button"), page.locator("#amount")
    for key in ("0", "000", "0", "7"):
        keys.get_by_text(key, exact=True).click()
    expect(amount).to_have_value("7")
    page.get_by_role("button", name="Delete the last digit").click()
    expect(amount).to_have_value("")
    page.get_by_role("radio", name="BTC").check()
    for key in ("0", ".", ".", "5"):
        keys.get_by_text(key, exact=True).click()
    expect(amount).to_have_value("0.5")
    page.get_by_role("radio", name="sats").check()
    expect(amount).to_have_value("50000000")
    # A key that was clicked does not catch the Enter that is meant for the form.
    keys.get_by_text("1", exact=True).click()
    page.keyboard.press("Enter")
    state(page, "waiting")
    assert "5.00000001 BTC" in page.title()


def test_a_server_that_says_no(visitors: Visitors, shop: Shop) -> None:
    visitors.expected.append("400")
    page = till(visitors, shop)
    page.locator("#amount").fill("22000000")
    page.get_by_role("radio", name="BTC").check()
    page.locator("#amount").fill("22000000")
    page.locator("#charge").click()
    expect(page.get_by_role("alert")).to_have_text(
        "This is more than there is bitcoin in the world."
    )
    expect(page.locator("#amount")).to_have_value("22000000")
    expect(page.locator("input[value=btc]")).to_be_checked()


def test_without_scripts(visitors: Visitors, shop: Shop) -> None:
    page = till(visitors, shop, java_script_enabled=False, **narrow())
    expect(page.locator("#keys")).to_be_hidden()
    page.locator("#amount").fill("900")
    page.locator("#charge").click()
    expect(page.locator("#heading")).to_have_text("Scan to pay")
    id = page.url.rpartition("/")[2]
    shop.pay({"id": id})
    # The page refreshes itself.
    expect(page.locator("#heading")).to_have_text("Paid", timeout=NEWS_MS)
    page.locator("#next").click()
    page.get_by_role("link", name="Today").click()
    expect(page.locator(".sum")).to_contain_text("900 sats")


def test_a_box_on_the_shops_own_network(visitors: Visitors, shop: Shop) -> None:
    """Without TLS browsers say less about where a form comes from."""
    visitors.expected.append("Cross-Origin-Opener-Policy")
    page = visitors.new(**narrow())
    url = shop.url.replace("127.0.0.1", NEIGHBOUR)
    page.goto(shop.post("/v1/pos_terminals", {"name": "Counter 1"})["url"].replace(shop.url, url))
    page.locator("#pair").click()
    page.wait_for_url(f"{url}/pos")
    page.locator("#amount").fill("900")
    page.locator("#charge").click()
    page.locator("#cancel").click()
    page.wait_for_url(f"{url}/pos")
    assert len(shop.get("/v1/payment_intents")["data"]) == 1


def test_taking_back_and_unpairing(visitors: Visitors, shop: Shop) -> None:
    visitors.expected.append("401")
    page = till(visitors, shop)
    page.locator("#amount").fill("900")
    page.keyboard.press("Enter")
    page.locator("#cancel").click()
    page.wait_for_url(f"{shop.url}/pos")
    page.get_by_role("link", name="Today").click()
    expect(page.locator(".sales")).to_contain_text("Not paid")
    page.locator("summary").click()
    page.locator("#unpair").click()
    expect(page.locator("#heading")).to_have_text("This phone is not paired")
    assert page.context.cookies(f"{shop.url}/pos")[0]["name"] == "stacktill_pos_offset"


def test_no_script_reads_the_key(visitors: Visitors, shop: Shop) -> None:
    page = till(visitors, shop)
    page.locator("#amount").fill("900")
    assert "rk_" not in page.evaluate("document.cookie + JSON.stringify(localStorage)")
    (cookie,) = (
        each for each in page.context.cookies(f"{shop.url}/pos") if each["name"] == "stacktill_pos"
    )
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/pos")


def test_another_site_cannot_sell(visitors: Visitors, shop: Shop, site: Any) -> None:
    """Neither a form nor a link of another site reaches the till with its cookie."""
    visitors.expected += ["401", "403", f"a request to {site.origin}"]
    page = till(visitors, shop)
    body = (
        f'<form method="post" action="{shop.url}/pos/sales"><input name="amount" value="5">'
        f'<input name="unit" value="sats"><button>Win</button></form><a href="{shop.url}/pos">x</a>'
    )
    page.goto(site.page("/evil", body))
    page.get_by_role("button").click()
    expect(page.locator("#heading")).to_have_text("This cannot be done from here")
    assert shop.get("/v1/payment_intents")["data"] == []
    page.goto(f"{shop.url}/pos")
    expect(page.locator("#charge")).to_be_visible()


@pytest.mark.parametrize(
    "looks", [narrow(color_scheme="dark"), {"locale": "ar"}], ids=["phone", "desktop"]
)
def test_nothing_is_in_anybodys_way(visitors: Visitors, shop: Shop, looks: dict[str, Any]) -> None:
    """On a phone by night and on a desktop by day, in both directions, with the longest words."""
    visitors.expected.append("401")
    page = till(visitors, shop, reduced_motion="reduce", **looks)
    page.locator("#amount").fill("900")
    checked(page)
    page.keyboard.press("Enter")
    state(page, "waiting")
    page.locator("summary").click()
    checked(page)
    paths = ["/pos", page.url.removeprefix(shop.url), "/pos/sales"]
    for path in (f"{path}?lang={language}" for path in paths for language in ("de", "ja")):
        page.goto(shop.url + path)
        assert sticking_out(page) == []
    page.goto(shop.url + paths[1])
    shop.pay({"id": page.locator("#panel").get_attribute("data-payment")})
    state(page, "paid")
    checked(page)
    page.goto(f"{shop.url}/pos/sales")
    page.locator("summary").click()
    checked(page)
    page.goto(shop.post("/v1/pos_terminals", {"name": "Counter 2"})["url"])
    checked(page)
    page.locator("#pair").click()
    page.goto(f"{shop.url}/pos/pair?key=rk_none")
    checked(page)


def checked(page: Page) -> None:
    assert sticking_out(page) == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert faults_of(page) == []
