"""Line items: what a checkout session or a payment link sells, with its prices fixed."""

from __future__ import annotations

from typing import Any

from stacktill.application.catalogue import add_price, add_product, usable_product
from stacktill.application.lookup import referenced
from stacktill.application.services import Caller, Services
from stacktill.application.views.resources import line_item_view
from stacktill.domain.errors import InvalidParameter, InvariantBroken
from stacktill.domain.money import check_amount
from stacktill.domain.resources import AdjustableQuantity, LineItem, Price, Product
from stacktill.plugin.storage import UnitOfWork

__all__ = ["line_item_views", "make_line_items"]


def make_line_items(
    uow: UnitOfWork, services: Services, caller: Caller, given: list[dict[str, Any]]
) -> tuple[LineItem, ...]:
    """The line items that parameters ask for; their total must be an amount that can be paid."""
    items = []
    for index, each in enumerate(given):
        product, price = _sold(uow, services, caller, each, f"line_items[{index}]")
        item = LineItem(
            id=services.ids.new("li"),
            price=price.id,
            product=product.id,
            description=product.name,
            quantity=each["quantity"],
            unit_amount_sats=_suggested_sats(price),
            custom_amount=price.custom_amount,
            adjustable_quantity=_adjustable(each, f"line_items[{index}]"),
        )
        items.append(item)
    _check_total(items)
    return tuple(items)


def _suggested_sats(price: Price) -> int:
    custom = price.custom_amount
    return price.unit_amount_sats if custom is None else custom.preset_sats or 0


def _adjustable(given: dict[str, Any], param: str) -> AdjustableQuantity | None:
    """How the payer may change the quantity, which itself must be within."""
    wish = given.get("adjustable_quantity")
    if wish is None or not wish["enabled"]:
        return None
    bounds = {name: wish[name] for name in ("minimum", "maximum") if name in wish}
    adjustable = AdjustableQuantity(**bounds)
    if not adjustable.minimum <= given["quantity"] <= adjustable.maximum:
        raise InvalidParameter(
            f"The quantity must be between the least ({adjustable.minimum}) and the most "
            f"({adjustable.maximum}) that the payer may choose.",
            param=f"{param}[quantity]",
        )
    return adjustable


def _check_total(items: list[LineItem]) -> None:
    """The total must be payable; an amount that the payer chooses stands alone, as at Stripe."""
    if not any(item.custom_amount for item in items):
        check_amount(sum(item.total_sats for item in items), param="line_items")
    elif len(items) > 1 or items[0].quantity != 1 or items[0].adjustable_quantity is not None:
        raise InvalidParameter(
            "A price whose amount the payer chooses (custom_unit_amount) must be the only line item, "
            "with a quantity of 1 that cannot be adjusted.",
            param="line_items",
        )


def line_item_views(uow: UnitOfWork, items: tuple[LineItem, ...]) -> list[dict[str, Any]]:
    """The API forms of line items, each with its whole price."""
    return [line_item_view(item, uow.prices.get(item.price)) for item in items]


def _sold(
    uow: UnitOfWork, services: Services, caller: Caller, given: dict[str, Any], param: str
) -> tuple[Product, Price]:
    if "price_data" in given:
        return _made(uow, services, caller, given["price_data"], f"{param}[price_data]")
    param = f"{param}[price]"
    price = referenced(uow.prices, caller, given["price"], kind="price", param=param)
    product = uow.products.get(price.product)
    if product is None:
        raise InvariantBroken(f"{price.id} is a price of {price.product}, which is not there")
    for kind, is_active in (("price", price.active), ("product", product.active)):
        if not is_active:
            raise InvalidParameter(
                f"The {kind} specified is inactive. This field only accepts active prices of "
                "active products.",
                param=param,
            )
    return product, price


def _made(
    uow: UnitOfWork, services: Services, caller: Caller, data: dict[str, Any], param: str
) -> tuple[Product, Price]:
    """A price made on the spot; being inactive, it is used this once and offered nowhere else."""
    if "product" in data:
        product = usable_product(uow, caller, data["product"], param=f"{param}[product]")
    else:
        product = add_product(uow, services, caller, data["product_data"], active=False)
    return product, add_price(uow, services, caller, product, data, active=False)
