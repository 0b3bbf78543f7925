"""Stripe's Python SDK walks lists and searches, and expands what they hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from tests.served import Served, Shop

MANY = 120

# One process runs them all, so that the crowd is made once.
pytestmark = pytest.mark.xdist_group("crowd")


@pytest.fixture(scope="module")
def crowd(served: Served) -> tuple[Shop, list[str]]:
    """A shop with more intents than a page holds, many of them of one second; newest first."""
    shop = served.shop()

    def create(number: int) -> str:
        params = {
            "amount": 1_000 + number,
            "currency": "btc",
            "metadata": {"third": str(number % 3), "quote": "it's"},
        }
        return str(shop.post("/v1/payment_intents", params)["id"])

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(create, range(MANY)))
    return shop, sorted(made, reverse=True)


def test_auto_paging_loses_and_repeats_nothing(crowd: tuple[Shop, list[str]]) -> None:
    shop, newest_first = crowd
    sdk = shop.sdk()
    page = sdk.v1.payment_intents.list({"limit": 100})
    assert (len(page.data), page.has_more, page.url) == (100, True, "/v1/payment_intents")
    assert len({intent.created for intent in page.data}) < len(page.data), "seconds are shared"
    for limit in (7, 100):
        walked = sdk.v1.payment_intents.list({"limit": limit}).auto_paging_iter()
        assert [intent.id for intent in walked] == newest_first
    created = [intent.created for intent in page.data]
    assert created == sorted(created, reverse=True)


def test_auto_paging_backwards(crowd: tuple[Shop, list[str]]) -> None:
    shop, newest_first = crowd
    sdk = shop.sdk()
    oldest = newest_first[-1]
    page = sdk.v1.payment_intents.list({"limit": 5, "ending_before": oldest})
    assert [intent.id for intent in page.data] == newest_first[-6:-1], "newest first all the same"
    assert page.has_more
    walked = sdk.v1.payment_intents.list({"limit": 7, "ending_before": oldest}).auto_paging_iter()
    assert [intent.id for intent in walked] == newest_first[-2::-1]


def test_the_global_style_pages_both_ways(
    crowd: tuple[Shop, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, newest_first = crowd
    monkeypatch.setattr(stripe, "api_key", shop.secret_key)
    monkeypatch.setattr(stripe, "api_base", shop.url)
    first = stripe.PaymentIntent.list(limit=50)
    second = first.next_page()
    assert [intent.id for intent in second.data] == newest_first[50:100]
    back = stripe.PaymentIntent.list(limit=50, ending_before=second.data[0].id)
    assert [intent.id for intent in back.data] == newest_first[:50]
    before = stripe.PaymentIntent.list(limit=50, ending_before=newest_first[-1])
    assert [intent.id for intent in before.previous_page().data] == newest_first[19:69]
    walked = stripe.PaymentIntent.list(limit=50).auto_paging_iter()
    assert [intent.id for intent in walked] == newest_first


def test_created_filters(crowd: tuple[Shop, list[str]]) -> None:
    shop, _ = crowd
    sdk = shop.sdk()
    all_of_them = list(sdk.v1.payment_intents.list({"limit": 100}).auto_paging_iter())
    second = all_of_them[MANY // 2].created
    for sign, expected in (
        ({"gte": second}, [i.id for i in all_of_them if i.created >= second]),
        ({"lt": second}, [i.id for i in all_of_them if i.created < second]),
        (second, [i.id for i in all_of_them if i.created == second]),
    ):
        params: Any = {"created": sign, "limit": 100}
        found = sdk.v1.payment_intents.list(params).auto_paging_iter()
        assert [intent.id for intent in found] == expected


def test_search_pages_to_its_end(crowd: tuple[Shop, list[str]]) -> None:
    shop, newest_first = crowd
    sdk = shop.sdk()
    query = "metadata['third']:'1' AND currency:'btc'"
    page = sdk.v1.payment_intents.search({"query": query, "limit": 15})
    assert (len(page.data), page.has_more) == (15, True)
    assert page.next_page
    found = [intent.id for intent in page.auto_paging_iter()]
    assert len(found) == len(set(found)) == MANY // 3
    assert set(found) < set(newest_first)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("amount>1109", 10),
        ("amount>=1109", 11),
        ("amount<1010 AND amount>=1005", 5),
        ("amount:1005 OR amount:1006", 2),
        ("-metadata['third']:'1' AND amount<1003", 2),
        ("-metadata['fourth']:null", 0),
        ("metadata['quote']:'it\\'s' AND amount<1005", 5),
        ("status:'requires_payment_method' AND amount:1000", 1),
        ("status:'succeeded'", 0),
    ],
)
def test_search_queries(crowd: tuple[Shop, list[str]], query: str, count: int) -> None:
    shop, _ = crowd
    page = shop.sdk().v1.payment_intents.search({"query": query, "limit": 100})
    assert len(page.data) == count


@pytest.mark.parametrize(
    "query", ["", "amount", "nothing:'x'", "amount>1 AND amount<9 OR amount:5", "(amount:1)"]
)
def test_a_bad_query_is_refused(shop: Shop, query: str) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk().v1.payment_intents.search({"query": query})


def test_a_cursor_must_be_known_and_alone(shop: Shop) -> None:
    sdk = shop.sdk()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.payment_intents.list({"starting_after": "pi_nothing"})
    assert (refused.value.code, refused.value.param) == ("resource_missing", "starting_after")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.payment_intents.list({"starting_after": "pi_1", "ending_before": "pi_2"})
    assert refused.value.code == "parameters_exclusive"
    for limit in (0, 101):
        with pytest.raises(stripe.InvalidRequestError):
            sdk.v1.payment_intents.list({"limit": limit})


def test_expand_reaches_into_objects_and_lists(shop: Shop) -> None:
    sdk = shop.sdk()
    customer = sdk.v1.customers.create({"email": "ada@example.com"})
    intent = sdk.v1.payment_intents.create(
        {
            "amount": 5_000,
            "currency": "btc",
            "customer": customer.id,
            "confirm": True,
            "expand": ["customer", "latest_charge", "payment_method"],
        }
    )
    assert isinstance(intent.customer, stripe.Customer)
    assert intent.customer.email == "ada@example.com"
    assert isinstance(intent.payment_method, stripe.PaymentMethod)
    assert intent.latest_charge is None
    shop.pay({"id": intent.id})
    listed = sdk.v1.payment_intents.list(
        {"expand": ["data.customer", "data.latest_charge.balance_transaction"]}
    )
    (found,) = listed.data
    assert isinstance(found.customer, stripe.Customer)
    assert isinstance(found.latest_charge, stripe.Charge)
    line = found.latest_charge.balance_transaction
    assert isinstance(line, stripe.BalanceTransaction)
    assert line.amount == 5_000
    for wrong in ("amount", "customer.a.b.c.d", "nothing"):
        with pytest.raises(stripe.InvalidRequestError, match="expand"):
            sdk.v1.payment_intents.retrieve(intent.id, {"expand": [wrong]})
