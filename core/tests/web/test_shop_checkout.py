"""Checkout sessions and payment links over HTTP, as Stripe's clients meet them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Refused, Till, open_till

from stacktill.application.sessions import session_of_link, start_session

pytestmark = pytest.mark.asyncio(loop_scope="module")

SESSIONS = "/v1/checkout/sessions"
LINKS = "/v1/payment_links"
CAKE = {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Cake"}}
ITEM = {"price_data": CAKE, "quantity": 3}
THANKS = "https://shop.example/thanks?id={CHECKOUT_SESSION_ID}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


async def session(till: Till, **params: Any) -> dict[str, Any]:
    return await till.post(SESSIONS, **{"line_items": [ITEM], "success_url": THANKS, **params})


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["data"]]


class TestSessions:
    async def test_create_and_retrieve(self, till: Till) -> None:
        made = await session(till, mode="payment", client_reference_id="7", metadata={"a": "1"})
        assert made["object"] == "checkout.session"
        assert made["id"].startswith("cs_test_")
        assert (made["status"], made["payment_status"]) == ("open", "unpaid")
        assert (made["amount_total"], made["currency"], made["mode"]) == (2_100, "btc", "payment")
        assert made["url"].endswith(f"/pay/{made['id']}")
        assert made["success_url"] == THANKS
        assert made["expires_at"] - made["created"] == 24 * 3600
        assert (made["payment_intent"], made["client_secret"]) == (None, None)
        assert await till.get(f"{SESSIONS}/{made['id']}") == made

    async def test_forms_are_read_alike(self, till: Till) -> None:
        answer = await till.http.post(
            SESSIONS,
            headers={"Authorization": f"Bearer {till.key}"},
            data={
                "line_items[0][price_data][currency]": "btc",
                "line_items[0][price_data][unit_amount]": "700",
                "line_items[0][price_data][product_data][name]": "Cake",
                "line_items[0][quantity]": "3",
                "success_url": THANKS,
                "payment_method_types[0]": "crypto",
            },
        )
        assert answer.json()["amount_total"] == 2_100

    async def test_customers_details(self, till: Till) -> None:
        customer = await till.post("/v1/customers", name="Ada", email="ada@shop.example")
        made = await session(till, customer=customer["id"], expand=["customer"])
        assert made["customer"]["name"] == "Ada"
        assert made["customer_details"]["email"] == "ada@shop.example"
        made = await session(till, customer_email="grace@shop.example")
        assert made["customer_email"] == made["customer_details"]["email"]

    async def test_embedded_pages_have_a_secret_and_no_url(self, till: Till) -> None:
        embedded = {"ui_mode": "embedded_page", "return_url": THANKS, "line_items": [ITEM]}
        made = await till.post(SESSIONS, **embedded)
        assert made["url"] is None
        assert made["client_secret"].startswith(f"{made['id']}_secret_")
        refusal = await till.refused("POST", SESSIONS, {**embedded, "success_url": THANKS})
        assert refusal == (400, None, "success_url")

    async def test_update_changes_metadata_only(self, till: Till) -> None:
        made = await session(till, metadata={"a": "1"})
        path = f"{SESSIONS}/{made['id']}"
        assert (await till.post(path, metadata={"b": "2"}))["metadata"] == {"a": "1", "b": "2"}
        refusal = await till.refused("POST", path, {"success_url": THANKS})
        assert refusal == (400, "parameter_unknown", "success_url")

    async def test_expires_once(self, till: Till) -> None:
        made = await session(till)
        gone = await till.post(f"{SESSIONS}/{made['id']}/expire")
        assert (gone["status"], gone["url"]) == ("expired", None)
        with pytest.raises(Refused, match=r"Only Checkout Sessions with a status in") as refusal:
            await till.post(f"{SESSIONS}/{made['id']}/expire")
        assert refusal.value.status == 400

    async def test_lists_by_what_it_belongs_to(self, till: Till) -> None:
        customer = await till.post("/v1/customers")
        first = await session(till, customer=customer["id"])
        second = await session(till)
        intent = await till.act(start_session, second["id"])
        await till.post(f"{SESSIONS}/{first['id']}/expire")
        assert ids(await till.get(SESSIONS)) == [second["id"], first["id"]]
        assert ids(await till.get(SESSIONS, customer=customer["id"])) == [first["id"]]
        assert ids(await till.get(SESSIONS, status="open")) == [second["id"]]
        found = {"payment_intent": intent.id, "expand[]": "data.payment_intent"}
        page = await till.send("GET", SESSIONS, found)
        assert [item["payment_intent"]["status"] for item in page["data"]] == ["requires_action"]

    async def test_line_items_page_in_their_order(self, till: Till) -> None:
        items = [{"price_data": CAKE, "quantity": n} for n in (1, 2, 3)]
        made = await session(till, line_items=items)
        path = f"{SESSIONS}/{made['id']}/line_items"
        page = await till.get(path, limit=2)
        assert [item["quantity"] for item in page["data"]] == [1, 2]
        assert (page["has_more"], page["url"]) == (True, path)
        assert page["data"][0]["price"]["unit_amount"] == 700
        assert page["data"][0]["amount_total"] == 700
        rest = await till.get(path, limit=2, starting_after=page["data"][1]["id"])
        assert ([item["quantity"] for item in rest["data"]], rest["has_more"]) == ([3], False)
        back = await till.get(path, limit=1, ending_before=rest["data"][0]["id"])
        assert ([item["quantity"] for item in back["data"]], back["has_more"]) == ([2], True)
        refusal = await till.refused("GET", path, {"starting_after": "li_unknown"})
        assert refusal == (400, "resource_missing", "starting_after")

    async def test_line_items_are_there_when_asked_for(self, till: Till) -> None:
        made = await session(till)
        assert "line_items" not in made
        path = f"{SESSIONS}/{made['id']}"
        whole = await till.send("GET", path, {"expand[]": "line_items.data.price.product"})
        item = whole["line_items"]["data"][0]
        assert (item["description"], item["price"]["product"]["name"]) == ("Cake", "Cake")
        page = await till.send("GET", SESSIONS, {"expand[]": "data.line_items"})
        assert page["data"][0]["line_items"]["url"] == f"{path}/line_items"
        refusal = await till.refused("GET", path, {"expand[]": "shoes"})
        assert (refusal[0], refusal[2]) == (400, "expand")

    @pytest.mark.parametrize(
        ("params", "code", "param"),
        [
            ({"line_items": None}, "parameter_missing", "line_items"),
            ({"line_items": []}, None, "line_items"),
            ({"line_items": [{"quantity": 1}]}, "parameter_missing", "line_items[0][price]"),
            (
                {"line_items": [{"price_data": CAKE}]},
                "parameter_missing",
                "line_items[0][quantity]",
            ),
            (
                {"line_items": [ITEM, {**ITEM, "quantity": 0}]},
                "parameter_invalid_integer",
                "line_items[1][quantity]",
            ),
            (
                {"line_items": [{**ITEM, "quantity": 1_000_000}]},
                "parameter_invalid_integer",
                "line_items[0][quantity]",
            ),
            (
                {"line_items": [{"price": "price_unknown", "quantity": 1}]},
                "resource_missing",
                "line_items[0][price]",
            ),
            (
                {"line_items": [{**ITEM, "price_data": {**CAKE, "unit_amount": 21 * 10**14}}]},
                "amount_too_large",
                "line_items",
            ),
            ({"success_url": None}, "parameter_missing", "success_url"),
            ({"success_url": "javascript:alert(1)"}, "url_invalid", "success_url"),
            ({"success_url": "/thanks"}, "url_invalid", "success_url"),
            ({"cancel_url": "ftp://shop.example"}, "url_invalid", "cancel_url"),
            ({"return_url": THANKS}, None, "return_url"),
            ({"mode": "subscription"}, None, "mode"),
            ({"customer": "cus_unknown"}, "resource_missing", "customer"),
            ({"customer_email": "nobody"}, "email_invalid", "customer_email"),
            ({"expires_at": 1}, None, "expires_at"),
            ({"payment_method_types": ["card"]}, None, "payment_method_types[0]"),
            (
                {"payment_intent_data": {"amount": 1}},
                "parameter_unknown",
                "payment_intent_data[amount]",
            ),
        ],
    )
    async def test_refuses(
        self, till: Till, params: dict[str, Any], code: str | None, param: str
    ) -> None:
        wish = {"line_items": [ITEM], "success_url": THANKS, **params}
        sent = {name: value for name, value in wish.items() if value is not None}
        assert await till.refused("POST", SESSIONS, sent) == (400, code, param)
        assert await till.told() == []

    async def test_foreign_sessions_are_not_there(self, till: Till) -> None:
        foreign = await session(await till.neighbour())
        path = f"{SESSIONS}/{foreign['id']}"
        for method, end in (("GET", ""), ("POST", ""), ("POST", "/expire"), ("GET", "/line_items")):
            refusal = await till.refused(method, path + end)
            assert refusal == (404, "resource_missing", "session")


class TestLinks:
    async def test_create_update_list(self, till: Till) -> None:
        made = await till.post(LINKS, line_items=[ITEM], metadata={"a": "1"})
        assert (made["object"], made["active"]) == ("payment_link", True)
        assert made["url"].endswith(f"/pay/{made['id']}")
        assert made["after_completion"]["type"] == "hosted_confirmation"
        path = f"{LINKS}/{made['id']}"
        items = await till.get(f"{path}/line_items")
        assert [item["amount_total"] for item in items["data"]] == [2_100]
        redirect = {"type": "redirect", "redirect": {"url": THANKS}}
        after = await till.post(path, active=False, after_completion=redirect)
        assert (after["active"], after["after_completion"]) == (False, redirect)
        assert ids(await till.get(LINKS, active="false")) == [made["id"]]
        assert (await till.get(LINKS, active="true"))["data"] == []
        whole = await till.send("GET", path, {"expand[]": "line_items"})
        assert len(whole["line_items"]["data"]) == 1

    async def test_its_sessions_can_be_found(self, till: Till) -> None:
        link = await till.post(LINKS, line_items=[ITEM])
        visit = await till.write(session_of_link, till.services, link["id"])
        assert ids(await till.get(SESSIONS, payment_link=link["id"])) == [visit.id]

    @pytest.mark.parametrize(
        ("params", "code", "param"),
        [
            ({}, "parameter_missing", "line_items"),
            ({"line_items": [ITEM] * 21}, None, "line_items"),
            (
                {"line_items": [ITEM], "after_completion": {"type": "redirect"}},
                "parameter_missing",
                "after_completion[redirect]",
            ),
        ],
    )
    async def test_refuses(
        self, till: Till, params: dict[str, Any], code: str | None, param: str
    ) -> None:
        assert await till.refused("POST", LINKS, params) == (400, code, param)
        assert await till.told() == []

    async def test_unknown_links_are_not_there(self, till: Till) -> None:
        refusal = await till.refused("GET", f"{LINKS}/plink_unknown")
        assert refusal == (404, "resource_missing", "payment_link")
