"""What is left to the payer: amounts within bounds, and quantities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

from stacktill.application.choices import Choice, choose
from stacktill.application.sessions import draft_of_session, session_of_link, start_session
from stacktill.domain.errors import InvalidParameter, InvalidRequest, NotFound, StateConflict
from stacktill.domain.money import MAX_SATS
from stacktill.domain.resources import CheckoutSession
from stacktill.plugin.storage import UnitOfWork

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINKS = "/v1/payment_links"
SESSIONS = "/v1/checkout/sessions"
CAKE = {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Cake"}}
THANKS = "https://shop.example/thanks"
BOUNDS = {"minimum": 100, "maximum": 5_000, "preset": 1_000}
HOUR = 3_600


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


async def tip_price(till: Till, **bounds: Any) -> dict[str, Any]:
    custom = {"enabled": True, **bounds}
    return await till.post(
        "/v1/prices", currency="btc", custom_unit_amount=custom, product_data={"name": "Tip"}
    )


async def tip_link(till: Till, **bounds: Any) -> str:
    price = await tip_price(till, **bounds)
    link = await till.post(LINKS, line_items=[{"price": price["id"], "quantity": 1}])
    return str(link["id"])


async def cakes(till: Till, quantity: int = 2, **bounds: int) -> dict[str, Any]:
    adjustable = {"enabled": True, **bounds}
    return {"price_data": CAKE, "quantity": quantity, "adjustable_quantity": adjustable}


async def chosen(till: Till, id: str, choice: Choice) -> CheckoutSession:
    return await till.write(choose, till.services, id, choice)


class TestPrices:
    async def test_bounds_are_shown_and_there_is_no_amount(self, till: Till) -> None:
        price = await tip_price(till, **BOUNDS)
        assert price["custom_unit_amount"] == BOUNDS
        assert (price["unit_amount"], price["unit_amount_decimal"]) == (None, None)
        free = await tip_price(till)
        assert free["custom_unit_amount"] == {"minimum": None, "maximum": None, "preset": None}

    async def test_as_a_products_first_price(self, till: Till) -> None:
        data = {"currency": "btc", "custom_unit_amount": {"enabled": True, "preset": 5}}
        product = await till.post("/v1/products", name="Tip", default_price_data=data)
        price = await till.get(f"/v1/prices/{product['default_price']}")
        assert price["custom_unit_amount"]["preset"] == 5

    @pytest.mark.parametrize(
        ("custom", "param"),
        [
            ({"enabled": False}, "custom_unit_amount[enabled]"),
            ({}, "custom_unit_amount[enabled]"),
            ({"enabled": True, "minimum": 0}, "custom_unit_amount[minimum]"),
            ({"enabled": True, "minimum": 9, "maximum": 8}, "custom_unit_amount[maximum]"),
            ({"enabled": True, "minimum": 9, "preset": 8}, "custom_unit_amount[preset]"),
            ({"enabled": True, "maximum": 9, "preset": 10}, "custom_unit_amount[preset]"),
            ({"enabled": True, "maximum": MAX_SATS + 1}, "custom_unit_amount[maximum]"),
        ],
    )
    async def test_bounds_that_leave_nothing(
        self, till: Till, custom: dict[str, Any], param: str
    ) -> None:
        params = {"currency": "btc", "custom_unit_amount": custom, "product_data": {"name": "Tip"}}
        status, _, wrong = await till.refused("POST", "/v1/prices", params)
        assert (status, wrong) == (400, param)

    async def test_an_amount_and_a_choice_exclude_each_other(self, till: Till) -> None:
        custom = {"enabled": True}
        params = {"currency": "btc", "unit_amount": 5, "product_data": {"name": "Tip"}}
        refusal = await till.refused("POST", "/v1/prices", {**params, "custom_unit_amount": custom})
        assert refusal[:2] == (400, "parameters_exclusive")


class TestLineItems:
    async def test_a_chosen_amount_stands_alone(self, till: Till) -> None:
        price = (await tip_price(till))["id"]
        for items in (
            [{"price": price, "quantity": 2}],
            [{"price": price, "quantity": 1}, {"price_data": CAKE, "quantity": 1}],
            [{"price": price, "quantity": 1, "adjustable_quantity": {"enabled": True}}],
        ):
            refusal = await till.refused("POST", LINKS, {"line_items": items})
            assert refusal == (400, None, "line_items")

    async def test_quantities_are_within_their_bounds(self, till: Till) -> None:
        for quantity, bounds in ((1, {"minimum": 2}), (100, {}), (3, {"minimum": 5, "maximum": 1})):
            items = [await cakes(till, quantity, **bounds)]
            refusal = await till.refused("POST", LINKS, {"line_items": items})
            assert refusal == (400, None, "line_items[0][quantity]")

    async def test_the_bounds_are_shown(self, till: Till) -> None:
        items = [await cakes(till, maximum=9), {"price_data": CAKE, "quantity": 1}]
        params = {"line_items": items, "success_url": THANKS, "expand": ["line_items"]}
        session = await till.post(SESSIONS, **params)
        first, second = session["line_items"]["data"]
        assert first["adjustable_quantity"] == {"enabled": True, "minimum": 0, "maximum": 9}
        assert second["adjustable_quantity"] is None
        assert session["amount_total"] == 2_100

    async def test_a_fee_fits_the_least(self, till: Till) -> None:
        price = (await tip_price(till, minimum=100))["id"]
        params: dict[str, Any] = {"line_items": [{"price": price, "quantity": 1}]}
        fee = {"application_fee_amount": 101}
        status, _, param = await till.refused("POST", LINKS, {**params, "payment_intent_data": fee})
        assert (status, param) == (400, "payment_intent_data[application_fee_amount]")
        fee = {"application_fee_amount": 100}
        assert await till.post(LINKS, **params, payment_intent_data=fee)


class TestChoosing:
    @pytest.mark.parametrize("amount_sats", [100, 777, 5_000])
    async def test_an_amount(self, till: Till, amount_sats: int) -> None:
        session = await chosen(till, await tip_link(till, **BOUNDS), Choice(amount_sats))
        assert (session.total_sats, session.awaits_choice) == (amount_sats, False)
        intent = await till.act(start_session, session.id)
        assert intent.amount_sats == amount_sats

    @pytest.mark.parametrize(
        ("amount_sats", "code"),
        [
            (99, "amount_too_small"),
            (0, "amount_too_small"),
            (-5, "amount_too_small"),
            (5_001, "amount_too_large"),
            (MAX_SATS * 10, "amount_too_large"),
        ],
    )
    async def test_an_amount_out_of_bounds(self, till: Till, amount_sats: int, code: str) -> None:
        with pytest.raises(InvalidParameter) as caught:
            await chosen(till, await tip_link(till, **BOUNDS), Choice(amount_sats))
        assert (caught.value.code, caught.value.param) == (code, "amount")
        sessions = await till.get(SESSIONS)
        assert sessions["data"] == []

    async def test_without_bounds_anything_that_exists(self, till: Till) -> None:
        link = await tip_link(till)
        assert (await chosen(till, link, Choice(MAX_SATS))).total_sats == MAX_SATS
        for amount_sats in (0, MAX_SATS + 1, None):
            with pytest.raises(InvalidParameter):
                await chosen(till, link, Choice(amount_sats))

    async def test_nothing_is_started_before(self, till: Till) -> None:
        session = await till.write(session_of_link, till.services, await tip_link(till))
        assert session.awaits_choice
        with pytest.raises(StateConflict):
            draft_of_session(till.services, session)
        after = await chosen(till, session.id, Choice(250))
        assert draft_of_session(till.services, after).amount_sats == 250

    async def test_the_link_itself_never_changes(self, till: Till) -> None:
        link = await tip_link(till, **BOUNDS)
        first = await chosen(till, link, Choice(100))
        second = await chosen(till, link, Choice(200))
        assert (first.id != second.id, first.total_sats, second.total_sats) == (True, 100, 200)

    async def test_once_started_it_stands(self, till: Till) -> None:
        session = await chosen(till, await tip_link(till, **BOUNDS), Choice(500))
        await till.act(start_session, session.id)
        assert (await chosen(till, session.id, Choice(100))).total_sats == 500

    async def test_not_after_its_time(self, till: Till) -> None:
        session = await till.write(session_of_link, till.services, await tip_link(till))
        await till.advance(25 * HOUR)
        with pytest.raises(StateConflict):
            await chosen(till, session.id, Choice(500))

    async def test_quantities(self, till: Till) -> None:
        items = [await cakes(till, maximum=9), {"price_data": CAKE, "quantity": 1}]
        link = (await till.post(LINKS, line_items=items))["id"]
        session = await chosen(till, link, Choice(quantities={0: 5, 1: 500}))
        assert [item.quantity for item in session.line_items] == [5, 1]
        assert (await chosen(till, link, Choice())).total_sats == 3 * 700
        none = await chosen(till, link, Choice(quantities={0: 0}))
        assert [item.quantity for item in none.line_items] == [1]
        for quantity in (-1, 10):
            with pytest.raises(InvalidParameter) as caught:
                await chosen(till, link, Choice(quantities={0: quantity}))
            assert caught.value.param == "quantity-0"

    async def test_nothing_at_all_cannot_be_bought(self, till: Till) -> None:
        link = (await till.post(LINKS, line_items=[await cakes(till)]))["id"]
        with pytest.raises(InvalidParameter):
            await chosen(till, link, Choice(quantities={0: 0}))

    async def test_a_fixed_price_is_not_for_the_payer_to_change(self, till: Till) -> None:
        items = [{"price_data": CAKE, "quantity": 1}]
        link = (await till.post(LINKS, line_items=items))["id"]
        session = await chosen(till, link, Choice(1, {0: 0}))
        assert session.total_sats == 700

    async def test_a_closed_store_sells_nothing(self, till: Till) -> None:
        link = await tip_link(till, **BOUNDS)

        def close(uow: UnitOfWork) -> None:
            merchant = uow.merchants.get(till.caller.merchant_id)
            assert merchant is not None
            uow.merchants.save(replace(merchant, status="suspended"))

        await till.write(close)
        with pytest.raises(InvalidRequest):
            await chosen(till, link, Choice(500))
        page = await till.http.get(f"/pay/{link}")
        assert 'name="amount"' not in page.text

    async def test_unknown_ids(self, till: Till) -> None:
        for id in ("cs_test_none", "plink_none"):
            with pytest.raises(NotFound):
                await chosen(till, id, Choice(5))
