"""A real browser: apt's Chromium, driven by Playwright, one per module and one context per test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from stacktill.testing import skip_loudly

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

__all__ = ["NEIGHBOUR", "Visitors", "chromium", "faults_of", "sticking_out", "visitors"]

NEIGHBOUR = "till.lan"
"""This machine, as one that browsers do not know for it: a box on a shop's own network, without TLS."""
FLAGS = (
    f"--host-resolver-rules=MAP {NEIGHBOUR} 127.0.0.1",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 15_000
WIDTHS = (320, 360, 768, 1024, 1200, 1440)
STICKING_OUT = """() => {
  const root = document.documentElement;
  const sticks = (each) => {
    const box = each.getBoundingClientRect();
    const room = each.closest("#panel, #order, main, body").getBoundingClientRect();
    return box.width > 1 && (box.right > room.right + 1 || box.left < room.left - 1);
  };
  const found = [...document.body.querySelectorAll("*")]
    .filter((each) => each.checkVisibility() && !each.closest(".sr, .unseen, svg") && sticks(each))
    .map((each) => each.outerHTML.slice(0, 90));
  return root.scrollWidth > root.clientWidth ? [...found, "the whole page"] : found;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser. Playwright's loop runs as long as it does, so it must not outlive its module."""
    # Imported here: every test of the house reads this file, and few need a browser.
    from playwright.sync_api import sync_playwright

    # The one without windows of its own takes a third less time.
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        lack = "Chromium is not installed (with apt: apt-get install chromium-headless-shell)"
        skip_loudly("the pages in a browser", lack)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=list(FLAGS), chromium_sandbox=False
        )
        yield browser
        browser.close()


@dataclass
class Visitors:
    """People with a browser each; what their pages complain about fails the test."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Beginnings or parts of complaints that a test provokes on purpose."""
    contexts: list[BrowserContext] = field(default_factory=list)

    def new(self, **options: Any) -> Page:
        """Somebody new: no cookies, an empty tab; ``options`` are those of a browser context."""
        context = self.browser.new_context(
            **{"viewport": {"width": 1280, "height": 860}, **options}
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.contexts.append(context)
        return context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def leave(self) -> None:
        """Close all, and judge what was heard."""
        for context in self.contexts:
            context.close()
        unexpected = [
            each for each in self.complaints if not any(part in each for part in self.expected)
        ]
        assert not unexpected, unexpected


@pytest.fixture
def visitors(chromium: Browser) -> Iterator[Visitors]:
    """Visitors of this one test."""
    found = Visitors(chromium)
    yield found
    found.leave()


def sticking_out(page: Page) -> list[str]:
    """What is wider than the room it has, at the widths of phones, tablets and desktops."""
    size, found = page.viewport_size, []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width}: {what}" for what in page.evaluate(STICKING_OUT)]
    if size is not None:
        page.set_viewport_size(size)
    return found


def faults_of(page: Page) -> list[str]:
    """What axe finds wrong with a page, frames included: WCAG 2.2 up to AA and good practice."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    result = Axe().run(page)
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in result.response["violations"]
        for node in fault["nodes"]
    ]
