"""Charges, refunds, the balance and deposits over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Refused, Till, open_till
from core.tests.web.money_kit import ids

from stacktill.plugin import SandboxOrder

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


async def intent(till: Till, amount: int = 1_000, **params: Any) -> dict[str, Any]:
    return await till.post(
        "/v1/payment_intents", amount=amount, currency="btc", confirm=True, **params
    )


async def mined(till: Till, order: SandboxOrder) -> str:
    """Have a transfer mined and looked at; return its transaction."""
    script = till.services.test_chain.script
    assert script is not None
    txid = await script.pay(order)
    await script.mine()
    await till.appliance.watchers["test"].catch_up()
    return txid


async def paid(till: Till, amount: int = 1_000, **params: Any) -> dict[str, Any]:
    """A succeeded intent."""
    waiting = await intent(till, amount, **params)
    details = waiting["next_action"]["crypto_display_details"]
    address = details["deposit_addresses"]["stacks"]["address"]
    await mined(till, SandboxOrder(address, amount, memo=bytes.fromhex(details["memo"])))
    after = await till.get(f"/v1/payment_intents/{waiting['id']}")
    assert after["status"] == "succeeded"
    return after


async def stray(till: Till, amount: int = 700) -> dict[str, Any]:
    """A deposit that names no payment."""
    account = await till.get("/v1/account")
    txid = await mined(till, SandboxOrder(account["settlement_addresses"]["test"], amount))
    page = await till.get("/v1/deposits", status="unmatched")
    (found,) = [item for item in page["data"] if item["transaction_hash"] == txid]
    assert isinstance(found, dict)
    return found


async def sign(till: Till, refund: dict[str, Any]) -> None:
    """The merchant's wallet signs a refund, and a block holds it."""
    action = refund["next_action"]["sign_transaction"]
    memo = bytes.fromhex(action["memo"])
    order = SandboxOrder(action["recipient"], refund["amount"], sender=action["signer"], memo=memo)
    await mined(till, order)


class TestCharges:
    URL = "/v1/charges"

    async def test_retrieve_and_reword(self, till: Till) -> None:
        done = await paid(till, metadata={"order": "7"})
        path = f"{self.URL}/{done['latest_charge']}"
        charge = await till.get(path)
        assert (charge["object"], charge["amount"], charge["paid"]) == ("charge", 1_000, True)
        assert charge["metadata"] == {"order": "7"}
        assert charge["payment_method_details"]["crypto"]["network"] == "stacks"
        after = await till.post(path, description="A cake", metadata={"order": "", "shop": "1"})
        assert (after["description"], after["metadata"]) == ("A cake", {"shop": "1"})
        assert await till.refused("POST", path, {"amount": 5}) == (
            400,
            "parameter_unknown",
            "amount",
        )

    async def test_lists_by_customer_and_by_intent(self, till: Till) -> None:
        ada = (await till.post("/v1/customers"))["id"]
        first, second = await paid(till, customer=ada), await paid(till)
        both = [second["latest_charge"], first["latest_charge"]]
        assert ids(await till.get(self.URL)) == both
        assert ids(await till.get(self.URL, customer=ada)) == both[1:]
        assert ids(await till.get(self.URL, payment_intent=second["id"])) == both[:1]
        page = await till.get(self.URL, limit=1)
        assert (page["has_more"], page["url"]) == (True, self.URL)
        assert ids(await till.get(self.URL, starting_after=both[0])) == both[1:]

    async def test_search(self, till: Till) -> None:
        done = await paid(till, 1_234, metadata={"order": "8"})
        for query in (
            "metadata['order']:'8'",
            "amount>1000 AND status:'succeeded'",
            "refunded:'false' AND currency:'btc'",
        ):
            page = await till.get(f"{self.URL}/search", query=query)
            assert ids(page) == [done["latest_charge"]]
            assert page["object"] == "search_result"
        assert ids(await till.get(f"{self.URL}/search", query="refunded:'true'")) == []

    async def test_creating_is_refused_in_words(self, till: Till) -> None:
        with pytest.raises(Refused) as caught:
            await till.post(self.URL, amount=100, currency="btc", source="tok_visa")
        assert caught.value.status == 400
        assert "PaymentIntent" in caught.value.error["message"]

    async def test_expands(self, till: Till) -> None:
        done = await paid(till)
        charge = await till.get(
            f"{self.URL}/{done['latest_charge']}",
            **{"expand[]": ["balance_transaction", "payment_intent"]},
        )
        assert charge["payment_intent"]["id"] == done["id"]
        assert charge["balance_transaction"]["amount"] == 1_000

    async def test_foreign_charges_do_not_exist(self, till: Till) -> None:
        theirs = (await paid(await till.neighbour()))["latest_charge"]
        customer = (await (await till.neighbour()).post("/v1/customers"))["id"]
        for method in ("GET", "POST"):
            refusal = await till.refused(method, f"{self.URL}/{theirs}")
            assert refusal == (404, "resource_missing", "id")
        refusal = await till.refused("GET", self.URL, {"starting_after": theirs})
        assert refusal == (400, "resource_missing", "starting_after")
        mine = (await paid(till))["latest_charge"]
        refusal = await till.refused("POST", f"{self.URL}/{mine}", {"customer": customer})
        assert refusal == (400, "resource_missing", "customer")


class TestRefunds:
    URL = "/v1/refunds"

    async def test_a_refund_goes_from_signing_to_success(self, till: Till) -> None:
        done = await paid(till)
        refund = await till.post(
            self.URL, payment_intent=done["id"], amount=400, reason="duplicate"
        )
        assert (refund["status"], refund["amount"]) == ("requires_action", 400)
        assert refund["next_action"]["sign_transaction"]["amount"] == 400
        told = await till.post(f"{self.URL}/{refund['id']}/broadcast", transaction_hash="AB" * 32)
        assert told["status"] == "pending"
        assert told["destination_details"]["crypto"]["reference"] == "ab" * 32
        await sign(till, refund)
        after = await till.get(f"{self.URL}/{refund['id']}", **{"expand[]": ["charge"]})
        assert (after["status"], after["next_action"]) == ("succeeded", None)
        assert after["charge"]["amount_refunded"] == 400
        assert after["destination_details"]["crypto"]["reference"] != "ab" * 32
        assert after["balance_transaction"].startswith("txn_")

    async def test_refunds_never_exceed_the_charge(self, till: Till) -> None:
        done = await paid(till)
        charge = done["latest_charge"]
        await till.post(self.URL, charge=charge, amount=700)
        refusal = await till.refused("POST", self.URL, {"charge": charge, "amount": 301})
        assert refusal == (400, None, "amount")
        assert (await till.post(self.URL, charge=charge))["amount"] == 300
        refusal = await till.refused("POST", self.URL, {"charge": charge})
        assert refusal == (400, "charge_already_refunded", "charge")

    async def test_canceling_gives_the_amount_free(self, till: Till) -> None:
        done = await paid(till)
        refund = await till.post(self.URL, payment_intent=done["id"])
        path = f"{self.URL}/{refund['id']}"
        assert (await till.post(f"{path}/cancel"))["status"] == "canceled"
        with pytest.raises(Refused) as caught:
            await till.post(f"{path}/cancel")
        assert caught.value.error["code"] == "refund_unexpected_state"
        assert caught.value.error["refund"]["status"] == "canceled"
        again = await till.post(self.URL, payment_intent=done["id"])
        assert again["amount"] == 1_000
        both = [again["id"], refund["id"]]
        assert ids(await till.get(self.URL, payment_intent=done["id"])) == both
        assert ids(await till.get(self.URL, charge=done["latest_charge"])) == both

    async def test_only_metadata_changes(self, till: Till) -> None:
        refund = await till.post(self.URL, payment_intent=(await paid(till))["id"])
        path = f"{self.URL}/{refund['id']}"
        assert (await till.post(path, metadata={"a": "b"}))["metadata"] == {"a": "b"}
        assert await till.refused("POST", path, {"reason": "duplicate"}) == (
            400,
            "parameter_unknown",
            "reason",
        )

    @pytest.mark.parametrize(
        ("params", "code", "param"),
        [
            ({}, "parameter_missing", "charge"),
            ({"charge": "ch_1", "payment_intent": "pi_1"}, "parameters_exclusive", None),
            ({"charge": "ch_1"}, "resource_missing", "charge"),
            ({"payment_intent": "pi_1"}, "resource_missing", "payment_intent"),
            ({"charge": "ch_1", "amount": 0}, "amount_too_small", "amount"),
            ({"charge": "ch_1", "reason": "bored"}, None, "reason"),
        ],
    )
    async def test_refusals(
        self, till: Till, params: dict[str, Any], code: str | None, param: str | None
    ) -> None:
        assert await till.refused("POST", self.URL, params) == (400, code, param)

    async def test_an_unpaid_intent_has_nothing_to_give_back(self, till: Till) -> None:
        waiting = await intent(till)
        refusal = await till.refused("POST", self.URL, {"payment_intent": waiting["id"]})
        assert refusal == (400, None, "payment_intent")


class TestFees:
    """A platform's fee comes out of the amount, so it is never more than that."""

    URL = "/v1/payment_intents"

    async def test_of_an_intent(self, till: Till) -> None:
        wish = {"amount": 500, "currency": "btc", "application_fee_amount": 501}
        refused = (400, None, "application_fee_amount")
        assert await till.refused("POST", self.URL, wish) == refused
        made = await till.post(self.URL, amount=500, currency="btc", application_fee_amount=500)
        path = f"{self.URL}/{made['id']}"
        assert await till.refused("POST", path, {"amount": 499}) == refused
        assert await till.refused("POST", path, {"application_fee_amount": 501}) == refused
        assert (await till.get(path))["application_fee_amount"] == 500

    async def test_of_what_is_sold(self, till: Till) -> None:
        data = {"currency": "btc", "unit_amount": 100, "product_data": {"name": "Tea"}}
        wish = {
            "line_items": [{"price_data": data, "quantity": 2}],
            "payment_intent_data": {"application_fee_amount": 201},
            "success_url": "https://shop.example",
        }
        param = "payment_intent_data[application_fee_amount]"
        assert await till.refused("POST", "/v1/checkout/sessions", wish) == (400, None, param)


class TestBalance:
    async def test_it_follows_money_in_and_out(self, till: Till) -> None:
        empty = await till.get("/v1/balance")
        assert empty["available"][0] == {
            "amount": 0,
            "currency": "btc",
            "source_types": {"crypto": 0},
        }
        done = await paid(till, 1_000)
        await stray(till, 70)
        refund = await till.post("/v1/refunds", payment_intent=done["id"], amount=300)
        await sign(till, refund)
        after = await till.get("/v1/balance")
        amounts = {name: after[name][0]["amount"] for name in ("available", "pending", "unmatched")}
        assert amounts == {"available": 700, "pending": 0, "unmatched": 70}

    @pytest.mark.parametrize("url", ["/v1/balance_transactions", "/v1/balance/history"])
    async def test_lines(self, till: Till, url: str) -> None:
        done = await paid(till, 1_000)
        refund = await till.post("/v1/refunds", payment_intent=done["id"], amount=300)
        await sign(till, refund)
        page = await till.get(url)
        assert page["url"] == url
        assert [line["amount"] for line in page["data"]] == [-300, 1_000]
        assert [line["type"] for line in page["data"]] == ["payment_refund", "payment"]
        first = page["data"][1]
        assert await till.get(f"{url}/{first['id']}") == first
        assert ids(await till.get(url, type="payment")) == [first["id"]]
        assert ids(await till.get(url, source=done["latest_charge"])) == [first["id"]]
        assert len(ids(await till.get(url, currency="BTC"))) == 2
        assert await till.refused("GET", url, {"currency": "usd"}) == (400, None, "currency")
        assert ids(await till.get(url, **{"created[gt]": first["created"] + 99_999})) == []
        whole = await till.get(f"{url}/{first['id']}", **{"expand[]": "source"})
        assert whole["source"]["id"] == done["latest_charge"]

    async def test_foreign_lines_do_not_exist(self, till: Till) -> None:
        other = await till.neighbour()
        await paid(other)
        (line,) = ids(await other.get("/v1/balance_transactions"))
        refusal = await till.refused("GET", f"/v1/balance_transactions/{line}")
        assert refusal == (404, "resource_missing", "id")


class TestDeposits:
    URL = "/v1/deposits"

    async def test_a_stray_is_listed_with_its_reason(self, till: Till) -> None:
        found = await stray(till)
        assert (found["object"], found["status"]) == ("deposit", "unmatched")
        assert found["reason"]["code"] == "no_memo"
        assert found["reason"]["message"].endswith(".")
        assert await till.get(f"{self.URL}/{found['id']}") == found

    async def test_attach(self, till: Till) -> None:
        found, waiting = await stray(till, 1_000), await intent(till, 1_000)
        path = f"{self.URL}/{found['id']}/attach"
        assert await till.refused("POST", path) == (400, "parameter_missing", "payment_intent")
        after = await till.post(path, payment_intent=waiting["id"])
        assert (after["status"], after["payment_intent"]) == ("matched", waiting["id"])
        done = await till.get(f"/v1/payment_intents/{waiting['id']}")
        assert done["status"] == "succeeded"
        with pytest.raises(Refused) as caught:
            await till.post(path, payment_intent=waiting["id"])
        assert caught.value.error["code"] == "deposit_unexpected_state"
        assert caught.value.error["deposit"]["status"] == "matched"
        assert ids(await till.get(self.URL, payment_intent=waiting["id"])) == [found["id"]]
        assert ids(await till.get(self.URL, status="matched")) == [found["id"]]
        assert ids(await till.get(self.URL, status="unmatched")) == []

    async def test_attaching_to_a_foreign_intent_is_refused(self, till: Till) -> None:
        found, theirs = await stray(till), await intent(await till.neighbour())
        path = f"{self.URL}/{found['id']}/attach"
        refusal = await till.refused("POST", path, {"payment_intent": theirs["id"]})
        assert refusal == (400, "resource_missing", "payment_intent")

    async def test_refund(self, till: Till) -> None:
        found = await stray(till)
        refund = await till.post(f"{self.URL}/{found['id']}/refund")
        assert (refund["deposit"], refund["amount"]) == (found["id"], 700)
        assert ids(await till.get(self.URL, status="refunding")) == [found["id"]]
        await sign(till, refund)
        after = await till.get(f"{self.URL}/{found['id']}", **{"expand[]": "refund"})
        assert (after["status"], after["refund"]["status"]) == ("refunded", "succeeded")

    async def test_dismiss(self, till: Till) -> None:
        found = await stray(till)
        assert (await till.post(f"{self.URL}/{found['id']}/dismiss"))["status"] == "dismissed"
        assert ids(await till.get(self.URL, status="dismissed")) == [found["id"]]
        assert (await till.get("/v1/balance"))["available"][0]["amount"] == 700

    async def test_reversed(self, till: Till) -> None:
        found = await stray(till)
        script = till.services.test_chain.script
        assert script is not None
        await script.reorg(1, drop=True)
        await till.appliance.watchers["test"].catch_up()
        assert ids(await till.get(self.URL, status="reversed")) == [found["id"]]
        assert ids(await till.get(self.URL, status="unmatched")) == []
        path = f"{self.URL}/{found['id']}/dismiss"
        assert (await till.refused("POST", path))[1] == "deposit_unexpected_state"

    async def test_foreign_deposits_do_not_exist(self, till: Till) -> None:
        theirs = (await stray(await till.neighbour()))["id"]
        for verb in ("refund", "dismiss"):
            refusal = await till.refused("POST", f"{self.URL}/{theirs}/{verb}")
            assert refusal == (404, "resource_missing", "id")
        assert ids(await till.get(self.URL)) == []
