"""Create and change prices; an amount never changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.catalogue import (
    add_price,
    add_product,
    usable_product,
    with_lookup_key,
)
from stacktill.application.lookup import named
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.application.updates import picked, record_update
from stacktill.application.views.resources import price_view
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.resources import Price
from stacktill.plugin.storage import UnitOfWork

__all__ = ["create_price", "update_price"]


def create_price(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> Price:
    """Keep a new price of a known product, or of one made of ``product_data``."""
    if "product" in params:
        product = usable_product(uow, caller, params["product"], param="product")
    else:
        product = add_product(uow, services, caller, params["product_data"])
    return add_price(uow, services, caller, product, params)


def update_price(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, params: dict[str, Any]
) -> Price:
    """Change a price's words, its lookup key, or whether it can be used."""
    before = named(uow.prices, caller, id, kind="price", param="price")
    if params.get("active") is False:
        _check_may_rest(uow, before)
    changes = picked(params, "active", "nickname")
    if "metadata" in params:
        changes["metadata"] = merged(before.metadata, params["metadata"])
    after = with_lookup_key(uow, services, caller, replace(before, **changes), params)
    uow.prices.save(after)
    view = price_view(after)
    record_update(uow, services, caller, "price.updated", price_view(before), after=view)
    return after


def _check_may_rest(uow: UnitOfWork, price: Price) -> None:
    product = uow.products.get(price.product)
    if product is not None and product.default_price == price.id:
        raise InvalidParameter(
            "This price cannot be archived because it is the default price of its product. Give "
            "the product another default_price first.",
            param="active",
        )
