"""Words and rules of the till: pure, no clock, no ids, no I/O."""

from __future__ import annotations

from stacktill.domain.addresses import AddressChange
from stacktill.domain.charges import BalanceTransaction, Charge
from stacktill.domain.confirmations import Confirmations, ConfirmationStep
from stacktill.domain.decisions import Fee, Refusal
from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import (
    ConfigError,
    Forbidden,
    InvalidParameter,
    InvalidRequest,
    InvariantBroken,
    NotFound,
    RequestError,
    StacktillError,
    StateConflict,
    Unavailable,
)
from stacktill.domain.events import EVENT_TYPES, Event
from stacktill.domain.ledger import LedgerTransfer
from stacktill.domain.merchants import Merchant, StorePolicy
from stacktill.domain.money import CURRENCY, MAX_SATS
from stacktill.domain.notices import EmailChange, Notice
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.receipts import Receipt, ReceiptItem, Store
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
from stacktill.domain.webhooks import Delivery, WebhookEndpoint

__all__ = [
    "CURRENCY",
    "EVENT_TYPES",
    "MAX_SATS",
    "AddressChange",
    "BalanceTransaction",
    "Charge",
    "CheckoutSession",
    "ConfigError",
    "ConfirmationStep",
    "Confirmations",
    "Customer",
    "Delivery",
    "Deposit",
    "EmailChange",
    "Event",
    "Fee",
    "Forbidden",
    "InvalidParameter",
    "InvalidRequest",
    "InvariantBroken",
    "LedgerTransfer",
    "LineItem",
    "Merchant",
    "NotFound",
    "Notice",
    "PaymentIntent",
    "PaymentLink",
    "PaymentMethod",
    "Price",
    "Product",
    "Receipt",
    "ReceiptItem",
    "Refund",
    "Refusal",
    "RequestError",
    "StacktillError",
    "StateConflict",
    "Store",
    "StorePolicy",
    "Unavailable",
    "WebhookEndpoint",
]
