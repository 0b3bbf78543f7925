"""A payer before the hosted page: where they look, what they click, and the pictures that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Request, expect
from tests.browser.chromium import Visitors
from tests.served import Shop

__all__ = ["ITEMS", "SCREENSHOTS", "SHOP_SITE", "Payer", "narrow", "session"]

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
SHOP_SITE = "https://shop.example"
ITEMS = [
    {
        "price_data": {
            "currency": "btc",
            "unit_amount": 18_400,
            "product_data": {"name": "Espresso, house blend 250 g"},
        },
        "quantity": 2,
    },
    {
        "price_data": {
            "currency": "btc",
            "unit_amount": 42_000,
            "product_data": {"name": "Ceramic dripper"},
        },
        "quantity": 1,
    },
]
NEWS_MS = 10_000


def narrow(**options: Any) -> dict[str, Any]:
    """The options of a small phone's browser."""
    return {"viewport": {"width": 360, "height": 740}, "has_touch": True, **options}


def session(shop: Shop, **params: Any) -> dict[str, Any]:
    """A checkout session with two things in its cart."""
    wish = {
        "line_items": ITEMS,
        "success_url": f"{SHOP_SITE}/thanks?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{SHOP_SITE}/cart",
        **params,
    }
    return shop.post("/v1/checkout/sessions", wish)


class Payer:
    """One visitor with the hosted page open; asks nobody but the box and, at the end, the shop."""

    def __init__(self, visitors: Visitors, shop: Shop, **options: Any) -> None:
        self.page: Page = visitors.new(**{"locale": "en-GB", **options})
        self.left_for: list[Request] = []
        self._visitors = visitors
        self._shop = shop
        self.page.on("request", self._note)
        self.page.route(
            f"{SHOP_SITE}/**", lambda route: route.fulfill(body="thanks", content_type="text/html")
        )

    def open(self, payment: dict[str, Any], query: str = "") -> Page:
        """Open the page of a payment."""
        self.page.goto(f"{self._shop.url}/pay/{payment['id']}{query}")
        return self.page

    @property
    def heading(self) -> Locator:
        """What the page says the state is."""
        return self.page.locator("#heading")

    def sees(self, heading: str) -> None:
        """Wait until the page says so."""
        expect(self.heading).to_have_text(heading, timeout=NEWS_MS)

    def reads(self, *texts: str) -> None:
        """All of these are on the page."""
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    def clicks(self, name: str) -> None:
        """Press a button, or follow a link, by what it is called."""
        self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        ).click()

    def shoots(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True, animations="disabled")

    def _note(self, request: Request) -> None:
        if request.url.startswith(SHOP_SITE):
            self.left_for.append(request)
        elif not request.url.startswith((self._shop.url, "data:")):
            self._visitors.complaints.append(f"a request to {request.url}")
