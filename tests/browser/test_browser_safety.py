"""Whatever a merchant writes is only ever shown; what the page knows stays with the payer."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from tests.browser.chromium import Visitors
from tests.browser.payers import SHOP_SITE, Payer
from tests.served import Refusal, Shop

pytestmark = pytest.mark.xdist_group("payer")

STRINGS = (
    "<script>window.hit = 1</script>",
    '"><img src=x onerror="window.hit = 1">',
    "'><svg onload='window.hit = 1'>",
    "</title></style></textarea><script>window.hit = 1</script>",
    "{{ 7 * 191 }} {% raw %} ${7 * 191} #{7 * 191} %(store)s %s",
    "javascript:window.hit=1",
    "<base href='https://evil.example/'><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><button>Pay with sBTC</button>",
    "\u202egnp.tnemyap\u2066 \u200b\u200f",
    "&lt;script&gt;&#x27;",
)


def looks_safe(page: Page, text: str) -> None:
    """The text is there as it was written, and nothing came of it."""
    assert page.evaluate("window.hit") is None
    shown = page.evaluate("document.body.textContent + document.title")
    assert text in shown
    assert "1337" not in shown
    ours = (
        "[...document.scripts].every((each) => each.src.startsWith(location.origin + '/assets/'))"
    )
    assert page.evaluate(ours)
    assert (
        page.evaluate("document.querySelectorAll('base, img, main form[action*=evil]').length") == 0
    )


@pytest.mark.parametrize("text", STRINGS)
def test_what_a_merchant_writes_is_only_shown(visitors: Visitors, shop: Shop, text: str) -> None:
    shop.post("/v1/account", {"business_profile": {"name": text}})
    item = {
        "price_data": {
            "currency": "btc",
            "unit_amount": 700,
            "product_data": {"name": text, "description": text},
        },
        "quantity": 2,
    }
    link = shop.post(
        "/v1/payment_links",
        {
            "line_items": [item],
            "inactive_message": text,
            "after_completion": {
                "type": "hosted_confirmation",
                "hosted_confirmation": {"custom_message": text},
            },
            "metadata": {"note": text},
        },
    )
    cart = shop.post(
        "/v1/checkout/sessions",
        {
            "line_items": [item],
            "success_url": f"{SHOP_SITE}/?{quote(text)}",
            "cancel_url": f"{SHOP_SITE}/?{quote(text)}",
            "client_reference_id": text,
        },
    )
    intent = shop.intent(20_000, description=text, metadata={"note": text})
    visit = shop.http.post(f"{shop.url}/pay/{link['id']}").headers["location"]
    paid = {"id": visit.removeprefix("/pay/")}
    shop.pay(paid)
    payer = Payer(visitors, shop)
    for payment in (link, cart, intent, paid):
        looks_safe(payer.open(payment), text)
    looks_safe(payer.open({"id": f"{paid['id']}/receipt"}), text)
    shop.post(f"/v1/payment_links/{link['id']}", {"active": False})
    looks_safe(payer.open(link), text)
    payer.open(intent)
    shop.pay(intent)
    payer.sees("Paid")
    looks_safe(payer.page, text)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a@evil.example", "/x"],
)
@pytest.mark.parametrize("name", ["success_url", "cancel_url"])
def test_nobody_is_sent_to_what_is_no_web_address(shop: Shop, name: str, url: str) -> None:
    item = {"price_data": {"currency": "btc", "unit_amount": 7, "product_data": {"name": "x"}}}
    urls = {"success_url": f"{SHOP_SITE}/thanks", name: url}
    with pytest.raises(Refusal):
        shop.post("/v1/checkout/sessions", {"line_items": [{**item, "quantity": 1}], **urls})


def test_the_address_of_a_visit_says_nothing_but_the_visit(visitors: Visitors, shop: Shop) -> None:
    """No address of the shop, no colour and no text can be brought along in a link."""
    intent = shop.intent(20_000)
    payer = Payer(visitors, shop)
    evil = quote('"><script>window.hit = 1</script>')
    names = ("lang", "origin", "embed", "return_url", "success_url", "cancel_url", "message")
    query = "&".join(f"{name}={evil}" for name in names)
    page = payer.open(intent, f"?{query}")
    assert page.evaluate("window.hit") is None
    payer.clicks("Pay exactly")
    payer.sees("Paid")
    assert page.locator("#return").count() == 0
    assert page.locator("html[data-parent]").count() == 0


def test_secrets_stay_at_home(visitors: Visitors, shop: Shop) -> None:
    intent = shop.intent(20_000, receipt_email="ada@shop.example")
    payer = Payer(visitors, shop)
    asked: list[str] = []
    payer.page.on("request", lambda request: asked.append(request.url))
    page = payer.open(intent)
    payer.clicks("Pay exactly")
    payer.sees("Paid")
    for text in (page.content(), *asked):
        assert intent["client_secret"] not in text
        assert "ada@shop.example" not in text
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == [
        "",
        0,
        0,
    ]


def test_scripts_from_text_are_refused_by_the_browser(visitors: Visitors, shop: Shop) -> None:
    """Were there a hole in the page, the policy would still stand behind it."""
    visitors.expected += ["Content Security Policy", "Trusted"]
    payer = Payer(visitors, shop)
    page = payer.open(shop.intent(20_000))
    for attempt in (
        "document.body.innerHTML = '<img src=x onerror=\"window.hit = 1\">'",
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.hit = 1'}))",
        "document.body.setAttribute('onclick', 'window.hit = 1'); document.body.click()",
        "new Function('window.hit = 1')()",
    ):
        # Later, because what a debugger evaluates itself is free of the policy.
        page.evaluate(f"setTimeout(() => {{ try {{ {attempt} }} catch {{}} window.tried = 1 }})")
        page.wait_for_function("() => window.tried")
        page.evaluate("window.tried = 0")
        assert page.evaluate("window.hit") is None
    expect(payer.heading).to_contain_text("sBTC")
