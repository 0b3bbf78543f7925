"""Shops that hold the checkout in their pages, and what those pages hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.browser.sites import Site, shop_policy
from tests.served import Shop, until

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

__all__ = [
    "BODY",
    "LISTEN",
    "frame_of",
    "heard",
    "inline",
    "listed",
    "modal",
    "session",
    "types_heard",
]

EVENTS = ["ready", "processing", "complete", "expired", "close", "error"]
LISTEN = f"""
window.heard = [];
window.hear = (checkout) => {{
  for (const type of {EVENTS}) checkout.addEventListener(type, (event) => heard.push([type, event.detail]));
  window.checkout = checkout;
}};
"""
BODY = (
    '<main><h1>A shop</h1><p><a href="#top" id="before">Before</a></p>{}'
    '<p><button id="after">After</button></p></main>'
)


def listed(shop: Shop, *sites: Site) -> None:
    """Let these sites hold the shop's checkout."""
    name = "settings[checkout][allowed_origins]"
    shop.post("/v1/account", {f"{name}[{n}]": site.origin for n, site in enumerate(sites)})


def session(shop: Shop, **params: Any) -> dict[str, Any]:
    """An embedded session of 20,000 sats."""
    item = {"currency": "btc", "unit_amount": 20_000, "product_data": {"name": "Tea"}}
    wish = {"line_items": [{"price_data": item, "quantity": 1}], "ui_mode": "embedded"}
    return shop.post(
        "/v1/checkout/sessions", {**wish, "return_url": "https://shop.example/thanks", **params}
    )


def inline(shop: Shop, site: Site, payment: str, **more: str) -> str:
    """A page with the element in it; its address."""
    element = f'<stacktill-checkout payment="{payment}"></stacktill-checkout>'
    script = f"""{LISTEN}hear(document.querySelector("stacktill-checkout"));
    import "{shop.url}/v1/stacktill.js";"""
    policy = more.get("policy") or shop_policy(shop.url)
    return site.page("/inline", BODY.format(element), script=script, policy=policy)


def modal(shop: Shop, site: Site, payment: str, **more: str) -> str:
    """A page with a button that opens the checkout over it; its address."""
    script = f"""import {{ Stacktill }} from "{shop.url}/v1/stacktill.js";
    {LISTEN}
    const till = Stacktill("{shop.publishable_key}");
    const open = () => hear(till.openCheckout({{ payment: "{payment}" {more.get("options", "")} }}));
    document.getElementById("pay").addEventListener("click", open);
    """
    policy = more.get("policy") or shop_policy(shop.url)
    body = BODY.format('<button id="pay">Pay</button>' + "<p>Long page.</p>" * 60)
    return site.page("/modal", body, script=script, policy=policy)


def frame_of(page: Page) -> Frame:
    """The payer's page within the shop's, as soon as it is there."""

    def find() -> Frame | None:
        page.wait_for_timeout(30)
        return next((frame for frame in page.frames if "/pay/" in frame.url), None)

    found = until(find)
    assert found is not None
    found.wait_for_selector("#panel")
    return found


def heard(page: Page, type: str) -> dict[str, Any]:
    """The detail of the first event of a type, as soon as the shop's page has heard it."""
    page.wait_for_function("type => heard.some(each => each[0] === type)", arg=type)
    detail: dict[str, Any] = page.evaluate("type => heard.find(each => each[0] === type)[1]", type)
    return detail


def types_heard(page: Page) -> list[str]:
    """The types of all events so far."""
    types: list[str] = page.evaluate("heard.map(each => each[0])")
    return types
