"""API keys over HTTP, and what the operations say of themselves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till
from core.tests.web.money_kit import everything_kept, ids, keyed

from stacktill.application.keys import MOST_KEYS
from stacktill.domain.merchants import SCOPE_RESOURCES
from stacktill.web.api.expanding import EMBEDDED, RESOURCES
from stacktill.web.resources.every import OPERATIONS

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


TOO_MANY = (400, "too_many_keys", None)


class TestKeys:
    URL = "/v1/api_keys"

    async def with_key(self, till: Till, key: str, method: str, path: str) -> httpx.Response:
        return await till.http.request(method, path, headers={"Authorization": f"Bearer {key}"})

    async def test_a_keys_text_is_shown_once(self, till: Till) -> None:
        made = await till.post(
            self.URL, kind="restricted", name="Reports", scopes=["charges:read", "charges:read"]
        )
        assert made["key"].startswith("rk_test_")
        assert (made["scopes"], made["status"]) == (["charges:read"], "active")
        page = await till.get(self.URL)
        assert page["data"][0] == {name: made[name] for name in made if name != "key"}
        assert len(page["data"]) == 3
        assert till.key not in json.dumps(page)
        assert made["key"] not in await everything_kept(till)

    async def test_a_repeated_wish_makes_one_key(self, till: Till) -> None:
        first = await keyed(till, self.URL, "k", kind="secret")
        again = await keyed(till, self.URL, "k", kind="secret")
        assert again.content == first.content
        assert first.json()["key"] not in await everything_kept(till)
        assert len((await till.get(self.URL))["data"]) == 3

    async def test_a_store_has_so_many_keys_and_no_more(self, till: Till) -> None:
        """Each has a rate limit of its own, so their number is the limit of the store."""
        ours = range(MOST_KEYS - len((await till.get(self.URL))["data"]))
        keys = [await till.post(self.URL, kind="secret") for _ in ours]
        for kind in ("secret", "publishable"):
            assert await till.refused("POST", self.URL, {"kind": kind}) == TOO_MANY
        await till.post(f"{self.URL}/{keys[0]['id']}/roll")
        assert await till.refused("POST", f"{self.URL}/{keys[0]['id']}/roll") == TOO_MANY
        await till.post(f"{self.URL}/{keys[1]['id']}/revoke")
        await till.post(self.URL, kind="restricted", scopes=["*"])

    async def test_keys_that_were_rolled_and_still_open_are_no_more(self, till: Till) -> None:
        """A key may always be rolled without an overlap."""
        key = await till.post(self.URL, kind="secret")
        for _ in range(MOST_KEYS):
            key = await till.post(f"{self.URL}/{key['id']}/roll")
        assert await till.refused("POST", f"{self.URL}/{key['id']}/roll") == TOO_MANY
        await till.post(f"{self.URL}/{key['id']}/roll", overlap_seconds=0)

    async def test_scopes_are_what_a_restricted_key_may_do(self, till: Till) -> None:
        made = await till.post(self.URL, kind="restricted", scopes=["charges:read"])
        assert (await self.with_key(till, made["key"], "GET", "/v1/charges")).status_code == 200
        for method, path in (("GET", "/v1/refunds"), ("POST", "/v1/charges")):
            answer = await self.with_key(till, made["key"], method, path)
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "more_permissions_required"

    async def test_expanding_needs_the_right_to_read(self, till: Till) -> None:
        """A right to read intents must not show, by way of them, a store's customers."""
        customer = await till.post("/v1/customers", email="ada@shop.example")
        wish = {"amount": 900, "currency": "btc", "customer": customer["id"]}
        intent = await till.post("/v1/payment_intents", **wish)
        path = f"/v1/payment_intents/{intent['id']}?expand[]="
        made = await till.post(self.URL, kind="restricted", scopes=["payment_intents:write"])
        for method, refused in (
            ("GET", f"{path}customer"),
            ("GET", f"{path}latest_charge.customer"),
            ("GET", "/v1/payment_intents?expand[]=data.payment_method"),
            ("GET", "/v1/payment_intents/search?query=amount:900&expand[]=data.customer"),
        ):
            answer = await self.with_key(till, made["key"], method, refused)
            assert (answer.status_code, answer.json()["error"]["param"]) == (403, "expand")
            assert "ada@shop.example" not in answer.text
        more = await till.post(
            self.URL, kind="restricted", scopes=["payment_intents:read", "customers:read"]
        )
        answer = await self.with_key(till, more["key"], "GET", f"{path}customer")
        assert answer.json()["customer"]["email"] == "ada@shop.example"

    async def test_only_a_secret_key_may_touch_keys(self, till: Till) -> None:
        """A restricted key that may do everything else must not make itself a better one."""
        made = await till.post(self.URL, kind="restricted", scopes=["*", "api_keys:write"])
        page = await till.post(self.URL, kind="publishable")
        for key in (made["key"], page["key"]):
            for method, path in (("GET", ""), ("POST", ""), ("POST", f"/{made['id']}/roll")):
                answer = await self.with_key(till, key, method, self.URL + path)
                assert answer.status_code == 403
                assert answer.json()["error"]["code"] == "secret_key_required"

    async def test_roll_and_revoke(self, till: Till) -> None:
        made = await till.post(self.URL, kind="secret", name="Server")
        rolled = await till.post(f"{self.URL}/{made['id']}/roll", overlap_seconds=60)
        assert (rolled["name"], rolled["kind"]) == ("Server", "secret")
        assert rolled["key"] != made["key"]
        for key in (made["key"], rolled["key"]):
            assert (await self.with_key(till, key, "GET", "/v1/balance")).status_code == 200
        old = next(one for one in (await till.get(self.URL))["data"] if one["id"] == made["id"])
        await till.post(f"{self.URL}/{made['id']}/roll", overlap_seconds=86_400)
        page = await till.get(self.URL)
        assert next(one for one in page["data"] if one["id"] == made["id"]) == old
        gone = await till.post(f"{self.URL}/{rolled['id']}/revoke")
        assert gone["status"] == "revoked"
        answer = await self.with_key(till, rolled["key"], "GET", "/v1/balance")
        assert answer.status_code == 401
        assert rolled["key"] not in answer.text
        assert (await till.refused("POST", f"{self.URL}/{rolled['id']}/revoke"))[0] == 404

    async def test_foreign_keys_do_not_exist(self, till: Till) -> None:
        other = await till.neighbour()
        theirs = ids(await other.get(self.URL))[0]
        for verb in ("roll", "revoke"):
            refusal = await till.refused("POST", f"{self.URL}/{theirs}/{verb}")
            assert refusal == (404, "resource_missing", "id")
        assert theirs not in ids(await till.get(self.URL))

    @pytest.mark.parametrize(
        ("params", "code", "param"),
        [
            ({}, "parameter_missing", "kind"),
            ({"kind": "root"}, None, "kind"),
            ({"kind": "restricted"}, "parameter_missing", "scopes"),
            ({"kind": "secret", "scopes": ["charges:read"]}, None, "scopes"),
            ({"kind": "restricted", "scopes": ["charge:read"]}, None, "scopes[0]"),
            ({"kind": "restricted", "scopes": ["charges:own"]}, None, "scopes[0]"),
        ],
    )
    async def test_refusals(
        self, till: Till, params: dict[str, Any], code: str | None, param: str
    ) -> None:
        assert await till.refused("POST", self.URL, params) == (400, code, param)


class TestOperations:
    async def test_every_resource_can_be_a_scope(self) -> None:
        asked = {one.resource for one in OPERATIONS if one.access in {"secret", "payer"}}
        assert asked <= set(SCOPE_RESOURCES)

    async def test_what_can_be_expanded_needs_a_scope(self) -> None:
        names = {name for one in OPERATIONS for path in one.expands for name in path.split(".")}
        assert names <= set(RESOURCES) | EMBEDDED
        assert {name for needed in RESOURCES.values() for name in needed} <= set(SCOPE_RESOURCES)

    async def test_names_and_routes_are_unique(self) -> None:
        assert len({one.name for one in OPERATIONS}) == len(OPERATIONS)
        assert len({(one.method, one.path) for one in OPERATIONS}) == len(OPERATIONS)

    async def test_answers_with_a_secret_are_marked(self) -> None:
        marked = {one.name for one in OPERATIONS if one.secret_answer}
        assert marked == {
            "api_keys.create",
            "api_keys.roll",
            "pos_terminals.create",
            "webhook_endpoints.create",
            "webhook_endpoints.roll_secret",
        }
