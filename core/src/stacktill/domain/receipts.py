"""The receipt: what a payer is told in writing about a payment, its refund or its reversal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Receipt", "ReceiptItem", "ReceiptKind", "Store"]

ReceiptKind = Literal["payment", "refund", "reversal"]
"""payment: it is paid, and final · refund: money went back · reversal: the chain took back a payment
that a receipt was sent for."""


@dataclass(frozen=True, slots=True)
class ReceiptItem:
    """So many units of something, and what they cost together, in sats."""

    description: str
    quantity: int
    total_sats: int


@dataclass(frozen=True, slots=True)
class Store:
    """Who was paid, as the payer knows them; ``color`` is ``#rrggbb``, ``text_color`` is read on it."""

    name: str
    email: str | None = None
    url: str | None = None
    color: str | None = None
    text_color: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One receipt. The texts are the shop's own words: they are data, whatever stands in them.

    ``event_id`` names it: the same at every attempt. ``amount_sats`` is what was paid, given back or
    reversed, what came beyond the price included; ``overpaid_sats`` is that part of a payment.
    ``moment`` is Unix seconds. ``locales`` are the payer's languages, the best first; they may name
    anything. ``url`` is the page of the receipt; with ``?lang=`` and a language it speaks that one.
    """

    event_id: str
    kind: ReceiptKind
    livemode: bool
    recipient: str
    store: Store
    payment: str
    amount_sats: int
    moment: int
    url: str
    network: str
    transaction_hash: str | None = None
    overpaid_sats: int = 0
    items: tuple[ReceiptItem, ...] = ()
    description: str | None = None
    locales: tuple[str, ...] = ()
