"""The checkout within a shop's page on another origin, under as strict a policy as shops have."""

from __future__ import annotations

import pytest
from tests.browser.chromium import Visitors, faults_of
from tests.browser.embed_kit import frame_of, heard, inline, listed, modal, session, types_heard
from tests.browser.sites import Site
from tests.served import Shop, until

pytestmark = pytest.mark.xdist_group("browser")


def test_inline_from_the_first_look_to_the_receipt(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    listed(shop, site)
    made = session(shop)
    page = visitors.new()
    page.goto(inline(shop, site, made["client_secret"]))
    assert heard(page, "ready") == {"payment": made["id"], "status": "open"}
    frame = frame_of(page)
    assert made["client_secret"] not in frame.url, "the secret stays in the shop's page"
    frame.click("#start")
    frame.wait_for_selector("#sandbox-exact")
    tall = frame.evaluate("document.body.getBoundingClientRect().height")
    page.wait_for_function(
        "tall => Math.abs(checkout.shadowRoot.querySelector('iframe').offsetHeight - tall) <= 1",
        arg=tall,
    )
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    frame.click("#sandbox-under")
    frame.wait_for_selector("text=10,000")
    shop.pay(made)
    assert heard(page, "complete") == {"payment": made["id"], "status": "complete"}
    assert page.evaluate("checkout.outcome") == {"payment": made["id"], "status": "complete"}
    frame.wait_for_selector("text=Paid")
    page.wait_for_function(
        "tall => checkout.shadowRoot.querySelector('iframe').offsetHeight < tall", arg=tall
    )
    assert types_heard(page).count("complete") == 1
    assert frame.get_attribute("#return", "href") == "https://shop.example/thanks"
    assert faults_of(page) == []


def test_a_dialog_holds_the_focus_and_gives_it_back(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    listed(shop, site)
    made = session(shop)
    page = visitors.new()
    page.goto(modal(shop, site, made["client_secret"]))
    page.focus("#pay")
    page.keyboard.press("Enter")
    frame = frame_of(page)
    heard(page, "ready")
    assert page.get_by_role("dialog", name="Checkout").get_attribute("aria-modal") == "true"
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
    assert page.evaluate("checkout.shadowRoot.activeElement.tagName") == "IFRAME"
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") not in ("before", "pay", "after")
    assert faults_of(page) == []
    frame.focus("#start")
    page.keyboard.press("Escape")
    assert heard(page, "close") == {"payment": made["id"], "status": "open"}
    page.wait_for_function("() => !document.querySelector('stacktill-checkout')")
    assert page.evaluate("document.activeElement.id") == "pay"
    assert page.evaluate("document.documentElement.style.overflow") == ""
    assert page.evaluate("checkout.outcome") == {"payment": made["id"], "status": "open"}


def test_a_dialog_closes_by_its_button_and_by_escape_beside_the_frame(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    listed(shop, site)
    made = session(shop)
    page = visitors.new()
    page.goto(modal(shop, site, made["client_secret"]))
    for leave in ("button", "escape"):
        page.click("#pay")
        frame_of(page)
        heard(page, "ready")
        close = page.get_by_role("button", name="Close")
        if leave == "button":
            close.click()
        else:
            close.focus()
            page.keyboard.press("Escape")
        page.wait_for_function("() => !document.querySelector('stacktill-checkout')")
        assert types_heard(page)[-1] == "close"
        page.evaluate("heard.length = 0")
    assert page.evaluate("document.documentElement.style.overflow") == ""


def test_a_dialog_fills_a_phone_and_stays_within_it(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    listed(shop, site)
    made = session(shop)
    page = visitors.new(
        viewport={"width": 360, "height": 640},
        has_touch=True,
        color_scheme="dark",
        reduced_motion="reduce",
    )
    page.goto(modal(shop, site, made["client_secret"]))
    page.click("#pay")
    frame = frame_of(page)
    heard(page, "ready")
    dialog = page.get_by_role("dialog").bounding_box()
    assert dialog is not None
    assert (dialog["width"], dialog["height"]) == (360, 640)
    assert not frame.evaluate("document.documentElement.scrollWidth > innerWidth")
    closer = page.get_by_role("button", name="Close").bounding_box()
    assert closer is not None
    assert min(closer["width"], closer["height"]) >= 44
    moving = "checkout.shadowRoot.querySelector('dialog').getAnimations().length"
    assert page.evaluate(moving) == 0


def test_the_language_that_the_shop_asks_for(shop: Shop, site: Site, visitors: Visitors) -> None:
    listed(shop, site)
    made = session(shop)
    page = visitors.new()
    page.goto(modal(shop, site, made["client_secret"], options=', locale: "ar"'))
    page.click("#pay")
    frame = frame_of(page)
    heard(page, "ready")
    assert page.get_by_role("dialog", name="الدفع").is_visible()
    assert page.get_by_role("button", name="إغلاق").is_visible()
    assert frame.evaluate("document.documentElement.lang + document.documentElement.dir") == "arrtl"


def test_a_payment_that_is_confirmed_slowly(shop: Shop, site: Site, visitors: Visitors) -> None:
    listed(shop, site)
    made = shop.intent(200_000)
    page = visitors.new()
    page.goto(inline(shop, site, made["client_secret"]))
    heard(page, "ready")
    shop.pay(made, mine=False)
    shop.sandbox("mine", count=1)
    assert heard(page, "processing") == {"payment": made["id"], "status": "processing"}
    assert page.evaluate("checkout.status") == "processing"
    shop.sandbox("mine", count=2, bitcoin=True)
    heard(page, "complete")
    assert types_heard(page) == ["ready", "processing", "complete"]


def test_a_shop_that_is_cross_origin_isolated(shop: Shop, site: Site, visitors: Visitors) -> None:
    listed(shop, site)
    made = session(shop)
    address = inline(shop, site, made["client_secret"])
    kind, body, headers = site.pages["/inline"]
    isolated = {
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    site.pages["/inline"] = (kind, body, {**headers, **isolated})
    page = visitors.new()
    page.goto(address)
    assert page.evaluate("crossOriginIsolated")
    heard(page, "ready")
    frame_of(page).click("#start")
    frame_of(page).wait_for_selector("#sandbox-exact")


def test_the_receipt_is_read_within_the_dialog(shop: Shop, site: Site, visitors: Visitors) -> None:
    listed(shop, site)
    made = session(shop)
    page = visitors.new()
    page.goto(modal(shop, site, made["client_secret"]))
    page.click("#pay")
    frame = frame_of(page)
    frame.click("#start")
    frame.wait_for_selector("#sandbox-exact")
    shop.pay(made)
    frame.click("#receipt")
    frame.wait_for_url("**/receipt?*")

    def has_left() -> bool:
        # The receipt listens once it has been greeted, which takes a moment on a busy machine.
        page.keyboard.press("Escape")
        page.wait_for_timeout(50)
        return "close" in types_heard(page)

    until(has_left)
    assert heard(page, "close")["status"] == "complete"


def test_an_expired_payment_is_told(shop: Shop, site: Site, visitors: Visitors) -> None:
    listed(shop, site)
    made = shop.intent()
    page = visitors.new()
    page.goto(inline(shop, site, made["client_secret"]))
    heard(page, "ready")
    shop.post(f"/v1/payment_intents/{made['id']}/cancel")
    assert heard(page, "expired") == {"payment": made["id"], "status": "expired"}


def test_another_payment_in_the_same_element(shop: Shop, site: Site, visitors: Visitors) -> None:
    listed(shop, site)
    first, second, made = shop.intent(), shop.intent(30_000), session(shop)
    page = visitors.new()
    page.goto(inline(shop, site, first["client_secret"]))
    heard(page, "ready")
    page.evaluate("heard.length = 0")
    page.evaluate("id => { checkout.payment = id }", second["id"])
    assert heard(page, "ready")["payment"] == second["id"]
    shop.pay(first)
    shop.pay(second)
    assert heard(page, "complete")["payment"] == second["id"]
    page.evaluate("heard.length = 0")
    page.evaluate("id => checkout.show(async () => id)", first["id"])
    assert heard(page, "ready")["payment"] == first["id"]
    page.evaluate("heard.length = 0")
    page.evaluate("id => { checkout.payment = id }", made["id"])
    assert heard(page, "ready")["payment"] == made["id"]
    page.evaluate("checkout.remove()")
    assert page.evaluate("checkout.open") is False
