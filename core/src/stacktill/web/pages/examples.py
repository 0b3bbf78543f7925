"""What the reference shows as an example call of each operation: ids, and parameters worth knowing."""

from __future__ import annotations

from typing import Any

__all__ = ["ID_OF", "PARAMS", "SDK_NAMES", "example_params"]

ID_OF: dict[str, str] = {
    "accounts": "acct_…",
    "api_keys": "key_…",
    "balance_history": "txn_…",
    "balance_transactions": "txn_…",
    "charges": "ch_…",
    "checkout_sessions": "cs_test_…",
    "customers": "cus_…",
    "deposits": "dep_…",
    "events": "evt_…",
    "payment_intents": "pi_…",
    "payment_links": "plink_…",
    "payment_methods": "pm_…",
    "prices": "price_…",
    "products": "prod_…",
    "refunds": "re_…",
    "settlement_addresses": "sa_…",
    "settlement_statements": "stmt_…",
    "sponsorships": "sp_…",
    "test_helpers.sign_refund": "re_…",
    "test_helpers.simulate_crypto_deposit": "pi_…",
    "webhook_endpoints": "we_…",
}
"""An id for the path, by the operation's name or by the first part of it."""

_ITEM = {
    "price_data": {
        "currency": "btc",
        "unit_amount": 15_000,
        "product_data": {"name": "Coffee, 250 g"},
    },
    "quantity": 2,
}

PARAMS: dict[str, dict[str, Any]] = {
    "account.update": {"payment_policy": {"expires_after_seconds": 1_800}},
    "account.set_logo": {
        "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
    },
    "accounts.update": {"business_profile": {"name": "My shop"}},
    "api_keys.create": {"kind": "restricted", "name": "Till", "scopes": ["payment_intents:write"]},
    "api_keys.roll": {"overlap_seconds": 3_600},
    "balance_history.list": {"limit": 3},
    "balance_transactions.list": {"limit": 3},
    "charges.list": {"payment_intent": "pi_…"},
    "charges.search": {"query": "amount>10000 AND metadata['order']:'7'"},
    "charges.update": {"metadata": {"order": "7"}},
    "checkout_sessions.create": {
        "mode": "payment",
        "line_items": [_ITEM],
        "success_url": "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
    },
    "checkout_sessions.list": {"status": "open"},
    "checkout_sessions.update": {"metadata": {"order": "7"}},
    "customers.create": {"name": "Ada", "email": "ada@shop.example"},
    "customers.list": {"email": "ada@shop.example"},
    "customers.search": {"query": "email:'ada@shop.example'"},
    "customers.update": {"metadata": {"tier": "gold"}},
    "deposits.attach": {"payment_intent": "pi_…"},
    "deposits.list": {"status": "unmatched"},
    "events.list": {"type": "payment_intent.*"},
    "pay_buttons.create": {"amount": 15_000, "description": "Coffee, 250 g"},
    "payment_intents.cancel": {"cancellation_reason": "requested_by_customer"},
    "payment_intents.create": {
        "amount": 20_000,
        "currency": "btc",
        "confirm": True,
        "description": "Order 7",
        "metadata": {"order": "7"},
    },
    "payment_intents.list": {"limit": 3},
    "payment_intents.search": {"query": "status:'succeeded' AND metadata['order']:'7'"},
    "payment_intents.sponsor": {"transaction": "00" * 8},
    "payment_intents.update": {"description": "Order 7, gift wrapped"},
    "payment_links.create": {"line_items": [{"price": "price_…", "quantity": 1}]},
    "payment_links.update": {"active": False},
    "payment_methods.attach": {"customer": "cus_…"},
    "payment_methods.create": {"type": "crypto"},
    "payment_methods.update": {"metadata": {"order": "7"}},
    "pos_terminals.create": {"name": "Counter 1"},
    "prices.create": {
        "currency": "btc",
        "unit_amount": 15_000,
        "product_data": {"name": "Coffee, 250 g"},
    },
    "prices.search": {"query": "active:'true'"},
    "prices.update": {"active": False},
    "products.create": {"name": "Coffee, 250 g"},
    "products.search": {"query": "name~'coffee'"},
    "products.update": {"description": "Roasted on Tuesdays"},
    "refunds.broadcast": {"transaction_hash": "4f" * 32},
    "refunds.create": {"payment_intent": "pi_…", "amount": 5_000},
    "refunds.list": {"charge": "ch_…"},
    "refunds.update": {"metadata": {"ticket": "12"}},
    "settlement_addresses.confirm": {"signature": "4f" * 65},
    "settlement_addresses.create": {"address": "ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP"},
    "settlement_statements.create": {"period_start": 1_735_689_600, "period_end": 1_738_368_000},
    "test_helpers.sandbox_advance": {"seconds": 3_600},
    "test_helpers.sandbox_api_fault": {"mode": "slow"},
    "test_helpers.sandbox_expire": {"payment": "pi_…"},
    "test_helpers.sandbox_mine": {"count": 6},
    "test_helpers.sandbox_pay": {"payment": "pi_…"},
    "test_helpers.sandbox_reorg": {"depth": 2},
    "test_helpers.sandbox_sign_payment": {
        "payment": "pi_…",
        "address": "ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP",
    },
    "test_helpers.sandbox_sign_message": {
        "address": "ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP",
        "message": "stacktill: …",
    },
    "test_helpers.simulate_crypto_deposit": {
        "transaction_hash": "0x00testsuccess",
        "network": "stacks",
        "token_currency": "sbtc",
    },
    "webhook_endpoints.create": {
        "url": "https://shop.example/hooks",
        "enabled_events": ["payment_intent.succeeded"],
    },
    "webhook_endpoints.deliveries": {"status": "dead"},
    "webhook_endpoints.redeliver": {"event": "evt_…"},
    "webhook_endpoints.replay": {"after_position": 0},
    "webhook_endpoints.update": {"enabled_events": ["*"]},
}
"""The parameters of the example, by the operation's name; none for those that are not here."""

SDK_NAMES: dict[str, str | None] = {
    "account.retrieve": "accounts.retrieve_current",
    "account.remove_logo": None,
    "account.set_logo": None,
    "account.update": None,
    "api_keys": None,
    "audit_log": None,
    "balance_history": None,
    "charges.create": "charges.create",
    "charges.receipts": None,
    "checkout_sessions": "checkout.sessions",
    "checkout_sessions.list_line_items": "checkout.sessions.line_items.list",
    "customers.list_payment_methods": "customers.payment_methods.list",
    "customers.retrieve_payment_method": "customers.payment_methods.retrieve",
    "deposits": None,
    "operator": None,
    "pay_buttons": None,
    "pos_terminals": None,
    "payment_intents.events": None,
    "payment_intents.sponsor": None,
    "payment_links.list_line_items": "payment_links.line_items.list",
    "refunds.broadcast": None,
    "settlement_addresses": None,
    "settlement_statements": None,
    "sponsorships": None,
    "test_helpers": None,
    "webhook_endpoints.deliveries": None,
    "webhook_endpoints.redeliver": None,
    "webhook_endpoints.replay": None,
    "webhook_endpoints.roll_secret": None,
}
"""What the official SDKs call an operation or a resource; None: it is ours, and sent raw."""


def example_params(name: str) -> dict[str, Any]:
    """The parameters of an operation's example."""
    return PARAMS.get(name, {})
