"""Stripe's Python SDK and everything around a payment: who, what for, how much is left."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import stripe
from tests.served import Shop, until


@pytest.fixture
def sdk(shop: Shop) -> stripe.StripeClient:
    return shop.sdk()


@pytest.fixture
def paid(shop: Shop, sdk: stripe.StripeClient) -> stripe.PaymentIntent:
    """An intent of 10,000 sats that succeeded."""
    intent = shop.intent(10_000, metadata={"order": "7"}, description="Socks")
    shop.pay(intent)
    return sdk.v1.payment_intents.retrieve(intent["id"])


def refused(call: Callable[[], object]) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call()
    return caught.value


def test_customers(sdk: stripe.StripeClient) -> None:
    customers = sdk.v1.customers
    ada = customers.create(
        {
            "email": "ada@example.com",
            "name": "Ada",
            "address": {"line1": "1 Main St", "city": "London", "country": "GB"},
            "shipping": {"name": "Ada", "address": {"line1": "2 Side St"}},
            "preferred_locales": ["en-GB", "fr"],
            "metadata": {"vip": "yes"},
        }
    )
    assert (ada.object, ada.email, ada.delinquent, ada.balance) == (
        "customer",
        "ada@example.com",
        False,
        0,
    )
    assert ada.address is not None
    assert ada.address.city == "London"
    assert ada.preferred_locales == ["en-GB", "fr"]
    changed = customers.update(ada.id, {"phone": "+44 1", "address": "", "name": "Ada L."})
    assert (changed.phone, changed.address, changed.name) == ("+44 1", None, "Ada L.")
    bob = customers.create({"email": "bob@example.com"})
    assert [c.id for c in customers.list({"email": "bob@example.com"}).data] == [bob.id]
    found = customers.search({"query": "email~'ada@' AND metadata['vip']:'yes'"})
    assert [c.id for c in found.data] == [ada.id]
    gone = customers.delete(ada.id)
    assert gone["deleted"] is True
    assert customers.retrieve(ada.id)["deleted"] is True
    assert [c.id for c in customers.list().data] == [bob.id]
    use: Any = {"amount": 1_000, "currency": "btc", "customer": ada.id}
    assert refused(lambda: sdk.v1.payment_intents.create(use)).param == "customer"
    assert refused(lambda: customers.create({"email": "nobody"})).code == "email_invalid"


def test_charges(sdk: stripe.StripeClient, paid: stripe.PaymentIntent) -> None:
    charges = sdk.v1.charges
    (charge,) = charges.list({"payment_intent": paid.id}).data
    assert paid.latest_charge == charge.id
    assert (charge.status, charge.amount_captured, charge.refunded, charge.disputed) == (
        "succeeded",
        10_000,
        False,
        False,
    )
    assert charge.description == "Socks"
    assert charge.billing_details.address is not None
    changed = charges.update(charge.id, {"metadata": {"seen": "1"}, "description": "Warm socks"})
    assert changed.to_dict()["metadata"] == {"order": "7", "seen": "1"}
    found = charges.search({"query": "metadata['seen']:'1' AND refunded:'false'"})
    assert [c.id for c in found.data] == [charge.id]
    create: Any = {"amount": 1_000, "currency": "btc"}
    assert "PaymentIntent" in str(refused(lambda: charges.create(create)))


def test_refunds(shop: Shop, sdk: stripe.StripeClient, paid: stripe.PaymentIntent) -> None:
    refunds = sdk.v1.refunds
    part = refunds.create(
        {
            "payment_intent": paid.id,
            "amount": 4_000,
            "reason": "requested_by_customer",
            "metadata": {"a": "1"},
        }
    )
    assert (part.status, part.amount, part.charge) == ("requires_action", 4_000, paid.latest_charge)
    assert part.next_action is not None
    sign = part.next_action["sign_transaction"]
    assert (sign["amount"], sign["network"]) == (4_000, "stacks")
    too_much = refused(lambda: refunds.create({"payment_intent": paid.id, "amount": 6_001}))
    assert too_much.param == "amount"
    assert "greater than unrefunded amount" in str(too_much)

    assert refunds.update(part.id, {"metadata": {"b": "2"}}).to_dict()["metadata"] == {
        "a": "1",
        "b": "2",
    }
    signed = shop.post(f"/v1/test_helpers/refunds/{part.id}/sign")
    assert signed["status"] == "succeeded"
    done = refunds.retrieve(part.id, {"expand": ["charge", "balance_transaction"]})
    assert (done.status, done.next_action) == ("succeeded", None)
    assert isinstance(done.charge, stripe.Charge)
    assert done.charge.amount_refunded == 4_000
    assert isinstance(done.balance_transaction, stripe.BalanceTransaction)
    assert done.balance_transaction.net == -4_000
    assert done.destination_details is not None
    assert done.destination_details["crypto"]["reference"]

    rest = refunds.create({"charge": str(paid.latest_charge)})
    assert rest.amount == 6_000
    again = refused(lambda: refunds.create({"charge": str(paid.latest_charge)}))
    assert again.code == "charge_already_refunded"
    assert refunds.cancel(rest.id).status == "canceled"
    assert refunds.create({"charge": str(paid.latest_charge)}).amount == 6_000
    listed = refunds.list({"payment_intent": paid.id}).data
    assert [item.amount for item in listed] == [6_000, 6_000, 4_000]


def test_the_balance_and_its_lines(
    shop: Shop, sdk: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    refund = sdk.v1.refunds.create({"payment_intent": paid.id, "amount": 2_500})
    shop.post(f"/v1/test_helpers/refunds/{refund.id}/sign")
    balance = sdk.v1.balance.retrieve()
    assert (balance.available[0].currency, balance.available[0].amount) == ("btc", 7_500)
    assert balance.pending[0].amount == 0
    lines = sdk.v1.balance_transactions.list().data
    assert [(line.type, line.amount, line.net) for line in lines] == [
        ("payment_refund", -2_500, -2_500),
        ("payment", 10_000, 10_000),
    ]
    assert sum(line.net for line in lines) == balance.available[0].amount
    (one,) = sdk.v1.balance_transactions.list({"source": refund.id}).data
    assert sdk.v1.balance_transactions.retrieve(one.id).source == refund.id
    payments = sdk.v1.balance_transactions.list({"type": "payment", "currency": "btc"}).data
    assert [line.source for line in payments] == [paid.latest_charge]


def test_the_account(shop: Shop, sdk: stripe.StripeClient) -> None:
    account = sdk.v1.accounts.retrieve_current()
    assert (account.id, account.object) == (shop.id, "account")
    assert account.charges_enabled is True
    assert sdk.v1.accounts.retrieve(shop.id).id == shop.id


def test_payment_methods(sdk: stripe.StripeClient) -> None:
    create: Any = {"type": "crypto", "billing_details": {"name": "Ada"}}
    method = sdk.v1.payment_methods.create(create)
    assert (method.object, method.type, method.billing_details.name) == (
        "payment_method",
        "crypto",
        "Ada",
    )
    customer = sdk.v1.customers.create({"name": "Ada"})
    sdk.v1.payment_methods.attach(method.id, {"customer": customer.id})
    (listed,) = sdk.v1.payment_methods.list({"customer": customer.id}).data
    assert listed.id == method.id
    intent = sdk.v1.payment_intents.create(
        {"amount": 1_000, "currency": "btc", "payment_method": method.id, "customer": customer.id}
    )
    assert (intent.status, intent.payment_method) == ("requires_confirmation", method.id)
    assert sdk.v1.payment_intents.confirm(intent.id).status == "requires_action"
    card: Any = {"type": "card"}
    assert refused(lambda: sdk.v1.payment_methods.create(card)).param == "type"


def test_products_and_prices(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Socks", "metadata": {"size": "L"}})
    assert (product.active, product.name, product.default_price) == (True, "Socks", None)
    price = sdk.v1.prices.create(
        {"currency": "btc", "unit_amount": 1_250, "product": product.id, "lookup_key": "socks"}
    )
    assert (price.type, price.billing_scheme, price.unit_amount, price.recurring) == (
        "one_time",
        "per_unit",
        1_250,
        None,
    )
    assert price.unit_amount_decimal == Decimal(1_250)
    unit: Any = {"unit_amount": 1_300}
    assert refused(lambda: sdk.v1.prices.update(price.id, unit)).code == "parameter_unknown"
    assert sdk.v1.prices.update(price.id, {"nickname": "Sale"}).nickname == "Sale"
    assert [p.id for p in sdk.v1.prices.list({"lookup_keys": ["socks"]}).data] == [price.id]
    changed = sdk.v1.products.update(product.id, {"default_price": price.id, "name": "Warm socks"})
    assert (changed.default_price, changed.name) == (price.id, "Warm socks")
    whole = sdk.v1.products.retrieve(product.id, {"expand": ["default_price"]})
    assert isinstance(whole.default_price, stripe.Price)
    refused(lambda: sdk.v1.products.delete(product.id))
    bare = sdk.v1.products.create({"name": "Nothing"})
    assert sdk.v1.products.delete(bare.id)["deleted"] is True
    assert [p.id for p in sdk.v1.products.list({"active": True}).data] == [product.id]
    inline = sdk.v1.prices.create(
        {"currency": "btc", "unit_amount": 5, "product_data": {"name": "Pin"}}
    )
    assert sdk.v1.prices.retrieve(inline.id, {"expand": ["product"]}).product is not None


def test_checkout_sessions(shop: Shop, sdk: stripe.StripeClient) -> None:
    sessions = sdk.v1.checkout.sessions
    price = sdk.v1.prices.create(
        {"currency": "btc", "unit_amount": 1_000, "product_data": {"name": "Socks"}}
    )
    session = sessions.create(
        {
            "mode": "payment",
            "line_items": [
                {"price": price.id, "quantity": 2},
                {
                    "price_data": {
                        "currency": "btc",
                        "unit_amount": 500,
                        "product_data": {"name": "Post"},
                    },
                    "quantity": 1,
                },
            ],
            "success_url": "https://shop.example/thanks?s={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example/cart",
            "customer_email": "ada@example.com",
            "client_reference_id": "cart-7",
            "metadata": {"cart": "7"},
            "payment_intent_data": {"description": "Cart 7", "metadata": {"cart": "7"}},
        }
    )
    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status, session.amount_total) == (
        "open",
        "unpaid",
        2_500,
    )
    assert session.payment_intent is None
    assert session.url is not None
    assert session.url.startswith(shop.url)
    assert session.expires_at - session.created == 24 * 3600
    items = sessions.line_items.list(session.id).data
    assert [(item.description, item.quantity, item.amount_total) for item in items] == [
        ("Socks", 2, 2_000),
        ("Post", 1, 500),
    ]
    updated = sessions.update(session.id, {"metadata": {"colour": "red"}})
    assert updated.to_dict()["metadata"] == {"cart": "7", "colour": "red"}

    shop.pay({"id": session.id})
    until(lambda: sessions.retrieve(session.id).status == "complete")
    done = sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (done.payment_status, done.url) == ("paid", None)
    assert isinstance(done.payment_intent, stripe.PaymentIntent)
    assert done.payment_intent.amount_received == 2_500
    assert done.payment_intent.description == "Cart 7"
    assert done.payment_intent.to_dict()["metadata"] == {"cart": "7"}
    by_intent = sessions.list({"payment_intent": done.payment_intent.id}).data
    assert [item.id for item in by_intent] == [session.id]
    assert [item.id for item in sessions.list({"status": "complete"}).data] == [session.id]

    error = refused(lambda: sessions.expire(session.id))
    assert 'status in ["open"] can be expired' in str(error)
    other = sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price": price.id, "quantity": 1}],
            "success_url": "https://shop.example/thanks",
        }
    )
    assert sessions.expire(other.id).status == "expired"


def test_checkout_refuses_with_the_place(sdk: stripe.StripeClient) -> None:
    item: Any = {
        "price_data": {"currency": "btc", "unit_amount": 500, "product_data": {"name": "Post"}},
        "quantity": 1,
    }
    good: Any = {"mode": "payment", "line_items": [item], "success_url": "https://shop.example"}
    changes: list[tuple[Any, str | None, str | None]] = [
        ({"success_url": "nowhere"}, "url_invalid", "success_url"),
        ({"line_items": [{"price": "price_x", "quantity": 1}]}, "resource_missing", None),
        ({"line_items": [{**item, "quantity": -1}]}, None, "line_items[0][quantity]"),
        ({"expires_at": 5}, None, "expires_at"),
        ({"mode": "subscription"}, None, "mode"),
        ({"customer": "cus_x"}, "resource_missing", "customer"),
    ]
    for change, code, param in changes:
        wish: Any = {**good, **change}
        error = refused(partial(sdk.v1.checkout.sessions.create, wish))
        if code is not None:
            assert error.code == code
        if param is not None:
            assert error.param == param


def test_payment_links(shop: Shop, sdk: stripe.StripeClient) -> None:
    price = sdk.v1.prices.create(
        {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Tip"}}
    )
    link = sdk.v1.payment_links.create(
        {"line_items": [{"price": price.id, "quantity": 3}], "metadata": {"jar": "1"}}
    )
    assert link.active is True
    assert link.url.startswith(shop.url)
    (item,) = sdk.v1.payment_links.line_items.list(link.id).data
    assert (item.quantity, item.amount_total) == (3, 2_100)
    assert sdk.v1.payment_links.update(link.id, {"active": False}).active is False
    assert [found.id for found in sdk.v1.payment_links.list({"active": False}).data] == [link.id]


def test_what_payers_choose(shop: Shop, sdk: stripe.StripeClient) -> None:
    tip = sdk.v1.prices.create(
        {
            "currency": "btc",
            "custom_unit_amount": {"enabled": True, "minimum": 100, "preset": 1_000},
            "product_data": {"name": "Tip"},
        }
    )
    assert tip.custom_unit_amount is not None
    assert (tip.custom_unit_amount.minimum, tip.custom_unit_amount.maximum) == (100, None)
    assert (tip.unit_amount, tip.unit_amount_decimal) == (None, None)
    sdk.v1.payment_links.create({"line_items": [{"price": tip.id, "quantity": 1}]})
    cake = sdk.v1.prices.create(
        {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Cake"}}
    )
    adjustable: Any = {"enabled": True, "minimum": 1, "maximum": 10}
    session = sdk.v1.checkout.sessions.create(
        {
            "line_items": [{"price": cake.id, "quantity": 2, "adjustable_quantity": adjustable}],
            "success_url": "https://shop.example",
        }
    )
    (item,) = sdk.v1.checkout.sessions.line_items.list(session.id).data
    assert item.adjustable_quantity is not None
    assert item.adjustable_quantity.maximum == 10


def test_branding(shop: Shop, sdk: stripe.StripeClient) -> None:
    branding: Any = {"primary_color": "#0A6E4F", "secondary_color": "#ffffff"}
    account = sdk.v1.accounts.update(shop.id, {"settings": {"branding": branding}})
    assert account.settings is not None
    assert account.settings.branding.primary_color == "#0a6e4f"
    assert account.settings.branding.logo is None
