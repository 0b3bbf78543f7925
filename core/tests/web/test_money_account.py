"""The store's own account over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

from stacktill.application.chain_blocks import KEPT_BLOCKS
from stacktill.web.resources.test_helpers import MAX_DEPTH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


class TestForks:
    async def test_none_is_deeper_than_what_the_books_remember(self, till: Till) -> None:
        """Beyond that the watcher of the whole box would give up for good."""
        assert MAX_DEPTH < KEPT_BLOCKS
        path = "/v1/test_helpers/sandbox/reorg"
        refusal = await till.refused("POST", path, {"depth": MAX_DEPTH + 1})
        assert refusal == (400, "parameter_invalid_integer", "depth")


class TestAccount:
    async def test_by_either_name(self, till: Till) -> None:
        account = await till.get("/v1/account")
        assert (account["object"], account["id"]) == ("account", till.caller.merchant_id)
        assert await till.get(f"/v1/accounts/{account['id']}") == account

    async def test_acting_for_another_account_is_refused(self, till: Till) -> None:
        """A platform's request must never fall on its own account because a header was ignored."""
        for header in ("Stripe-Account", "Stripe-Context"):
            for name, status in ((till.caller.merchant_id, 200), ("acct_another", 403), ("", 403)):
                headers = {"Authorization": f"Bearer {till.key}", header: name}
                answer = await till.http.get("/v1/account", headers=headers)
                assert answer.status_code == status, (header, name)

    async def test_update(self, till: Till) -> None:
        policy = {
            "expires_after_seconds": 60,
            "late_grace_seconds": 5,
            "underpaid_tolerance_ppm": 50_000,
            "confirmations": [
                {"up_to": 1_000, "layer": "stacks", "count": 0},
                {"layer": "bitcoin", "count": 3},
            ],
        }
        after = await till.post(
            "/v1/account",
            email="ada@shop.example",
            country="DE",
            business_profile={"name": "Cakes", "url": "https://cakes.example"},
            metadata={"a": "b"},
            payment_policy=policy,
        )
        assert (after["email"], after["country"]) == ("ada@shop.example", "DE")
        assert after["business_profile"]["name"] == "Cakes"
        last = {"up_to": None, "layer": "bitcoin", "count": 3}
        assert after["payment_policy"]["confirmations"][1] == last
        assert after["payment_policy"]["expires_after_seconds"] == 60
        assert await till.get("/v1/account") == after
        emptied = await till.post(f"/v1/accounts/{after['id']}", email="", metadata="")
        assert (emptied["email"], emptied["metadata"]) == (None, {})
        assert (await till.told())[-2:] == ["account.updated", "account.updated"]

    @pytest.mark.parametrize(
        ("params", "param"),
        [
            ({"email": "nobody"}, "email"),
            ({"country": "Germany"}, "country"),
            ({"payment_policy": {"expires_after_seconds": 59}}, "expires_after_seconds"),
            ({"payment_policy": {"late_grace_seconds": 86_401}}, "late_grace_seconds"),
            ({"payment_policy": {"underpaid_tolerance_ppm": 50_001}}, "underpaid_tolerance_ppm"),
            ({"payment_policy": {"confirmations": []}}, "confirmations"),
            (
                {"payment_policy": {"confirmations": [{"layer": "stacks", "count": 1_001}]}},
                "confirmations",
            ),
            (
                {"payment_policy": {"confirmations": [{"layer": "moon", "count": 1}]}},
                "confirmations",
            ),
            (
                {
                    "payment_policy": {
                        "confirmations": [{"up_to": 5, "layer": "stacks", "count": 1}]
                    }
                },
                "confirmations",
            ),
        ],
    )
    async def test_refusals(self, till: Till, params: dict[str, Any], param: str) -> None:
        before = await till.get("/v1/account")
        status, _, named = await till.refused("POST", "/v1/account", params)
        assert status == 400
        assert named is not None
        assert param in named
        assert await till.get("/v1/account") == before

    async def test_another_account_is_out_of_reach(self, till: Till) -> None:
        """Whether it exists or not."""
        theirs = (await till.neighbour()).caller.merchant_id
        for id in (theirs, "acct_nobody"):
            for method in ("GET", "POST"):
                refusal = await till.refused(method, f"/v1/accounts/{id}")
                assert refusal == (403, "account_invalid", None)
