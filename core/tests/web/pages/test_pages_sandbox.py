"""Who may play on the sandbox from the payer's page, and what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

from stacktill.domain.errors import InvalidParameter, NotFound
from stacktill.web.pages.checkout.sandbox import play, scenes_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


async def test_all_of_it_on_a_box_for_tests(till: Till) -> None:
    scenes = scenes_of(till.appliance, livemode=False)
    assert scenes == ("exact", "under", "over", "late", "mine")
    assert scenes_of(till.appliance, livemode=True) == ()


async def test_nobody_moves_the_clock_of_a_box_that_takes_real_money(till: Till) -> None:
    intent = await till.post("/v1/payment_intents", amount=500, currency="btc", confirm=True)
    services, now = till.services, till.now
    try:
        till.appliance.services = replace(services, live_chain=services.test_chain)
        assert "late" not in scenes_of(till.appliance, livemode=False)
        with pytest.raises(InvalidParameter):
            await play(till.appliance, intent["id"], "late")
    finally:
        till.appliance.services = services
    assert till.now == now
    with pytest.raises(NotFound):
        await play(till.appliance, "pi_none", "exact")
