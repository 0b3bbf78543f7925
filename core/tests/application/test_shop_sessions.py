"""Checkout sessions and payment links: started by payers, closed by merchants and by time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

from stacktill.application.customers import create_customer, delete_customer
from stacktill.application.payment_intents import cancel_payment_intent, expire_payment_intents
from stacktill.application.payment_links import create_payment_link, update_payment_link
from stacktill.application.session_terms import create_session
from stacktill.application.sessions import (
    draft_of_session,
    expire_session,
    expire_sessions,
    session_of,
    session_of_link,
    start_session,
)
from stacktill.domain.errors import InvalidParameter, InvalidRequest, NotFound, StateConflict
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.resources import CheckoutSession
from stacktill.plugin import SandboxOrder

HOUR = 3600
CAKE = {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Cake"}}
PARAMS: dict[str, Any] = {
    "line_items": [{"price_data": CAKE, "quantity": 3}],
    "success_url": "https://shop.example/thanks?id={CHECKOUT_SESSION_ID}",
}
MADE = ["product.created", "price.created"]
"""What making a session of PARAMS tells of, besides itself."""
LARGE: dict[str, Any] = {
    **PARAMS,
    "line_items": [{"price_data": {**CAKE, "unit_amount": 10**9}, "quantity": 1}],
}
"""So much that one block does not make it final."""
LINK = {"line_items": PARAMS["line_items"], "metadata": {"shop": "south"}}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till")) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


async def created(till: Till, **params: Any) -> CheckoutSession:
    session: CheckoutSession = await till.act(create_session, {**PARAMS, **params})
    return session


async def started(till: Till, session: CheckoutSession) -> PaymentIntent:
    intent: PaymentIntent = await till.act(start_session, session.id)
    return intent


async def now_is(till: Till, session: CheckoutSession) -> CheckoutSession:
    found: CheckoutSession = await till.write(session_of, till.caller, session.id)
    return found


async def intent_now(till: Till, intent: PaymentIntent) -> PaymentIntent:
    found: PaymentIntent = await till.write(lambda uow: uow.payment_intents.get(intent.id))
    assert found is not None
    return found


async def sweep(till: Till) -> None:
    """Close what is due, of all merchants."""
    while await till.write(expire_sessions, till.services, False, till.now, 10):
        pass


class TestStart:
    async def test_makes_a_confirmed_intent_of_the_session(self, till: Till) -> None:
        data = {"description": "Order 7", "metadata": {"order": "7", "gone": None}}
        session = await created(till, payment_intent_data=data, customer_email="a@b.example")
        intent = await started(till, session)
        assert intent.status == "requires_action"
        assert (intent.amount_sats, intent.checkout_session) == (2_100, session.id)
        assert (intent.description, intent.metadata) == ("Order 7", {"order": "7"})
        assert (await now_is(till, session)).payment_intent == intent.id
        assert session.id.startswith("cs_test_")

    async def test_twice_gives_the_same_intent(self, till: Till) -> None:
        session = await created(till)
        first = await started(till, session)
        assert await started(till, session) == first
        assert (await till.told()).count("payment_intent.created") == 1

    async def test_again_after_the_intent_expired_makes_a_new_one(self, till: Till) -> None:
        session = await created(till)
        first = await started(till, session)
        await till.advance(HOUR)
        await till.write(expire_payment_intents, till.services, False, till.now)
        second = await started(till, session)
        assert second.id != first.id
        assert (await now_is(till, session)).payment_intent == second.id
        assert (await intent_now(till, first)).status == "canceled"

    async def test_again_after_the_merchant_canceled_makes_a_new_one(self, till: Till) -> None:
        session = await created(till)
        first = await started(till, session)
        await till.act(cancel_payment_intent, first.id, None)
        assert (await started(till, session)).id != first.id

    async def test_is_refused_when_the_time_is_over(self, till: Till) -> None:
        session = await created(till)
        await till.advance(25 * HOUR)
        with pytest.raises(StateConflict, match="no longer open"):
            await started(till, session)

    async def test_is_refused_to_others(self, till: Till) -> None:
        session = await created(till)
        with pytest.raises(NotFound):
            await started(await till.neighbour(), session)

    async def test_draft_is_what_the_intent_becomes(self, till: Till) -> None:
        session = await created(till, payment_intent_data={"description": "Order 7"})
        draft = draft_of_session(till.services, session)
        assert (draft.amount_sats, draft.description) == (2_100, "Order 7")
        assert await till.write(lambda uow: uow.payment_intents.get(draft.id)) is None

    async def test_outlives_the_customer(self, till: Till) -> None:
        customer = await till.act(create_customer, {"email": "a@b.example"})
        session = await created(till, customer=customer.id)
        await till.act(delete_customer, customer.id)
        assert (await started(till, session)).customer is None
        assert (await now_is(till, session)).customer == customer.id


class TestExpiry:
    async def test_closes_sessions_whose_time_is_over(self, till: Till) -> None:
        early = await created(till, expires_at=till.now + HOUR)
        late = await created(till)
        await till.advance(2 * HOUR)
        await sweep(till)
        assert (await now_is(till, early)).status == "expired"
        assert (await now_is(till, late)).status == "open"
        assert await till.told() == [*MADE, *MADE, "checkout.session.expired"]

    async def test_cancels_the_intent_whose_time_is_over_too(self, till: Till) -> None:
        session = await created(till)
        intent = await started(till, session)
        await till.advance(25 * HOUR)
        await sweep(till)
        assert (await now_is(till, session)).status == "expired"
        gone = await intent_now(till, intent)
        assert (gone.status, gone.cancellation_reason) == ("canceled", "expired")

    async def test_leaves_a_payer_the_time_that_was_promised(self, till: Till) -> None:
        session = await created(till, expires_at=till.now + HOUR)
        await till.advance(HOUR - 60)
        intent = await started(till, session)
        await till.advance(120)
        await sweep(till)
        kept = await now_is(till, session)
        assert kept.status == "open"
        assert kept.expires_at >= (intent.closes_at or 0)
        await till.advance(HOUR)
        await sweep(till)
        assert (await now_is(till, session)).status == "expired"

    async def test_waits_for_money_that_was_seen(self, till: Till) -> None:
        session = await created(till, **LARGE)
        intent = await started(till, session)
        await pay(till, intent)
        assert (await intent_now(till, intent)).status == "processing"
        await till.advance(25 * HOUR)
        await sweep(till)
        assert (await now_is(till, session)).status == "open"
        await mine(till, 20)
        done = await now_is(till, session)
        assert (done.status, done.payment_status) == ("complete", "paid")
        assert (await started(till, session)).status == "succeeded"

    async def test_is_unpaid_while_a_fork_keeps_the_money(self, till: Till) -> None:
        """A shop that asks before it ships must not be told of money that is gone."""
        session = await created(till)
        intent = await started(till, session)
        for _ in range(2):
            await pay(till, intent)
            done = await now_is(till, session)
            assert (done.status, done.payment_status) == ("complete", "paid")
            script = till.services.test_chain.script
            assert script is not None
            await script.reorg(1, drop=True)
            await till.appliance.watchers["test"].catch_up()
            gone = await now_is(till, session)
            assert (gone.status, gone.payment_status) == ("complete", "unpaid")
        assert (await till.told()).count("checkout.session.completed") == 1

    async def test_by_the_merchant_cancels_the_intent(self, till: Till) -> None:
        session = await created(till)
        intent = await started(till, session)
        after = await till.act(expire_session, session.id)
        assert after.status == "expired"
        assert (await intent_now(till, intent)).status == "canceled"
        assert (await till.told())[-2:] == ["payment_intent.canceled", "checkout.session.expired"]

    async def test_by_the_merchant_needs_an_open_session(self, till: Till) -> None:
        session = await created(till)
        await till.act(expire_session, session.id)
        with pytest.raises(StateConflict, match=r'status in \["open"\] can be expired'):
            await till.act(expire_session, session.id)

    async def test_by_the_merchant_is_refused_while_money_is_on_its_way(self, till: Till) -> None:
        session = await created(till, **LARGE)
        await pay(till, await started(till, session))
        with pytest.raises(StateConflict, match="on its way"):
            await till.act(expire_session, session.id)

    @pytest.mark.parametrize("seconds", [0, 29 * 60, 25 * HOUR, 10**9])
    async def test_must_be_within_a_day(self, till: Till, seconds: int) -> None:
        with pytest.raises(InvalidParameter) as refusal:
            await created(till, expires_at=till.now + seconds)
        assert refusal.value.param == "expires_at"


class TestLinks:
    async def test_each_visit_makes_a_session(self, till: Till) -> None:
        target = "https://shop.example/thanks"
        completion = {"type": "redirect", "redirect": {"url": target}}
        link = await till.act(create_payment_link, {**LINK, "after_completion": completion})
        first = await till.write(session_of_link, till.services, link.id)
        second = await till.write(session_of_link, till.services, link.id)
        assert first.id != second.id
        assert (first.payment_link, first.metadata) == (link.id, {"shop": "south"})
        assert (first.success_url, first.total_sats) == (target, 2_100)
        assert (first.merchant_id, first.livemode) == (link.merchant_id, False)
        assert (await started(till, second)).amount_sats == 2_100

    async def test_rests_when_inactive(self, till: Till) -> None:
        link = await till.act(create_payment_link, LINK)
        change = {"active": False, "inactive_message": "Sold out."}
        await till.act(update_payment_link, link.id, change)
        with pytest.raises(InvalidRequest, match=r"Sold out\."):
            await till.write(session_of_link, till.services, link.id)
        told, previous = await till.last_change()
        assert (told, previous) == (
            "payment_link.updated",
            {"active": True, "inactive_message": None},
        )

    async def test_unknown_is_not_found(self, till: Till) -> None:
        with pytest.raises(NotFound):
            await till.write(session_of_link, till.services, "plink_unknown")


async def pay(till: Till, intent: PaymentIntent) -> None:
    """Send what an intent asks for, in a block that is not final yet."""
    script = till.services.test_chain.script
    assert script is not None
    assert intent.deposit_address is not None
    memo = bytes.fromhex(intent.memo or "")
    await script.pay(SandboxOrder(intent.deposit_address, intent.amount_sats, memo=memo))
    await mine(till, 1)


async def mine(till: Till, count: int) -> None:
    script = till.services.test_chain.script
    assert script is not None
    await script.mine(count, bitcoin=True)
    await till.appliance.watchers["test"].catch_up_if_it_answers()
