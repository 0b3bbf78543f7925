"""Parameters of what is sold: products' words, prices' amounts, line items, and their lists."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from stacktill.application.line_items import line_item_views
from stacktill.application.views.expand import expand
from stacktill.application.views.resources import list_view
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.resources import LineItem
from stacktill.plugin.storage import Table, UnitOfWork
from stacktill.web.api.lists import DEFAULT_LIMIT, list_params
from stacktill.web.api.operation import Ask
from stacktill.web.params import (
    Amount,
    Boolean,
    Currency,
    Email,
    Enum,
    Hash,
    Integer,
    ListOf,
    Metadata,
    Parameter,
    Text,
    Url,
)
from stacktill.web.resources.shared import reference, shipping

__all__ = [
    "AMOUNTS",
    "LINE_ITEMS_PARAMS",
    "PRICE_AMOUNTS",
    "PRODUCT_WORDS",
    "Sells",
    "currency",
    "custom_amount",
    "expanded",
    "intent_data",
    "line_item_list",
    "line_items",
    "unit_amounts",
]

WORDS = 40_000
NAME = 1_500
MAX_IMAGES = 8
MAX_QUANTITY = 999_999


class Sells(Protocol):
    """Anything with line items."""

    @property
    def line_items(self) -> tuple[LineItem, ...]:
        """What it sells."""
        ...


S = TypeVar("S", bound=Sells)

AMOUNTS = ("unit_amount", "unit_amount_decimal")
"""The two spellings of an amount, of which one is sent."""

PRICE_AMOUNTS = (*AMOUNTS, "custom_unit_amount")
"""What a price that is kept may have of: an amount, or the leave to choose one."""

LINE_ITEMS_PARAMS = list_params(created=False)

PRODUCT_WORDS: dict[str, Parameter] = {
    "description": Text(max_length=WORDS, unsettable=True, description="What it is."),
    "images": ListOf(
        Url(), max_items=MAX_IMAGES, unsettable=True, description="Addresses of pictures of it."
    ),
    "metadata": Metadata(description="Your own keys and values."),
    "statement_descriptor": Text(max_length=22, unsettable=True),
    "unit_label": Text(max_length=12, unsettable=True, description="What one of it is called."),
}


def currency() -> Currency:
    """The currency of amounts."""
    return Currency(("btc",), required=True, description="btc: amounts are in sats.")


def unit_amounts() -> dict[str, Parameter]:
    """What one unit costs."""
    return {
        "unit_amount": Amount(minimum=0, description="What one costs, in sats."),
        "unit_amount_decimal": Text(
            max_length=30,
            pattern=r"(?:0|[1-9][0-9]{0,15})(?:\.0{1,12})?",
            pattern_message="It must be a whole number of sats, such as 1500.",
            description="The same as text; whole sats only.",
        ),
    }


def custom_amount() -> Hash:
    """The leave to choose the amount, within bounds."""
    return Hash(
        {
            "enabled": Boolean(required=True, description="true: the payer chooses."),
            "minimum": Amount(description="The least that may be chosen, in sats."),
            "maximum": Amount(description="The most that may be chosen, in sats."),
            "preset": Amount(description="What is suggested, in sats."),
        },
        description="Lets the payer choose the amount.",
    )


def _adjustable_quantity() -> Hash:
    return Hash(
        {
            "enabled": Boolean(required=True, description="true: the payer chooses."),
            "minimum": Integer(minimum=0, maximum=MAX_QUANTITY, description="0 if absent."),
            "maximum": Integer(minimum=1, maximum=MAX_QUANTITY, description="99 if absent."),
        },
        description="Lets the payer choose the quantity.",
    )


def line_items(max_items: int) -> ListOf:
    """What is sold: so many of a known price, or of one made on the spot."""
    data = Hash(
        {
            "currency": currency(),
            **unit_amounts(),
            "product": reference("The product that is sold."),
            "product_data": Hash(
                {"name": Text(max_length=NAME, required=True), **PRODUCT_WORDS},
                description="Makes a product of these data.",
            ),
            "tax_behavior": Enum(("unspecified",)),
        },
        exclusive=(AMOUNTS, ("product", "product_data")),
        needed=(AMOUNTS, ("product", "product_data")),
        description="Makes a price of these data, for this use only.",
    )
    item = Hash(
        {
            "price": reference("The price that is paid."),
            "price_data": data,
            "quantity": Integer(
                minimum=1, maximum=MAX_QUANTITY, required=True, description="How many."
            ),
            "adjustable_quantity": _adjustable_quantity(),
        },
        exclusive=(("price", "price_data"),),
        needed=(("price", "price_data"),),
    )
    return ListOf(
        item, required=True, min_items=1, max_items=max_items, description="What is sold."
    )


def intent_data() -> Hash:
    """What the intent of a session gets."""
    return Hash(
        {
            "application_fee_amount": Amount(minimum=0),
            "capture_method": Enum(("automatic", "automatic_async")),
            "description": Text(max_length=1_000, unsettable=True),
            "metadata": Metadata(),
            "receipt_email": Email(),
            "setup_future_usage": Enum(("off_session", "on_session")),
            "shipping": shipping(),
            "statement_descriptor": Text(max_length=22, unsettable=True),
            "statement_descriptor_suffix": Text(max_length=22, unsettable=True),
            "transfer_group": Text(max_length=5_000, unsettable=True),
        },
        description="What the payment intent gets that is made when the payer starts.",
    )


def line_item_list(
    uow: UnitOfWork, url: str, items: tuple[LineItem, ...], params: dict[str, Any]
) -> dict[str, Any]:
    """A page of line items, in the order in which they were sent."""
    limit = params.get("limit", DEFAULT_LIMIT)
    first, end = 0, len(items)
    if "starting_after" in params:
        first = _place(items, params["starting_after"], "starting_after") + 1
    if "ending_before" in params:
        end = _place(items, params["ending_before"], "ending_before")
        first = max(end - limit, 0)
        has_more = first > 0
    else:
        has_more = first + limit < end
    page = items[first : min(first + limit, end)]
    return list_view(url, line_item_views(uow, page), has_more=has_more)


def expanded(
    uow: UnitOfWork, ask: Ask, view: dict[str, Any], table: Table[S], url: str
) -> dict[str, Any]:
    """The view with what ``expand`` asks for.

    Line items are no reference but a list of their own, and there only when they are asked for; so
    resources that have them read ``expand`` themselves.
    """
    paths = tuple(ask.params.get("expand") or ())
    if any("line_items" in path.split(".") for path in paths):
        for node in view["data"] if view["object"] == "list" else [view]:
            seller = table.get(node["id"])
            items = () if seller is None else seller.line_items
            node["line_items"] = line_item_list(uow, f"{url}/{node['id']}/line_items", items, {})
    return expand(uow, ask.services, ask.caller, view, paths)


def _place(items: tuple[LineItem, ...], id: str, param: str) -> int:
    for place, item in enumerate(items):
        if item.id == id:
            return place
    raise InvalidParameter(f"No such item: '{id}'", code="resource_missing", param=param)
