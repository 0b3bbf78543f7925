"""Points of sale: what pairs them, what their keys open, and which sales they see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till

from stacktill.application import pos
from stacktill.application.intent_terms import Verdict
from stacktill.application.keys import MOST_KEYS
from stacktill.application.payment_intents import create_payment_intent, draft_payment_intent
from stacktill.application.pos import (
    PAIRING_SECONDS,
    POS_SCOPE,
    Terminal,
    create_terminal,
    pair_terminal,
    pairing_of,
    sale_of,
    sale_params,
    sales_of,
    terminal_of,
)
from stacktill.domain.errors import Forbidden, NotFound, Unauthenticated
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import Search, UnitOfWork

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


async def link_key(till: Till) -> str:
    """The key in a fresh pairing link."""
    made = await till.post("/v1/pos_terminals", name="Counter")
    return str(made["url"].rpartition("=")[2])


async def paired(till: Till) -> str:
    new = await till.write(pair_terminal, till.services, await link_key(till))
    return new.text


async def terminal(till: Till) -> Terminal:
    return await till.write(terminal_of, till.services, await paired(till))


async def sold(till: Till, terminal: Terminal, amount_sats: int = 500) -> PaymentIntent:
    params = sale_params(terminal, amount_sats, "Tea")

    def sell(uow: UnitOfWork) -> PaymentIntent:
        draft = draft_payment_intent(till.services, terminal.caller, params)
        return create_payment_intent(
            uow, till.services, terminal.caller, draft, params, verdict=Verdict()
        )

    return await till.write(sell)


class TestPairing:
    async def test_a_link_says_what_it_pairs(self, till: Till) -> None:
        made = await till.post("/v1/pos_terminals", name="Counter")
        assert made["url"].startswith(f"{till.services.public_url}/pos/pair?key=rk_test_")
        assert made["expires_at"] - till.services.clock.now() == pytest.approx(
            PAIRING_SECONDS, abs=5
        )
        found = await till.write(pairing_of, till.services, made["url"].rpartition("=")[2])
        assert (found.merchant.id, found.key.name) == (till.caller.merchant_id, "Counter")

    async def test_it_pairs_one_phone_once(self, till: Till) -> None:
        text = await link_key(till)
        new = await till.write(pair_terminal, till.services, text)
        assert new.text != text
        assert (new.record.scopes, new.record.expires_at) == ((POS_SCOPE,), None)
        for step in (pair_terminal, pairing_of):
            with pytest.raises(Unauthenticated):
                await till.write(step, till.services, text)

    async def test_links_are_bounded(self, till: Till) -> None:
        """A server that makes one per request is stopped, and its other keys are left alone."""
        for _ in range(MOST_KEYS):
            await till.post("/v1/pos_terminals", name="x")
        status, code, _ = await till.refused("POST", "/v1/pos_terminals", {"name": "x"})
        assert (status, code) == (400, "too_many_keys")
        assert await till.post("/v1/api_keys", kind="publishable")

    async def test_not_after_an_hour(self, till: Till) -> None:
        new = await till.write(
            create_terminal, till.services, till.caller.merchant_id, livemode=False, name="x"
        )
        over = replace(new.record, expires_at=till.services.clock.now())
        await till.write(lambda uow: uow.api_keys.save(over))
        with pytest.raises(Unauthenticated):
            await till.write(pair_terminal, till.services, new.text)

    async def test_no_other_key_pairs_or_sells(self, till: Till) -> None:
        scopes = {"kind": "restricted", "scopes": ["*"]}
        broad = (await till.post("/v1/api_keys", **scopes))["key"]
        for text in (till.key, broad, await paired(till), "rk_test_x", "", "x" * 5_000):
            with pytest.raises(Unauthenticated):
                await till.write(pair_terminal, till.services, text)
        for text in (till.key, broad, await link_key(till), ""):
            with pytest.raises(Unauthenticated):
                await till.write(terminal_of, till.services, text)

    async def test_the_api_gives_out_no_such_scope(self, till: Till) -> None:
        params = {"kind": "restricted", "scopes": [POS_SCOPE]}
        assert (await till.refused("POST", "/v1/api_keys", params))[0] == 400

    async def test_only_the_stores_owner_makes_links(self, till: Till) -> None:
        made = await till.post("/v1/api_keys", kind="restricted", scopes=["*"])
        headers = {"Authorization": f"Bearer {made['key']}"}
        answer = await till.http.post("/v1/pos_terminals", json={"name": "x"}, headers=headers)
        assert answer.status_code == 403


class TestKeys:
    @pytest.mark.parametrize(
        "path", ["/v1/balance", "/v1/payment_intents", "/v1/account", "/v1/events", "/v1/api_keys"]
    )
    async def test_they_open_nothing_of_the_api(self, till: Till, path: str) -> None:
        for text in (await paired(till), await link_key(till)):
            headers = {"Authorization": f"Bearer {text}"}
            assert (await till.http.get(path, headers=headers)).status_code == 403
            params = {"amount": 5, "currency": "btc"}
            made = await till.http.post("/v1/payment_intents", json=params, headers=headers)
            assert made.status_code == 403

    async def test_the_store_can_close_a_phone(self, till: Till) -> None:
        text = await paired(till)
        found = await till.write(terminal_of, till.services, text)
        keys = (await till.get("/v1/api_keys"))["data"]
        shown = next(key for key in keys if key["id"] == found.key.id)
        assert (shown["name"], shown["scopes"], shown["status"]) == (
            "Counter",
            ["pos:write"],
            "active",
        )
        await till.post(f"/v1/api_keys/{found.key.id}/revoke")
        with pytest.raises(Unauthenticated):
            await till.write(terminal_of, till.services, text)

    async def test_a_closed_store_closes_its_phones(self, till: Till) -> None:
        text = await paired(till)

        def close(uow: UnitOfWork) -> None:
            merchant = uow.merchants.get(till.caller.merchant_id)
            assert merchant is not None
            uow.merchants.save(replace(merchant, status="suspended"))

        await till.write(close)
        with pytest.raises(Forbidden):
            await till.write(terminal_of, till.services, text)


class TestSales:
    async def test_each_terminal_sees_its_own(self, till: Till) -> None:
        first, second = await terminal(till), await terminal(till)
        sales = [await sold(till, first, amount) for amount in (100, 200)]
        await till.post("/v1/payment_intents", amount=300, currency="btc")
        listed = await till.write(sales_of, first, sales[0].created)
        assert [sale.amount_sats for sale in listed] == [200, 100]
        assert await till.write(sales_of, second, 0) == []
        assert (await till.write(sale_of, first, sales[0].id)).description == "Tea"
        for stranger, id in ((second, sales[0].id), (first, "pi_none")):
            with pytest.raises(NotFound):
                await till.write(sale_of, stranger, id)

    async def test_only_since_then(self, till: Till) -> None:
        here = await terminal(till)
        early = await sold(till, here)
        await till.advance(100)
        late = await sold(till, here)
        listed: Any = await till.write(sales_of, here, early.created + 1)
        assert [sale.id for sale in listed] == [late.id]

    async def test_the_list_has_an_end_and_reads_no_further(
        self, till: Till, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pos, "PAGE", 2)
        monkeypatch.setattr(pos, "LONGEST_LIST", 4)
        here = await terminal(till)
        made = [await sold(till, here, amount) for amount in range(101, 107)]
        listed = await till.write(sales_of, here, 0)
        assert [sale.amount_sats for sale in listed] == [106, 105, 104, 103]
        await till.advance(100)
        late = await sold(till, here)
        asked: list[str | None] = []

        def counted(uow: UnitOfWork) -> list[PaymentIntent]:
            search = uow.search

            def note(table: str, query: Search) -> list[str]:
                asked.append(query.before_id)
                return search(table, query)

            monkeypatch.setattr(uow, "search", note)
            return sales_of(uow, here, late.created)

        assert [sale.id for sale in await till.write(counted)] == [late.id]
        assert asked == [None]
        assert made[0].created < late.created

    async def test_not_another_stores(self, till: Till) -> None:
        neighbour = await till.neighbour()
        here, there = await terminal(till), await terminal(neighbour)
        sale = await sold(till, here)
        with pytest.raises(NotFound):
            await till.write(sale_of, there, sale.id)
