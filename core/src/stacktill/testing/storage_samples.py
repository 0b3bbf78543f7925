"""Objects of every table, for tests of storages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stacktill.domain.accounting import (
    ChainBlock,
    IdempotencyRecord,
    LedgerAccount,
    LedgerCheckpoint,
    PluginState,
    Withdrawal,
)
from stacktill.domain.addresses import AddressChange
from stacktill.domain.audit import AuditEntry, chained
from stacktill.domain.charges import BalanceTransaction, Charge
from stacktill.domain.confirmations import Confirmations
from stacktill.domain.deposits import Deposit
from stacktill.domain.events import Event
from stacktill.domain.ledger import LedgerTransfer, account_id
from stacktill.domain.merchants import ApiKey, Merchant, SettlementAddress
from stacktill.domain.payment_intents import PaymentError, PaymentIntent
from stacktill.domain.pictures import Picture
from stacktill.domain.refunds import Refund
from stacktill.domain.resources import (
    CheckoutSession,
    Customer,
    LineItem,
    PaymentLink,
    PaymentMethod,
    Price,
    Product,
)
from stacktill.domain.sponsorships import Sponsorship
from stacktill.domain.statements import SettlementStatement
from stacktill.domain.webhooks import AttemptRecord, Delivery, WebhookEndpoint

__all__ = ["ACCOUNT", "SAMPLES", "intent", "sample", "transfer"]

ACCOUNT = "acct_000000000000000000000001"
HUGE = 2**128 - 1
"""The largest amount that a token on a chain may have; no SQL integer holds it."""

OWNED: dict[str, Any] = {"merchant_id": ACCOUNT, "livemode": False}
METADATA = {"order": "6735", "näme": 'Zoë, "quoted" 100% \\ \u0000 \U0001f9e1'}
ITEM = LineItem(
    id="li_1", price="price_1", product="prod_1", description="Tea", quantity=2, unit_amount_sats=5
)


def _account(number: int) -> LedgerAccount:
    asset = f"SP000.sbtc-token::token-{number}"
    key = account_id(ACCOUNT, False, asset, "available")
    return LedgerAccount(id=key, asset=asset, code="available", balance=-HUGE, **OWNED)


def _entry(id: str, number: int) -> AuditEntry:
    return AuditEntry(
        id=id,
        number=number,
        created=number,
        actor="key_1",
        action="api_key.created",
        object_id="key_2",
        details='{"hint":"sk_…"}',
        **OWNED,
    )


SAMPLES: dict[str, Callable[[str, int], Any]] = {
    "merchants": lambda id, n: Merchant(id=id, created=n, name=f"Shop {n}", metadata=METADATA),
    "api_keys": lambda id, n: ApiKey(
        id=id, hash=f"{n:064x}", kind="secret", hint="sk_…", created=n, scopes=("a:read",), **OWNED
    ),
    "settlement_addresses": lambda _, n: SettlementAddress(
        address=f"SP{n}", chain_id="stacks:1", created=n, **OWNED
    ),
    "address_changes": lambda id, n: AddressChange(
        id=id,
        created=n,
        chain_id="stacks:1",
        address=f"SP{n}",
        form="wallet",
        replaces=None,
        message="Sign\nthis",
        sign_before=n + 1,
        status="scheduled",
        effective_at=n + 2,
        remind_at=n + 1,
        **OWNED,
    ),
    "audit_entries": lambda id, n: chained(_entry(id, n), _entry("aud_0", n - 1)),
    "payment_intents": lambda id, n: PaymentIntent(
        id=id,
        created=n,
        amount_sats=1_000 + n,
        client_secret=f"{id}_secret",
        metadata=METADATA,
        memo=f"{n:032x}",
        shipping={"address": {"line1": "Somewhere 1", "city": None}},
        confirmations=Confirmations("bitcoin", 2),
        last_payment_error=PaymentError("failed", "It failed."),
        **OWNED,
    ),
    "charges": lambda id, n: Charge(
        id=id,
        created=n,
        payment_intent=f"pi_{n}",
        amount_sats=n,
        overpaid_sats=0,
        status="succeeded",
        balance_transaction=f"txn_{n}",
        buyer_address="SP1",
        transaction_hash=f"0x{n:064x}",
        chain_id="stacks:1",
        metadata=METADATA,
        **OWNED,
    ),
    "balance_transactions": lambda id, n: BalanceTransaction(
        id=id,
        created=n,
        type="payment",
        amount_sats=-n,
        fee_sats=0,
        source=f"ch_{n}",
        available_on=n,
        **OWNED,
    ),
    "refunds": lambda id, n: Refund(
        id=id,
        created=n,
        amount_sats=n,
        status="requires_action",
        chain_id="stacks:1",
        sender="SP1",
        recipient="SP2",
        memo=f"{n:032x}",
        transaction={"function": "transfer", "arguments": [n, None]},
        charge=f"ch_{n}",
        **OWNED,
    ),
    "deposits": lambda id, n: Deposit(
        id=id,
        created=n,
        chain_id="stacks:1",
        txid=f"0x{n:064x}",
        event_index=0,
        asset="SP000.fake::token",
        is_sbtc=False,
        amount=HUGE,
        sender="SP1",
        recipient="SP2",
        memo=None,
        block_height=n,
        block_hash=f"0x{n:064x}",
        burn_height=n,
        block_time=n,
        state="pending",
        final_layer="stacks",
        final_height=n,
        match="unmatched",
        reason="wrong_asset",
        **OWNED,
    ),
    "withdrawals": lambda id, n: Withdrawal(
        id=id,
        created=n,
        chain_id="stacks:1",
        txid=f"0x{n:064x}",
        event_index=1,
        asset="SP000.fake::token",
        amount=HUGE,
        sender="SP2",
        recipient=None,
        block_height=n,
        refund_id=None,
        reversed=True,
        kind="burn",
        **OWNED,
    ),
    "ledger_accounts": lambda _, n: _account(n),
    "ledger_transfers": lambda id, n: transfer(n, id=id),
    "ledger_checkpoints": lambda id, n: LedgerCheckpoint(
        id=id, account_id=f"account-{n}", day=n, balance=-HUGE
    ),
    "sponsorships": lambda id, n: Sponsorship(
        id=id,
        created=n,
        payment_intent=f"pi_{n}",
        payer="SP1",
        fee_ustx=n,
        asked="00",
        transaction="01",
        txid=f"{n:064x}",
        signed_at=n,
        **OWNED,
    ),
    "settlement_statements": lambda id, n: SettlementStatement(
        id=id,
        created=n,
        chain_id="stacks:1",
        asset="SP000.sbtc-token::sbtc-token",
        period_start=0,
        period_end=86_400,
        opening={"available": n},
        closing={"available": n},
        totals={},
        line_count=0,
        **OWNED,
    ),
    "chain_blocks": lambda id, n: ChainBlock(
        id=id,
        chain_id="stacks:1",
        height=n,
        hash=f"0x{n:x}",
        parent_hash="0x0",
        burn_height=n,
        burn_hash="0x1",
        time=n,
    ),
    "events": lambda id, n: Event(
        id=id, created=n, type="customer.created", object_id=f"cus_{n}", data="{}", **OWNED
    ),
    "webhook_endpoints": lambda id, n: WebhookEndpoint(
        id=id,
        created=n,
        url="https://shop.example/hook",
        enabled_events=("*",),
        sealed_secret="sealed",  # noqa: S106 - not a secret
        metadata=METADATA,
        **OWNED,
    ),
    "deliveries": lambda id, n: Delivery(
        id=id,
        event_id="evt_1",
        event_type="x.y",
        subscriber="notices:x",
        created_ms=n,
        recipient="you@example.com",
        **OWNED,
    ),
    "attempts": lambda id, n: AttemptRecord(
        id=id,
        delivery_id="dlv_1",
        event_id="evt_1",
        subscriber="we_1",
        created_ms=n,
        number=1,
        outcome="failed",
        status=None,
        duration_ms=5,
        response="",
        error="no route",
        **OWNED,
    ),
    "idempotency": lambda id, n: IdempotencyRecord(
        id=id,
        merchant_id=ACCOUNT,
        created=n,
        fingerprint="f",
        status=200,
        body="{}",
        request_id="req_1",
    ),
    "customers": lambda id, n: Customer(
        id=id, created=n, name="Zoë", preferred_locales=("de",), metadata=METADATA, **OWNED
    ),
    "payment_methods": lambda id, n: PaymentMethod(id=id, created=n, metadata=METADATA, **OWNED),
    "products": lambda id, n: Product(
        id=id, created=n, updated=n, name="Tea", images=("https://shop.example/tea",), **OWNED
    ),
    "prices": lambda id, n: Price(
        id=id, created=n, product="prod_1", unit_amount_sats=n, metadata=METADATA, **OWNED
    ),
    "payment_links": lambda id, n: PaymentLink(id=id, created=n, line_items=(ITEM,), **OWNED),
    "checkout_sessions": lambda id, n: CheckoutSession(
        id=id,
        created=n,
        expires_at=n + 1,
        line_items=(ITEM, ITEM),
        client_secret="cs_secret",  # noqa: S106 - not a secret
        **OWNED,
    ),
    "pictures": lambda id, n: Picture(
        id=id,
        merchant_id=ACCOUNT,
        created=n,
        kind="png",
        width=n,
        height=64,
        content="iVBORw0KGgo=",
    ),
    "plugin_state": lambda id, n: PluginState(id=id, value=f'{{"n":{n}}}'),
}
"""Makes the ``n``-th object of a table, by the table's name."""


def sample(table: str, number: int) -> Any:
    """The ``number``-th object of a table; ids are in the order of numbers."""
    return SAMPLES[table](f"{table}_{number:024d}", number)


def intent(number: int, **changes: Any) -> PaymentIntent:
    """A new payment intent of 1,000 sats; ids are in the order of numbers."""
    values: dict[str, Any] = {
        "id": f"pi_{number:024d}",
        "created": 1_700_000_000 + number,
        "amount_sats": 1_000,
        "client_secret": f"pi_{number:024d}_secret",
        **OWNED,
        **changes,
    }
    return PaymentIntent(**values)


def transfer(number: int, *, amount: int = HUGE, id: str | None = None) -> LedgerTransfer:
    """A ledger transfer from the payers to pending money."""
    asset = "SP000.fake::token"
    return LedgerTransfer(
        id=id or f"lt_{number:024d}",
        created=number,
        debit=account_id(ACCOUNT, False, asset, "payers"),
        credit=account_id(ACCOUNT, False, asset, "pending"),
        amount=amount,
        asset=asset,
        kind="deposit_seen",
        reference=f"dep_{number}",
        **OWNED,
    )
