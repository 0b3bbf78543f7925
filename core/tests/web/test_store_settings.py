"""What a store says about its pages: colours, a logo, and the sites that may frame its checkout."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from core.tests.domain.test_pictures import JPEG, PNG, SVG, WEBP, chunk
from core.tests.shop_kit import Till, open_till

from stacktill.application.logos import MAX_BYTES, MAX_SIDE

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


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sized(width: int, height: int, padding: int = 0) -> bytes:
    """A PNG whose header says these sides."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + PNG[24:29]
    return PNG[:8] + chunk(b"IHDR", header) + chunk(b"teXt", b"x" * padding) + PNG[33:]


class TestLogo:
    @pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
    async def test_it_is_shown_from_here(self, till: Till, kind: str) -> None:
        data = {"png": PNG, "jpeg": JPEG, "webp": WEBP}[kind]
        account = await till.post("/v1/account/logo", data=encoded(data))
        branding = account["settings"]["branding"]
        path = f"/logos/{branding['logo']}.{kind}"
        assert branding["logo_url"] == till.services.public_url + path
        shown = await till.http.get(path)
        assert (shown.status_code, shown.content) == (200, data)
        assert shown.headers["content-type"] == f"image/{kind}"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert shown.headers["content-security-policy"].startswith("default-src 'none'")
        again = await till.http.get(path, headers={"If-None-Match": shown.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await till.http.get(path.replace(kind, "svg"))).status_code == 404

    async def test_a_new_one_has_a_new_address(self, till: Till) -> None:
        first = await till.post("/v1/account/logo", data=encoded(PNG))
        second = await till.post("/v1/account/logo", data=encoded(PNG))
        one, two = (each["settings"]["branding"]["logo_url"] for each in (first, second))
        assert one != two
        assert (await till.http.get(one.removeprefix(till.services.public_url))).status_code == 404
        kind, previous = await till.last_change()
        assert kind == "account.updated"
        assert previous["settings"]["branding"]["logo_url"] == one

    async def test_it_can_be_taken_away(self, till: Till) -> None:
        before = await till.post("/v1/account/logo", data=encoded(PNG))
        path = f"/logos/{before['settings']['branding']['logo']}.png"
        account = await till.delete("/v1/account/logo")
        assert account["settings"]["branding"]["logo"] is None
        assert (await till.http.get(path)).status_code == 404
        assert await till.delete("/v1/account/logo") == account

    @pytest.mark.parametrize(
        "data",
        [
            encoded(SVG),
            encoded(PNG + SVG),
            encoded(b"<html><script>alert(1)</script>"),
            encoded(sized(MAX_SIDE + 1, 1)),
            encoded(sized(1, 2**31 - 1)),
            encoded(sized(10, 10, padding=MAX_BYTES)),
            encoded(PNG)[:-2],
            "https://shop.example/logo.png",
            "data:image/png;base64," + encoded(PNG),
        ],
        ids=range(9),
    )
    async def test_anything_else_is_refused(self, till: Till, data: str) -> None:
        status, _, param = await till.refused("POST", "/v1/account/logo", {"data": data})
        assert (status, param) == (400, "data")
        assert (await till.get("/v1/account"))["settings"]["branding"]["logo"] is None

    async def test_the_largest_is_taken(self, till: Till) -> None:
        rest = len(sized(MAX_SIDE, MAX_SIDE))
        largest = sized(MAX_SIDE, MAX_SIDE, padding=MAX_BYTES - rest)
        assert len(largest) == MAX_BYTES
        await till.post("/v1/account/logo", data=encoded(largest))

    async def test_it_can_be_sent_as_a_form(self, till: Till) -> None:
        headers = {"Authorization": f"Bearer {till.key}"}
        answer = await till.http.post(
            "/v1/account/logo", headers=headers, data={"data": encoded(PNG)}
        )
        assert answer.status_code == 200


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


class TestReturning:
    """A publishable key is in every shop's page: it must not choose where our page leads."""

    async def confirmed(self, till: Till, url: str, *, key: str | None = None) -> tuple[int, Any]:
        intent = await till.post("/v1/payment_intents", amount=500, currency="btc")
        params = {"client_secret": intent["client_secret"], "return_url": url}
        made = await till.post("/v1/api_keys", kind="publishable")
        answer = await till.http.post(
            f"/v1/payment_intents/{intent['id']}/confirm",
            json=params,
            headers={"Authorization": f"Bearer {key or made['key']}"},
        )
        return answer.status_code, answer.json()

    async def test_only_to_the_stores_own_sites(self, till: Till) -> None:
        await till.post("/v1/account", business_profile={"url": "https://Shop.example/about"})
        await change(till, "checkout", allowed_origins=["https://embed.example:8443"])
        for url in ("https://shop.example/done?x=1", "https://EMBED.example:8443/#a"):
            assert (await self.confirmed(till, url))[0] == 200, url
        for url in (
            "https://evil.example/",
            "https://shop.example.evil.example/",
            "https://embed.example/",
            "http://shop.example/",
            "https://shop.example:444/",
        ):
            status, body = await self.confirmed(till, url)
            assert (status, body["error"]["param"]) == (400, "return_url"), url

    async def test_the_shops_own_key_may_say_any(self, till: Till) -> None:
        assert (await self.confirmed(till, "https://any.example/", key=till.key))[0] == 200
