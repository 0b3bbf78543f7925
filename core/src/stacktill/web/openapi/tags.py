"""The words that introduce the API and each group of operations."""

from __future__ import annotations

__all__ = ["ABOUT", "TAGS"]

ABOUT = """\
Take payments in sBTC with the shape of API that shops already know: the official Stripe SDKs work
against this appliance unchanged.

Amounts are whole numbers of satoshis and the currency is `btc`: 100000000 sats are 1 BTC. Bodies
are forms with brackets (`metadata[order]=7`) or JSON. Test keys (`sk_test_…`) see test data only,
on a sandbox chain; live keys see live data only.
"""

TAGS: dict[str, tuple[str, str]] = {
    "payment_intents": (
        "Payment intents",
        (
            "The wish to be paid an amount until a time. Create one, confirm it to get the address and "
            "memo that the payer needs, and follow its status until it is final on the chain."
        ),
    ),
    "charges": (
        "Charges",
        (
            "What a paid intent leaves behind: who paid, with which transaction, and how much of it "
            "was given back."
        ),
    ),
    "refunds": (
        "Refunds",
        (
            "Money back to the payer. Nobody but you holds your keys: a refund prepares the "
            "transaction, your wallet signs it, and the chain says when it is done."
        ),
    ),
    "customers": ("Customers", "Who pays, as you know them."),
    "payment_methods": ("Payment methods", "Ways to pay; here always of the type crypto."),
    "products": ("Products", "What you sell."),
    "prices": ("Prices", "What one unit of a product costs. An amount never changes."),
    "payment_links": (
        "Payment links",
        "A standing offer with an address to share: each visit makes a checkout session.",
    ),
    "pay_buttons": (
        "Pay buttons",
        (
            "HTML for a page of your own: a form whose terms are signed or kept by the server, so that "
            "no visitor can edit its price."
        ),
    ),
    "pos_terminals": (
        "Points of sale",
        "Links that turn a phone into a till: it asks for payments and sees its own, nothing else.",
    ),
    "checkout_sessions": (
        "Checkout sessions",
        (
            "One visit to the checkout page of this appliance: what is bought, and where the payer "
            "returns to."
        ),
    ),
    "events": (
        "Events",
        "The log of facts. Read it by id, or without a gap by position; webhooks carry the same.",
    ),
    "webhook_endpoints": (
        "Webhook endpoints",
        "Where events are delivered to, signed, at least once, with retries over days.",
    ),
    "balance": ("Balance", "What the ledger says lies at your own addresses."),
    "balance_transactions": ("Balance transactions", "The lines of your balance."),
    "deposits": (
        "Deposits",
        (
            "Every transfer to your addresses, matched to a payment or not. Those that match nothing "
            "say why, and wait for you to attach, give back or dismiss them."
        ),
    ),
    "settlement_addresses": (
        "Settlement addresses",
        (
            "Where you are paid. A new address is proven by its wallet's signature. It is in force at "
            "once if the wallet of the one before signs too, else after a delay in which you can cancel "
            "it. Restricted keys can only look."
        ),
    ),
    "settlement_statements": (
        "Settlement statements",
        (
            "What moved in a period of whole days, line by line with its transaction and blocks, and the "
            "balances before and after: for your books and whoever checks them."
        ),
    ),
    "sponsorships": (
        "Sponsorships",
        "Payments whose network fee this appliance paid, because the payer had no STX.",
    ),
    "audit_log": (
        "Audit log",
        (
            "Every act that decides where money goes or who is told of it. Each entry names the hash of "
            "the one before, so that none can be altered or left out unseen."
        ),
    ),
    "account": ("Account", "Your store and its payment policy."),
    "operator": ("Operator", "What this machine's own commands read, over all stores of the box."),
    "api_keys": ("API keys", "Keys of your store: make, roll and revoke them."),
    "test_helpers": (
        "Test helpers",
        "Play the payer, the miner and your wallet on the sandbox chain.",
    ),
    "health": ("Health and metrics", "For operators and their tools; no key is needed."),
}
