"""The payer's page for everyone: any language, any screen, a keyboard, a reader, the dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.chromium import Visitors, faults_of, sticking_out
from tests.browser.payers import Payer, narrow, session
from tests.browser.scenes import SCENES
from tests.served import Shop

from stacktill.web.pages.i18n.languages import LANGUAGES, Language

pytestmark = pytest.mark.xdist_group("payer")

SMALL_TARGETS = """
[...document.querySelectorAll("a, button, summary")]
  .filter((each) => each.checkVisibility())
  .map((each) => [each.textContent.trim(), each.getBoundingClientRect()])
  .filter(([, box]) => box.height < 24 || box.width < 24)
  .map(([name]) => name)
"""


@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_in_anybodys_way(visitors: Visitors, shop: Shop, scene: str) -> None:
    """On any screen, by day and by night, in both directions, with the longest words."""
    visitors.expected.append("404")
    path = f"/pay/{SCENES[scene](shop)}"
    phone = visitors.new(**narrow(reduced_motion="reduce"))
    phone.goto(shop.url + path)
    # 320 is a desktop's page at four times its size, as WCAG asks.
    phone.set_viewport_size({"width": 320, "height": 256})
    assert phone.evaluate(SMALL_TARGETS) == []
    assert faults_of(phone) == []
    desktop = visitors.new(color_scheme="dark", locale="ar", reduced_motion="reduce")
    desktop.goto(shop.url + path)
    assert faults_of(desktop) == []
    assert desktop.evaluate("document.dir") == "rtl"
    assert sticking_out(desktop) == []
    phone.goto(f"{shop.url}{path}?lang=de")
    assert sticking_out(phone) == []


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.code)
def test_each_languages_first_screen(visitors: Visitors, shop: Shop, language: Language) -> None:
    shop.post("/v1/account", {"business_profile": {"name": "Rösterei Nordlicht"}})
    payer = Payer(visitors, shop, **narrow(locale=language.code))
    page = payer.open(session(shop))
    root = page.locator("html")
    expect(root).to_have_attribute("lang", language.code)
    expect(root).to_have_attribute("dir", language.direction)
    payer.shoots(f"language-{language.code}-ready")
    page.locator("#start").click()
    expect(page.locator("#copy-memo")).to_be_visible()
    payer.shoots(f"language-{language.code}-waiting")
    assert sticking_out(page) == []
    switch = page.get_by_role("link", name="English", exact=True)
    switch.click()
    expect(root).to_have_attribute("lang", "en")
    page.get_by_role("link", name=language.name, exact=True).click()
    expect(root).to_have_attribute("lang", language.code)


def test_a_session_says_the_language(visitors: Visitors, shop: Shop) -> None:
    payer = Payer(visitors, shop, locale="fr")
    page = payer.open(session(shop, locale="ja"))
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    payer.open(session(shop, locale="auto"))
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def focused(page: Page) -> str:
    """The id of what has the focus."""
    return str(page.evaluate("document.activeElement.id"))


def test_a_keyboard_is_enough(visitors: Visitors, shop: Shop) -> None:
    payer = Payer(visitors, shop, permissions=["clipboard-read", "clipboard-write"])
    page = payer.open(shop.intent(20_000))
    order = []
    for _ in range(12):
        page.keyboard.press("Tab")
        order.append(focused(page))
    wanted = ["copy-amount", "copy-address", "copy-memo", "", "sandbox-exact", "sandbox-under"]
    start = order.index("copy-amount")
    assert order[start : start + len(wanted)] == wanted
    page.locator("#copy-address").focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Copied")
    address = page.locator("#copy-address").get_attribute("data-copy")
    assert page.evaluate("navigator.clipboard.readText()") == address
    assert page.locator("#value-address").evaluate("each => each.textContent") == address
    page.locator("#sandbox-exact").press("Enter")
    payer.sees("Paid")
    assert focused(page) == "heading"


def test_copying_works_without_a_clipboard(visitors: Visitors, shop: Shop) -> None:
    """As on a shop's own network without TLS, where browsers offer none."""
    payer = Payer(visitors, shop, permissions=["clipboard-read"])
    payer.page.add_init_script(
        "Object.defineProperty(navigator.clipboard, 'writeText', {value: () => Promise.reject()})"
    )
    page = payer.open(shop.intent(20_000))
    for field in ("amount", "address", "memo"):
        page.locator(f"#copy-{field}").click()
        expect(page.locator(f"#copy-{field}")).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.locator(f"#copy-{field}").get_attribute("data-copy")


def test_what_is_open_stays_open_and_the_focus_stays(visitors: Visitors, shop: Shop) -> None:
    payer = Payer(visitors, shop)
    intent = shop.intent(20_000)
    page = payer.open(intent)
    page.get_by_text("How to pay, step by step").click()
    page.locator("#copy-memo").focus()
    shop.pay(intent, amount=5_000)
    payer.sees("Send the rest: \u20680.00015000\u2069 sBTC")
    expect(page.get_by_text("Open your Stacks wallet")).to_be_visible()
    assert focused(page) == "copy-memo"


def test_who_wants_no_motion_sees_none(visitors: Visitors, shop: Shop) -> None:
    payer = Payer(visitors, shop, reduced_motion="reduce")
    page = payer.open(shop.intent(20_000))
    assert page.evaluate("document.getAnimations().length") == 0
    moving = Payer(visitors, shop, reduced_motion="no-preference")
    assert moving.open(shop.intent(20_000)).evaluate("document.getAnimations().length") > 0


def test_pictures_of_the_night_and_of_the_phone(visitors: Visitors, shop: Shop) -> None:
    shop.post("/v1/account", {"business_profile": {"name": "Rösterei Nordlicht"}})
    dark = Payer(visitors, shop, color_scheme="dark")
    phone = Payer(visitors, shop, **narrow())
    for scene in ("waiting", "confirming", "paid"):
        id = SCENES[scene](shop)
        for payer, name in ((dark, "dark"), (phone, "phone")):
            payer.open({"id": id})
            payer.shoots(f"{name}-{scene}")


@pytest.mark.parametrize(
    "colours", [("#ffe600", "#101418"), ("#0b0b0b", "#fefefe"), ("#8a8a8a", "#ff00aa")]
)
def test_a_stores_colours_can_always_be_read(
    visitors: Visitors, shop: Shop, colours: tuple[str, str]
) -> None:
    branding = dict(zip(("primary_color", "secondary_color"), colours, strict=True))
    shop.post("/v1/account", {"settings": {"branding": branding}})
    paths = [f"/pay/{SCENES[scene](shop)}" for scene in ("waiting", "paid")]
    for scheme in ("light", "dark"):
        payer = Payer(visitors, shop, color_scheme=scheme, reduced_motion="reduce")
        for path in paths:
            payer.page.goto(shop.url + path)
            assert faults_of(payer.page) == []
        payer.shoots(f"brand-{colours[0][1:]}-{scheme}")


def test_on_paper(visitors: Visitors, shop: Shop) -> None:
    """Black on white whatever the colours, and a receipt of play money says that it is one."""
    branding = {"primary_color": "#ffe600", "secondary_color": "#101418"}
    shop.post("/v1/account", {"settings": {"branding": branding}})
    page = visitors.new(color_scheme="dark", reduced_motion="reduce")
    page.emulate_media(media="print", color_scheme="dark")
    for scene in ("receipt", "waiting", "paid"):
        page.goto(f"{shop.url}/pay/{SCENES[scene](shop)}")
        expect(page.get_by_text("Test mode: no real money moves here.")).to_be_visible()
        assert [fault for fault in faults_of(page) if fault.startswith("color-contrast")] == []
        ink = "each => getComputedStyle(each).color"
        assert page.locator(".total").evaluate(ink) == "rgb(0, 0, 0)"
    expect(page.locator("#return")).to_be_hidden()
