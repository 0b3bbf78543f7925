"""The plain things of a shop: customers, payment methods, products, prices, links, checkout sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from stacktill.domain.money import DUST_SATS, MAX_SATS

__all__ = [
    "AdjustableQuantity",
    "CheckoutSession",
    "CustomAmount",
    "Customer",
    "LineItem",
    "PaymentLink",
    "PaymentMethod",
    "Price",
    "Product",
    "SessionStatus",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who pays, as the shop knows them; ``deleted`` leaves only the id."""

    id: str
    merchant_id: str
    livemode: bool
    created: int
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    description: str | None = None
    address: dict[str, Any] | None = None
    shipping: dict[str, Any] | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    preferred_locales: tuple[str, ...] = ()
    tax_exempt: str = "none"
    invoice_prefix: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """A way to pay; here always ``crypto``."""

    id: str
    merchant_id: str
    livemode: bool
    created: int
    customer: str | None = None
    allow_redisplay: str = "unspecified"
    billing_details: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that is sold."""

    id: str
    merchant_id: str
    livemode: bool
    created: int
    updated: int
    name: str
    active: bool = True
    description: str | None = None
    images: tuple[str, ...] = ()
    url: str | None = None
    default_price: str | None = None
    unit_label: str | None = None
    statement_descriptor: str | None = None
    shippable: bool | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomAmount:
    """An amount that the payer chooses: the least, the most and the suggested one, in sats."""

    minimum_sats: int | None = None
    maximum_sats: int | None = None
    preset_sats: int | None = None

    @property
    def least_sats(self) -> int:
        """The least that may be chosen."""
        return DUST_SATS if self.minimum_sats is None else self.minimum_sats

    @property
    def most_sats(self) -> int:
        """The most that may be chosen."""
        return MAX_SATS if self.maximum_sats is None else self.maximum_sats


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustableQuantity:
    """How few and how many units the payer may choose."""

    minimum: int = 0
    maximum: int = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit of a product costs, in sats; the amount never changes.

    With ``custom_amount`` the payer says what it costs, and ``unit_amount_sats`` is 0.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    product: str
    unit_amount_sats: int
    currency: str = "btc"
    active: bool = True
    nickname: str | None = None
    lookup_key: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    custom_amount: CustomAmount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """So many units at a price, described as the payer reads it; amounts are sats.

    What ``custom_amount`` or ``adjustable_quantity`` leaves to the payer is only suggested at first.
    """

    id: str
    price: str
    product: str
    description: str
    quantity: int
    unit_amount_sats: int
    custom_amount: CustomAmount | None = None
    adjustable_quantity: AdjustableQuantity | None = None

    @property
    def total_sats(self) -> int:
        """Quantity times price, in sats."""
        return self.quantity * self.unit_amount_sats

    @property
    def least_sats(self) -> int:
        """The least that it may come to, in sats."""
        if self.custom_amount is not None:
            return self.custom_amount.least_sats
        adjustable = self.adjustable_quantity
        return self.unit_amount_sats * (self.quantity if adjustable is None else adjustable.minimum)

    @property
    def has_choice(self) -> bool:
        """Whether the payer chooses its amount or its quantity."""
        return self.custom_amount is not None or self.adjustable_quantity is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLink:
    """A standing offer: each visit makes a checkout session of its line items."""

    id: str
    merchant_id: str
    livemode: bool
    created: int
    line_items: tuple[LineItem, ...]
    active: bool = True
    after_completion: dict[str, Any] = field(default_factory=dict)
    payment_intent_data: dict[str, Any] = field(default_factory=dict)
    inactive_message: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def awaits_choice(self) -> bool:
        """Whether each payer has something to choose first."""
        return any(item.has_choice for item in self.line_items)


SessionStatus = Literal["open", "complete", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSession:
    """One visit to the checkout: what is bought, where to return, and the intent that pays it.

    ``is_chosen`` says that the payer has chosen what the line items leave open.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    expires_at: int
    line_items: tuple[LineItem, ...]
    client_secret: str
    status: SessionStatus = "open"
    payment_status: Literal["unpaid", "paid", "no_payment_required"] = "unpaid"
    payment_intent: str | None = None
    payment_intent_data: dict[str, Any] = field(default_factory=dict)
    payment_link: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    return_url: str | None = None
    ui_mode: str = "hosted_page"
    customer: str | None = None
    customer_email: str | None = None
    customer_details: dict[str, Any] | None = None
    client_reference_id: str | None = None
    locale: str | None = None
    submit_type: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    is_chosen: bool = False

    @property
    def awaits_choice(self) -> bool:
        """Whether the payer has something to choose first."""
        return not self.is_chosen and any(item.has_choice for item in self.line_items)

    @property
    def is_embedded(self) -> bool:
        """Whether the shop shows the checkout within a page of its own."""
        return self.ui_mode.startswith("embedded")

    @property
    def total_sats(self) -> int:
        """The sum over the line items, in sats."""
        return sum(item.total_sats for item in self.line_items)
