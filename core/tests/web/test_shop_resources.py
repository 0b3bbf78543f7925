"""Customers, payment methods, products and prices over HTTP, as Stripe's clients meet them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "cus_000000000000000000000000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["data"]]


class TestCustomers:
    URL = "/v1/customers"

    async def test_create_retrieve_update(self, till: Till) -> None:
        made = await till.post(
            self.URL, name="Ada", email="ada@shop.example", metadata={"vip": "yes"}
        )
        assert (made["object"], made["name"], made["livemode"]) == ("customer", "Ada", False)
        assert made["preferred_locales"] == []
        assert await till.get(f"{self.URL}/{made['id']}") == made
        after = await till.post(f"{self.URL}/{made['id']}", name="", metadata={"vip": ""})
        assert (after["name"], after["metadata"], after["email"]) == (
            None,
            {},
            "ada@shop.example",
        )

    async def test_deleting_leaves_a_tombstone(self, till: Till) -> None:
        made = await till.post(self.URL, email="ada@shop.example")
        path = f"{self.URL}/{made['id']}"
        tombstone = {"id": made["id"], "object": "customer", "deleted": True}
        assert await till.delete(path) == tombstone
        assert await till.get(path) == tombstone
        assert await till.get(self.URL) == {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": self.URL,
        }
        found = await till.get(f"{self.URL}/search", query="email:'ada@shop.example'")
        assert found["data"] == []
        for method in ("POST", "DELETE"):
            assert await till.refused(method, path) == (404, "resource_missing", "id")

    async def test_unknown_and_foreign_ids_are_the_same(self, till: Till) -> None:
        foreign = await (await till.neighbour()).post(self.URL)
        for id in (NOWHERE, foreign["id"], "x" * 300):
            for method in ("GET", "POST", "DELETE"):
                refusal = await till.refused(method, f"{self.URL}/{id}")
                assert refusal == (404, "resource_missing", "id")

    @pytest.mark.parametrize(
        ("params", "code", "param"),
        [
            ({"email": "nobody"}, "email_invalid", "email"),
            ({"nmae": "Ada"}, "parameter_unknown", "nmae"),
            ({"shipping": {"x": "y"}}, "parameter_unknown", "shipping[x]"),
            ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
            ({"tax_exempt": "maybe"}, None, "tax_exempt"),
            ({"payment_method": "pm_unknown"}, "resource_missing", "payment_method"),
        ],
    )
    async def test_refuses(
        self, till: Till, params: dict[str, Any], code: str | None, param: str
    ) -> None:
        assert await till.refused("POST", self.URL, params) == (400, code, param)
        assert (await till.get(self.URL))["data"] == []

    async def test_lists_by_email_and_time_newest_first(self, till: Till) -> None:
        made = [await till.post(self.URL, email=f"{n % 2}@shop.example") for n in range(5)]
        page = await till.get(self.URL, email="0@shop.example", limit=2)
        assert (ids(page), page["has_more"]) == ([made[4]["id"], made[2]["id"]], True)
        after = {"email": "0@shop.example", "starting_after": made[2]["id"]}
        page = await till.send("GET", self.URL, after)
        assert (ids(page), page["has_more"]) == ([made[0]["id"]], False)
        future = {"created[gt]": made[4]["created"] + 1}
        assert (await till.send("GET", self.URL, future))["data"] == []

    async def test_searches(self, till: Till) -> None:
        ada = await till.post(self.URL, name="Ada Lovelace", metadata={"order": "7"})
        await till.post(self.URL, name="Grace Hopper", phone="123")
        for query in ("name~'love'", "metadata['order']:'7'", "-phone:'123'"):
            assert ids(await till.get(f"{self.URL}/search", query=query)) == [ada["id"]]
        refusal = await till.refused("GET", f"{self.URL}/search", {"query": "shoe:'7'"})
        assert refusal == (400, None, "query")


class TestPaymentMethods:
    URL = "/v1/payment_methods"

    async def test_create_retrieve_update(self, till: Till) -> None:
        made = await till.post(self.URL, type="crypto", billing_details={"name": "Ada"})
        assert (made["type"], made["crypto"], made["customer"]) == ("crypto", {}, None)
        path = f"{self.URL}/{made['id']}"
        details = {"email": "ada@shop.example"}
        after = await till.post(path, billing_details=details, metadata={"a": "1"})
        assert after["billing_details"]["name"] == "Ada"
        assert after["billing_details"]["email"] == "ada@shop.example"
        assert await till.get(path) == after

    async def test_attach_list_detach(self, till: Till) -> None:
        customer = await till.post("/v1/customers")
        other = await till.post("/v1/customers")
        made = await till.post(self.URL, type="crypto")
        loose = await till.post(self.URL, type="crypto")
        path = f"{self.URL}/{made['id']}"
        attached = await till.post(f"{path}/attach", customer=customer["id"])
        assert attached["customer"] == customer["id"]
        of_customer = f"/v1/customers/{customer['id']}/payment_methods"
        assert ids(await till.get(self.URL, customer=customer["id"], type="crypto")) == [made["id"]]
        assert ids(await till.get(of_customer)) == [made["id"]]
        assert (await till.get(f"{of_customer}/{made['id']}"))["id"] == made["id"]
        refusal = await till.refused("GET", f"{of_customer}/{loose['id']}")
        assert refusal == (404, "resource_missing", "payment_method")
        wrong = {"customer": other["id"]}
        assert await till.refused("POST", f"{path}/attach", wrong) == (400, None, None)
        assert (await till.post(f"{path}/detach"))["customer"] is None
        assert await till.refused("POST", f"{path}/detach") == (400, None, None)
        assert ids(await till.get(self.URL)) == [loose["id"], made["id"]]

    async def test_expands_the_customer(self, till: Till) -> None:
        customer = await till.post("/v1/customers", name="Ada")
        made = await till.post(self.URL, type="crypto")
        await till.post(f"{self.URL}/{made['id']}/attach", customer=customer["id"])
        page = await till.send("GET", self.URL, {"expand[]": "data.customer"})
        assert page["data"][0]["customer"]["name"] == "Ada"

    @pytest.mark.parametrize(
        ("params", "code", "param"),
        [
            ({}, "parameter_missing", "type"),
            ({"type": "card"}, None, "type"),
            ({"type": "crypto", "card": {}}, "parameter_unknown", "card"),
        ],
    )
    async def test_refuses(
        self, till: Till, params: dict[str, Any], code: str | None, param: str
    ) -> None:
        assert await till.refused("POST", self.URL, params) == (400, code, param)

    async def test_attaches_to_living_customers_only(self, till: Till) -> None:
        made = await till.post(self.URL, type="crypto")
        customer = await till.post("/v1/customers")
        await till.delete(f"/v1/customers/{customer['id']}")
        for id in (customer["id"], NOWHERE):
            path = f"{self.URL}/{made['id']}/attach"
            refusal = await till.refused("POST", path, {"customer": id})
            assert refusal == (400, "resource_missing", "customer")


class TestProducts:
    URL = "/v1/products"

    async def test_create_update_with_default_price(self, till: Till) -> None:
        made = await till.post(
            self.URL,
            name="Bread",
            images=["https://shop.example/bread.png"],
            default_price_data={"currency": "BTC", "unit_amount": 500},
            expand=["default_price"],
        )
        assert (made["default_price"]["unit_amount"], made["active"]) == (500, True)
        path = f"{self.URL}/{made['id']}"
        after = await till.post(path, active=False, images=[], description="Fresh")
        assert (after["active"], after["images"], after["description"]) == (False, [], "Fresh")
        assert await till.refused("DELETE", path) == (400, None, None)

    async def test_lists_by_ids_and_activity(self, till: Till) -> None:
        made = [await till.post(self.URL, name=f"No {n}", active=n != 1) for n in range(4)]
        page = await till.send("GET", self.URL, {"active": "true"})
        assert ids(page) == [made[n]["id"] for n in (3, 2, 0)]
        page = await till.send("GET", self.URL, {"ids[0]": made[1]["id"], "ids[1]": made[3]["id"]})
        assert ids(page) == [made[3]["id"], made[1]["id"]]
        await till.delete(f"{self.URL}/{made[3]['id']}")
        assert ids(await till.get(self.URL)) == [made[n]["id"] for n in (2, 1, 0)]
        refusal = await till.refused("GET", f"{self.URL}/{made[3]['id']}")
        assert refusal == (404, "resource_missing", "id")

    async def test_searches(self, till: Till) -> None:
        bread = await till.post(self.URL, name="Rye bread", metadata={"shelf": "a"})
        await till.post(self.URL, name="Wheat bread", active=False)
        query = "active:'true' AND name~'bread' AND metadata['shelf']:'a'"
        assert ids(await till.get(f"{self.URL}/search", query=query)) == [bread["id"]]
        both = await till.get(f"{self.URL}/search", query="name~'bread'", limit=1)
        assert both["has_more"] is True
        rest = await till.get(f"{self.URL}/search", query="name~'bread'", page=both["next_page"])
        assert ids(rest) == [bread["id"]]

    @pytest.mark.parametrize(
        ("params", "code", "param"),
        [
            ({}, "parameter_missing", "name"),
            ({"name": ""}, "parameter_invalid_empty", "name"),
            ({"name": "A", "url": "javascript:1"}, "url_invalid", "url"),
            (
                {"name": "A", "default_price_data": {"currency": "btc"}},
                "parameter_missing",
                "default_price_data[unit_amount]",
            ),
        ],
    )
    async def test_refuses(
        self, till: Till, params: dict[str, Any], code: str | None, param: str
    ) -> None:
        assert await till.refused("POST", self.URL, params) == (400, code, param)


class TestPrices:
    URL = "/v1/prices"

    async def price(self, till: Till, **params: Any) -> dict[str, Any]:
        data = {"currency": "btc", "unit_amount": 500, "product_data": {"name": "Bread"}}
        if "product" in params:
            del data["product_data"]
        return await till.post(self.URL, **{**data, **params})

    async def test_amounts_never_change(self, till: Till) -> None:
        made = await self.price(till)
        assert (made["type"], made["billing_scheme"], made["recurring"]) == (
            "one_time",
            "per_unit",
            None,
        )
        assert (made["unit_amount"], made["unit_amount_decimal"]) == (500, "500")
        path = f"{self.URL}/{made['id']}"
        refusal = await till.refused("POST", path, {"unit_amount": 600})
        assert refusal == (400, "parameter_unknown", "unit_amount")
        assert (await till.post(path, nickname="Old"))["nickname"] == "Old"

    async def test_lists_by_product_key_and_activity(self, till: Till) -> None:
        first = await self.price(till, lookup_key="bread")
        second = await self.price(till, product=first["product"], active=False)
        await self.price(till, lookup_key="cake")
        page = await till.get(self.URL, product=first["product"])
        assert ids(page) == [second["id"], first["id"]]
        keyed = {"lookup_keys[]": "bread", "expand[]": "data.product"}
        page = await till.send("GET", self.URL, keyed)
        assert [item["product"]["name"] for item in page["data"]] == ["Bread"]
        assert len((await till.get(self.URL, active="true"))["data"]) == 2
        assert (await till.get(self.URL, type="recurring"))["data"] == []
        assert len((await till.get(self.URL, type="one_time"))["data"]) == 3

    async def test_searches(self, till: Till) -> None:
        made = await self.price(till, lookup_key="bread")
        await self.price(till, active=False)
        for query in (
            "lookup_key:'bread'",
            f"product:'{made['product']}'",
            "active:'true' AND type:'one_time'",
        ):
            assert ids(await till.get(f"{self.URL}/search", query=query)) == [made["id"]]

    async def test_a_taken_lookup_key_is_refused(self, till: Till) -> None:
        await self.price(till, lookup_key="bread")
        with pytest.raises(Exception, match="transfer_lookup_key"):
            await self.price(till, lookup_key="bread")
        moved = await self.price(till, lookup_key="bread", transfer_lookup_key=True)
        assert moved["lookup_key"] == "bread"

    @pytest.mark.parametrize(
        ("params", "code", "param"),
        [
            ({"product": None}, "parameter_missing", "product"),
            ({"product": "prod_unknown"}, "resource_missing", "product"),
            ({"currency": "usd"}, None, "currency"),
            ({"unit_amount": 1.5}, "parameter_invalid_integer", "unit_amount"),
            ({"unit_amount": -1}, "amount_too_small", "unit_amount"),
            ({"unit_amount": 10**16}, "amount_too_large", "unit_amount"),
            ({"unit_amount": None}, "parameter_missing", "unit_amount"),
            ({"unit_amount": None, "unit_amount_decimal": "1.5"}, None, "unit_amount_decimal"),
            ({"unit_amount_decimal": "5"}, "parameters_exclusive", None),
            ({"recurring": {"interval": "month"}}, "parameter_unknown", "recurring"),
        ],
    )
    async def test_refuses(
        self, till: Till, params: dict[str, Any], code: str | None, param: str | None
    ) -> None:
        product = await till.post("/v1/products", name="Bread")
        good = {"currency": "btc", "unit_amount": 500, "product": product["id"]}
        wish = {name: value for name, value in {**good, **params}.items() if value is not None}
        assert await till.refused("POST", self.URL, wish) == (400, code, param)
