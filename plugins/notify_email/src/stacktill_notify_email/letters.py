"""What a receipt says, in the payer's language: sentences and rows, before any form is given to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stacktill.domain.receipts import Receipt, ReceiptItem
from stacktill_notify_email.languages import Tongue
from stacktill_notify_email.words import one_line

__all__ = ["ITEMS_MAX", "NAME_MAX", "Letter", "Row", "receipt_letter"]

NAME_MAX = 64
DESCRIPTION_MAX = 300
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
ITEM_MAX = 100
ITEMS_MAX = 25
"""How many lines are listed; the page of the receipt has them all."""


@dataclass(frozen=True, slots=True)
class Row:
    """A name and what is said to it; ``is_code`` for what nobody reads aloud."""

    name: str
    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter without its form. Every text is plain and of one line.

    ``author`` is whose name stands before the address that it comes from, ``store`` whom it is about.
    """

    language: str
    direction: str
    author: str
    store: str
    subject: str
    title: str
    when: str
    footer: str
    amount: str | None = None
    amount_sats: str | None = None
    url: str | None = None
    link: str | None = None
    warning: str | None = None
    paragraphs: tuple[str, ...] = ()
    items: tuple[Row, ...] = ()
    more_items: str | None = None
    rows: tuple[Row, ...] = ()
    closing: str = ""
    color: str = "#1f2937"
    text_color: str = "#ffffff"


def receipt_letter(receipt: Receipt, tongue: Tongue, *, can_reply: bool) -> Letter:
    """The letter that a receipt becomes; ``can_reply``: an answer to it reaches the store."""
    store = one_line(receipt.store.name, NAME_MAX) or "stacktill"
    subject, title, when = _heading(receipt, tongue, store)
    if not receipt.livemode:
        subject = tongue.say("Test: %(subject)s", subject=subject)
    return Letter(
        language=tongue.code,
        direction=tongue.direction,
        author=store,
        store=store,
        subject=subject,
        title=title,
        when=when,
        amount=tongue.btc(receipt.amount_sats),
        amount_sats=tongue.sats(receipt.amount_sats),
        url=f"{receipt.url}?lang={tongue.code}",
        link=_link(receipt, tongue),
        warning=None if receipt.livemode else tongue.say("This is a test: no money has moved."),
        paragraphs=tuple(_paragraphs(receipt, tongue, store)),
        items=tuple(_item(tongue, item) for item in receipt.items[:ITEMS_MAX]),
        more_items=_more(receipt, tongue),
        rows=tuple(_rows(receipt, tongue)),
        closing=_closing(tongue, store, can_reply=can_reply),
        footer=tongue.say(
            "You get this e-mail because this address was given for the receipt of a payment to "
            "%(store)s.",
            store=store,
        ),
        **_colors(receipt),
    )


def _colors(receipt: Receipt) -> dict[str, str]:
    """The store's colours, if they are such; nothing else may stand in a style."""
    store = receipt.store
    found = {"color": store.color or "", "text_color": store.text_color or ""}
    return found if all(_COLOR.fullmatch(one) for one in found.values()) else {}


def _heading(receipt: Receipt, tongue: Tongue, store: str) -> tuple[str, str, str]:
    """Subject, title and the line under it."""
    moment = tongue.moment(receipt.moment)
    if receipt.kind == "refund":
        return (
            tongue.say("Your refund from %(store)s", store=store),
            tongue.say("Refund"),
            tongue.say("Sent on %(moment)s", moment=moment),
        )
    if receipt.kind == "reversal":
        return (
            tongue.say("Your payment to %(store)s is no longer confirmed", store=store),
            tongue.say("Payment no longer confirmed"),
            tongue.say("Since %(moment)s", moment=moment),
        )
    return (
        tongue.say("Your receipt from %(store)s", store=store),
        tongue.say("Receipt"),
        tongue.say("Paid on %(moment)s", moment=moment),
    )


def _link(receipt: Receipt, tongue: Tongue) -> str:
    if receipt.kind == "reversal":
        return tongue.say("View the payment")
    return tongue.say("View the receipt")


def _paragraphs(receipt: Receipt, tongue: Tongue, store: str) -> list[str]:
    if receipt.kind == "refund":
        return [tongue.say("The money went back to the address that the payment came from.")]
    if receipt.kind == "reversal":
        return [
            tongue.say(
                "We sent you a receipt for this payment. Since then the blockchain has replaced the "
                "block that held it."
            ),
            tongue.say(
                "Such a payment mostly returns by itself, and then you get a new receipt. Please do "
                "not pay again before you have asked %(store)s.",
                store=store,
            ),
        ]
    if receipt.overpaid_sats:
        return [
            tongue.say(
                "%(amount)s of it came beyond the price. %(store)s can give them back to you.",
                amount=tongue.sats(receipt.overpaid_sats),
                store=store,
            )
        ]
    return []


def _item(tongue: Tongue, item: ReceiptItem) -> Row:
    text = one_line(item.description, ITEM_MAX)
    count = f"{tongue.number(item.quantity)} \N{MULTIPLICATION SIGN} " if item.quantity > 1 else ""
    return Row(f"{count}{text}", tongue.sats(item.total_sats))


def _more(receipt: Receipt, tongue: Tongue) -> str | None:
    left = len(receipt.items) - ITEMS_MAX
    if left <= 0:
        return None
    return tongue.say("Further lines on the receipt: %(count)s", count=tongue.number(left))


def _rows(receipt: Receipt, tongue: Tongue) -> list[Row]:
    rows = []
    if receipt.description:
        description = one_line(receipt.description, DESCRIPTION_MAX)
        rows.append(Row(tongue.say("For"), description))
    rows.append(Row(tongue.say("Payment"), one_line(receipt.payment, ITEM_MAX), is_code=True))
    if receipt.transaction_hash:
        reference = one_line(receipt.transaction_hash, ITEM_MAX)
        rows.append(Row(tongue.say("Transaction"), reference, is_code=True))
    rows.append(Row(tongue.say("Network"), one_line(receipt.network, ITEM_MAX).capitalize()))
    return rows


def _closing(tongue: Tongue, store: str, *, can_reply: bool) -> str:
    if can_reply:
        return tongue.say("Questions? Answer this e-mail: it reaches %(store)s.", store=store)
    return tongue.say("Questions? Please ask %(store)s.", store=store)
