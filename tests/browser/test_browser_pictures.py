"""The pictures of the README. ``make pictures`` takes those in ``docs/images`` anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.chromium import Visitors
from tests.browser.embed_kit import frame_of
from tests.browser.payers import SCREENSHOTS, narrow, session
from tests.served import Shop

pytestmark = pytest.mark.xdist_group("browser")

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
PLACE = IMAGES if os.environ.get("PICTURES") == "new" else SCREENSHOTS / "readme"
MOST_BYTES = 150_000
STORE = {
    "business_profile": {"name": "Rösterei Nordlicht"},
    "settings": {"branding": {"primary_color": "#0b5d51"}},
}


def take(page: Page, name: str) -> None:
    """Take a picture of what the window shows."""
    PLACE.mkdir(parents=True, exist_ok=True)
    picture = page.screenshot(path=PLACE / f"{name}.png", animations="disabled")
    assert len(picture) <= MOST_BYTES, name


def test_the_payers_page_on_a_desktop_and_on_a_phone(visitors: Visitors, shop: Shop) -> None:
    shop.post("/v1/account", STORE)
    cart = session(shop)
    page = visitors.new(locale="en-GB", viewport={"width": 1200, "height": 780})
    page.goto(f"{shop.url}/pay/{cart['id']}")
    page.locator("#start").click()
    expect(page.locator("#copy-memo")).to_be_visible()
    take(page, "payment-page")
    phone = visitors.new(locale="en-GB", color_scheme="dark", **narrow(device_scale_factor=2))
    phone.goto(f"{shop.url}/pay/{cart['id']}")
    expect(phone.locator("#copy-memo")).to_be_visible()
    take(phone, "payment-page-on-a-phone")


def test_the_point_of_sale(visitors: Visitors, shop: Shop) -> None:
    shop.post("/v1/account", STORE)
    page = visitors.new(locale="en-GB", **narrow(is_mobile=True, device_scale_factor=2))
    page.goto(shop.post("/v1/pos_terminals", {"name": "Counter 1"})["url"])
    page.locator("#pair").click()
    page.keyboard.type("15000")
    page.get_by_label("Note, which the customer reads").fill("Two coffees")
    page.locator("#amount").focus()
    take(page, "point-of-sale")


def test_the_demo_shop(visitors: Visitors, shop: Shop) -> None:
    page = visitors.new(locale="en-GB", viewport={"width": 1200, "height": 780})
    page.goto(f"{shop.url}/demo")
    for sku in ("coffee", "mug"):
        page.click(f"#add-{sku}")
        page.wait_for_selector(f"#less-{sku}")
    page.click("#pay")
    frame_of(page).click("#start")
    frame_of(page).wait_for_selector("#sandbox-exact")
    page.wait_for_timeout(300)  # The dialog grows with what is in it.
    take(page, "demo-shop")


def test_the_readme_shows_them_all() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"docs/images/([\w-]+\.png)", text)
    assert sorted(shown) == sorted(path.name for path in IMAGES.iterdir())
    assert all((IMAGES / name).stat().st_size <= MOST_BYTES for name in shown)
