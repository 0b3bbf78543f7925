"""The recipe for embedding, done: its pieces of HTML in a shop's page, under the policy it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.browser.chromium import Visitors
from tests.browser.embed_kit import frame_of, listed, session
from tests.browser.sites import Site
from tests.reader import blocks_of
from tests.served import Shop

pytestmark = pytest.mark.xdist_group("browser")

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/embed-the-checkout.md"
BLOCKS = blocks_of(PAGE.read_text(encoding="utf-8"))
INLINE, MODAL = (text for language, text in BLOCKS if language == "html")
(POLICY,) = (text.strip() for language, text in BLOCKS if language == "text")


def typed(text: str, shop: Shop, made: dict[str, Any]) -> str:
    """A piece of the recipe with a reader's own address, key and payment."""
    text = text.replace("http://127.0.0.1:8080", shop.url)
    return text.replace("pk_test_…", shop.publishable_key).replace("cs_test_…", made["id"])


def test_within_the_page(shop: Shop, site: Site, visitors: Visitors) -> None:
    listed(shop, site)
    made = session(shop)
    page = visitors.new()
    page.goto(site.page("/shop", typed(INLINE, shop, made), policy=typed(POLICY, shop, made)))
    frame_of(page).wait_for_selector("#start")


def test_over_the_page(shop: Shop, site: Site, visitors: Visitors) -> None:
    """Its script stands in a file of the shop, as its policy wants it."""
    listed(shop, site)
    made = session(shop)
    markup, _, script = typed(MODAL, shop, made).partition('<script type="module">')
    script = script.replace("</script>", "")
    site.pages["/session"] = ("text/plain", made["client_secret"].encode(), {})
    page = visitors.new()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(site.page("/shop", markup, script=script, policy=typed(POLICY, shop, made)))
    page.click("#pay")
    frame_of(page).click("#start")
    frame_of(page).wait_for_selector("#sandbox-exact")
    frame_of(page).click("#sandbox-exact")
    frame_of(page).wait_for_selector("text=Thank you")
    page.wait_for_timeout(200)
    assert f"paid: {made['id']}" in said
