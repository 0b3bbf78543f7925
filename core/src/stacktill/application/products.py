"""Create, change and delete products."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.catalogue import PRODUCT_PLAIN, add_price, add_product
from stacktill.application.journal import record
from stacktill.application.lookup import named, referenced
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.application.updates import picked, record_update
from stacktill.application.views.resources import product_view
from stacktill.domain.errors import InvalidParameter, InvalidRequest, NotFound
from stacktill.domain.resources import Product
from stacktill.plugin.storage import UnitOfWork

__all__ = ["create_product", "delete_product", "living_product", "update_product"]


def create_product(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> Product:
    """Keep a new product; with ``default_price_data`` it gets a price at once."""
    product = add_product(uow, services, caller, params)
    if params.get("default_price_data") is None:
        return product
    price = add_price(uow, services, caller, product, params["default_price_data"])
    after = replace(product, default_price=price.id)
    uow.products.save(after)
    view = product_view(after)
    record_update(uow, services, caller, "product.updated", product_view(product), after=view)
    return after


def update_product(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, params: dict[str, Any]
) -> Product:
    """Change a product."""
    before = living_product(uow, caller, id)
    changes = picked(params, "name", "active", "default_price", *PRODUCT_PLAIN)
    if changes.get("default_price") is not None:
        _check_default(uow, caller, before, changes["default_price"])
    if "images" in params:
        changes["images"] = tuple(params["images"] or ())
    if "metadata" in params:
        changes["metadata"] = merged(before.metadata, params["metadata"])
    after = replace(before, **changes)
    if after != before:
        after = replace(after, updated=services.now(caller.livemode))
        uow.products.save(after)
        view = product_view(after)
        record_update(uow, services, caller, "product.updated", product_view(before), after=view)
    return after


def delete_product(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> Product:
    """Delete a product that never had a price; others can only be made inactive."""
    product = living_product(uow, caller, id)
    if uow.prices.find({"product": id}, limit=1):
        raise InvalidRequest(
            "This product cannot be deleted because it has one or more user-created prices. Make "
            "it inactive instead (active=false)."
        )
    gone = replace(product, deleted=True, active=False, metadata={})
    uow.products.save(gone)
    record(uow, services, caller, "product.deleted", product_view(product))
    return gone


def living_product(uow: UnitOfWork, caller: Caller, id: str) -> Product:
    """The product of that id in the path; one that was deleted is ``NotFound``."""
    product = named(uow.products, caller, id, kind="product")
    if product.deleted:
        raise NotFound(f"No such product: '{id}'", param="id")
    return product


def _check_default(uow: UnitOfWork, caller: Caller, product: Product, price_id: str) -> None:
    price = referenced(uow.prices, caller, price_id, kind="price", param="default_price")
    if price.product != product.id or not price.active:
        raise InvalidParameter(
            f"The price '{price_id}' cannot be the default of this product: it must be active and "
            "belong to it.",
            param="default_price",
        )
