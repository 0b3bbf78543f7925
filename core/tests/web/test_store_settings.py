"""What a store says about its pages: colours, and the sites that may hold its checkout in a frame."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

pytestmark = pytest.mark.asyncio(loop_scope="module")

COLOURS = {"primary_color": "#0A6e4F", "secondary_color": "#ffffff"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


async def change(till: Till, part: str, **values: Any) -> dict[str, Any]:
    account = await till.post("/v1/account", settings={part: values})
    changed: dict[str, Any] = account["settings"][part]
    return changed


class TestBranding:
    async def test_colours_are_kept_in_lower_case(self, till: Till) -> None:
        branding = await change(till, "branding", **COLOURS)
        assert branding["primary_color"] == "#0a6e4f"
        assert (await till.get("/v1/account"))["settings"]["branding"] == branding
        kind, previous = await till.last_change()
        assert kind == "account.updated"
        assert previous["settings"]["branding"]["primary_color"] is None

    async def test_what_is_not_sent_stays(self, till: Till) -> None:
        await change(till, "branding", **COLOURS)
        branding = await change(till, "branding", primary_color="")
        assert (branding["primary_color"], branding["secondary_color"]) == (None, "#ffffff")
        await change(till, "checkout", allowed_origins=["https://shop.example"])
        account = await till.post("/v1/account", settings={"branding": {"secondary_color": ""}})
        assert account["settings"]["checkout"]["allowed_origins"] == ["https://shop.example"]

    @pytest.mark.parametrize(
        "colour", ["red", "#fff", "#0a6e4f;x", "url(x)", "#0a6e4f\n", "#gggggg", "＃0a6e4f"]
    )
    async def test_only_colours(self, till: Till, colour: str) -> None:
        params = {"settings": {"branding": {"primary_color": colour}}}
        status, _, param = await till.refused("POST", "/v1/account", params)
        assert (status, param) == (400, "settings[branding][primary_color]")


class TestOrigins:
    async def test_they_are_kept_as_browsers_send_them(self, till: Till) -> None:
        given = [
            "https://shop.example",
            "https://shop.example:443",
            "https://xn--bcher-kva.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:80",
        ]
        changed = await change(till, "checkout", allowed_origins=given)
        assert changed["allowed_origins"] == [
            "https://shop.example",
            "https://xn--bcher-kva.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1",
        ]

    async def test_the_list_is_replaced_and_can_be_emptied(self, till: Till) -> None:
        await change(till, "checkout", allowed_origins=["https://a.example", "https://b.example"])
        changed = await change(till, "checkout", allowed_origins=["https://c.example"])
        assert changed["allowed_origins"] == ["https://c.example"]
        assert await change(till, "checkout", allowed_origins="") == {"allowed_origins": []}

    @pytest.mark.parametrize(
        "origin",
        [
            "http://shop.example",
            "http://localhost.evil.example",
            "https://*.shop.example",
            "https://shop.example/",
            "https://shop.example/cart",
            "https://Shop.example",
            "https://user@shop.example",
            "https://shop.example; script-src *",
            "https://shop.example 'unsafe-inline'",
            "https://shop.example\n",
            "https://shop.example:0",
            "https://shop.example:65536",
            "https://shop_1.example",
            "https://bücher.example",
            "https://[::1]",
            "https://-shop.example",
            "//shop.example",
            "null",
            "*",
            "'self'",
            "data:",
        ],
    )
    async def test_nothing_else_gets_into_a_policy(self, till: Till, origin: str) -> None:
        params = {"settings": {"checkout": {"allowed_origins": [origin]}}}
        status, _, param = await till.refused("POST", "/v1/account", params)
        assert (status, param) == (400, "settings[checkout][allowed_origins][0]")

    async def test_the_list_has_an_end(self, till: Till) -> None:
        many = [f"https://shop-{number}.example" for number in range(21)]
        params = {"settings": {"checkout": {"allowed_origins": many}}}
        status, _, param = await till.refused("POST", "/v1/account", params)
        assert (status, param) == (400, "settings[checkout][allowed_origins]")
