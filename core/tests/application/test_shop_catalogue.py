"""Products, prices and customers: what the use cases change, keep and tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

from stacktill.application.customers import (
    create_customer,
    delete_customer,
    update_customer,
    usable_customer,
)
from stacktill.application.line_items import make_line_items
from stacktill.application.payment_methods import create_payment_method
from stacktill.application.prices import create_price, update_price
from stacktill.application.products import create_product, delete_product, update_product
from stacktill.domain.errors import InvalidParameter, InvalidRequest, NotFound
from stacktill.domain.money import MAX_SATS
from stacktill.domain.resources import Price

FEE = {"currency": "btc", "unit_amount": 500}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till")) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


async def priced(till: Till, **params: Any) -> Price:
    return await till.act(create_price, {**FEE, "product_data": {"name": "Bread"}, **params})


class TestCustomers:
    async def test_changes_are_told_with_the_old_values(self, till: Till) -> None:
        customer = await till.act(create_customer, {"name": "Ada", "metadata": {"a": "1"}})
        change = {"name": "Ada L.", "metadata": {"a": None, "b": "2"}}
        after = await till.act(update_customer, customer.id, change)
        assert (after.name, after.metadata) == ("Ada L.", {"b": "2"})
        previous = {"name": "Ada", "metadata": {"a": "1"}}
        assert await till.last_change() == ("customer.updated", previous)

    async def test_no_change_is_not_told(self, till: Till) -> None:
        customer = await till.act(create_customer, {"name": "Ada"})
        await till.act(update_customer, customer.id, {"name": "Ada"})
        assert await till.told() == ["customer.created"]

    async def test_deleting_forgets_everything_but_the_id(self, till: Till) -> None:
        method = await till.act(create_payment_method, {})
        customer = await till.act(
            create_customer, {"email": "a@b.example", "payment_method": method.id}
        )
        await till.act(delete_customer, customer.id)
        left = await till.write(lambda uow: uow.customers.get(customer.id))
        assert left is not None
        assert (left.deleted, left.email, left.metadata) == (True, None, {})
        kept = await till.write(lambda uow: uow.payment_methods.get(method.id))
        assert kept is not None
        assert kept.customer is None
        assert (await till.told())[-1] == "customer.deleted"

    async def test_the_deleted_can_neither_be_used_nor_changed(self, till: Till) -> None:
        customer = await till.act(create_customer, {})
        await till.act(delete_customer, customer.id)
        with pytest.raises(InvalidParameter) as refusal:
            await till.write(usable_customer, till.caller, customer.id)
        assert refusal.value.code == "resource_missing"
        for function, more in ((update_customer, ({},)), (delete_customer, ())):
            with pytest.raises(NotFound):
                await till.act(function, customer.id, *more)


class TestProducts:
    async def test_may_come_with_a_price(self, till: Till) -> None:
        product = await till.act(create_product, {"name": "Bread", "default_price_data": FEE})
        assert product.default_price is not None
        price = await till.write(lambda uow: uow.prices.get(product.default_price))
        assert (price.product, price.unit_amount_sats) == (product.id, 500)
        assert await till.told() == ["product.created", "price.created", "product.updated"]

    async def test_with_a_price_cannot_be_deleted(self, till: Till) -> None:
        price = await priced(till)
        with pytest.raises(InvalidRequest, match="cannot be deleted"):
            await till.act(delete_product, price.product)

    async def test_without_a_price_is_deleted_once(self, till: Till) -> None:
        product = await till.act(create_product, {"name": "Bread"})
        await till.act(delete_product, product.id)
        assert (await till.told())[-1] == "product.deleted"
        with pytest.raises(NotFound):
            await till.act(delete_product, product.id)

    async def test_default_price_must_be_its_own(self, till: Till) -> None:
        price = await priced(till)
        other = await till.act(create_product, {"name": "Cake"})
        with pytest.raises(InvalidParameter) as refusal:
            await till.act(update_product, other.id, {"default_price": price.id})
        assert refusal.value.param == "default_price"
        after = await till.act(update_product, price.product, {"default_price": price.id})
        assert after.default_price == price.id


class TestPrices:
    async def test_a_lookup_key_names_one_price(self, till: Till) -> None:
        first = await priced(till, lookup_key="bread")
        with pytest.raises(InvalidParameter, match=first.id):
            await priced(till, lookup_key="bread")
        second = await priced(till, lookup_key="bread", transfer_lookup_key=True)
        freed = await till.write(lambda uow: uow.prices.get(first.id))
        assert (freed.lookup_key, second.lookup_key) == (None, "bread")
        assert (await till.told())[-2:] == ["price.updated", "price.created"]

    async def test_a_lookup_key_can_be_moved_back_and_dropped(self, till: Till) -> None:
        first = await priced(till, lookup_key="bread")
        await priced(till, lookup_key="bread", transfer_lookup_key=True)
        move = {"lookup_key": "bread", "transfer_lookup_key": True}
        assert (await till.act(update_price, first.id, move)).lookup_key == "bread"
        assert (await till.act(update_price, first.id, {"lookup_key": None})).lookup_key is None
        assert (await priced(till, lookup_key="bread")).lookup_key == "bread"

    async def test_a_lookup_key_is_the_merchants_own(self, till: Till) -> None:
        await priced(till, lookup_key="bread")
        other = await till.neighbour()
        assert (await priced(other, lookup_key="bread")).lookup_key == "bread"

    async def test_the_default_price_cannot_rest(self, till: Till) -> None:
        product = await till.act(create_product, {"name": "Bread", "default_price_data": FEE})
        with pytest.raises(InvalidParameter, match="default price"):
            await till.act(update_price, product.default_price, {"active": False})

    async def test_decimal_amounts_are_whole_sats(self, till: Till) -> None:
        made = {"currency": "btc", "unit_amount_decimal": "1500.00", "product_data": {"name": "A"}}
        assert (await till.act(create_price, made)).unit_amount_sats == 1_500


class TestLineItems:
    async def test_prices_made_on_the_spot_are_not_on_offer(self, till: Till) -> None:
        data = {**FEE, "product_data": {"name": "Bread"}}
        items = await till.act(make_line_items, [{"price_data": data, "quantity": 2}])
        price = await till.write(lambda uow: uow.prices.get(items[0].price))
        product = await till.write(lambda uow: uow.products.get(items[0].product))
        assert (items[0].description, items[0].total_sats) == ("Bread", 1_000)
        assert (price.active, product.active) == (False, False)

    @pytest.mark.parametrize(("amount", "code"), [(0, "small"), (MAX_SATS, "large")])
    async def test_total_must_be_payable(self, till: Till, amount: int, code: str) -> None:
        price = await priced(till, unit_amount=amount)
        with pytest.raises(InvalidParameter) as refusal:
            await till.act(make_line_items, [{"price": price.id, "quantity": 2}])
        assert (refusal.value.code, refusal.value.param) == (f"amount_too_{code}", "line_items")

    async def test_what_rests_cannot_be_sold(self, till: Till) -> None:
        price = await priced(till, active=False)
        with pytest.raises(InvalidParameter, match="inactive") as refusal:
            await till.act(make_line_items, [{"price": price.id, "quantity": 1}])
        assert refusal.value.param == "line_items[0][price]"

    async def test_what_is_anothers_is_not_there(self, till: Till) -> None:
        price = await priced(await till.neighbour())
        data = {**FEE, "product": price.product}
        for item, param in (
            ({"price": price.id}, "line_items[0][price]"),
            ({"price_data": data}, "line_items[0][price_data][product]"),
        ):
            with pytest.raises(InvalidParameter) as refusal:
                await till.act(make_line_items, [{**item, "quantity": 1}])
            assert (refusal.value.code, refusal.value.param) == ("resource_missing", param)
