"""A real browser: apt's Chromium, driven by Playwright, one per module and one context per test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

__all__ = ["Visitors", "chromium", "faults_of", "visitors"]

FLAGS = (
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser. Playwright's loop runs as long as it does, so it must not outlive its module."""
    # Imported here: every test of the house reads this file, and few need a browser.
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed; with apt: apt-get install chromium")
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


def faults_of(page: Page) -> list[str]:
    """What axe finds wrong with a page, frames included: WCAG 2.2 up to AA and good practice."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    result = Axe().run(page)
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in result.response["violations"]
        for node in fault["nodes"]
    ]
