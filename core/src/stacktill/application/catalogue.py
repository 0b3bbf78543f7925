"""What is sold and for how much: making products and prices, whoever asks for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.journal import record
from stacktill.application.lookup import owned
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.application.updates import picked, record_update
from stacktill.application.views.resources import price_view, product_view
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.resources import CustomAmount, Price, Product
from stacktill.plugin.storage import UnitOfWork

__all__ = ["add_price", "add_product", "usable_product", "with_lookup_key"]

PRODUCT_PLAIN = ("description", "shippable", "statement_descriptor", "unit_label", "url")


def add_product(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    params: dict[str, Any],
    *,
    active: bool = True,
) -> Product:
    """Keep a new product, without a price yet, and tell of it."""
    now = services.now(caller.livemode)
    product = Product(
        id=services.ids.new("prod"),
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=now,
        updated=now,
        name=params["name"],
        active=params.get("active", active),
        images=tuple(params.get("images") or ()),
        metadata=merged({}, params.get("metadata", {})),
        **picked(params, *PRODUCT_PLAIN),
    )
    uow.products.add(product)
    record(uow, services, caller, "product.created", product_view(product))
    return product


def add_price(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    product: Product,
    params: dict[str, Any],
    *,
    active: bool = True,
) -> Price:
    """Keep a new price of a product, and tell of it; ``unit_amount`` is sats."""
    price = Price(
        id=services.ids.new("price"),
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=services.now(caller.livemode),
        product=product.id,
        unit_amount_sats=_unit_amount(params),
        custom_amount=_custom_amount(params.get("custom_unit_amount")),
        currency=params.get("currency", "btc"),
        active=params.get("active", active),
        nickname=params.get("nickname"),
        metadata=merged({}, params.get("metadata", {})),
    )
    price = with_lookup_key(uow, services, caller, price, params)
    uow.prices.add(price)
    record(uow, services, caller, "price.created", price_view(price))
    return price


def with_lookup_key(
    uow: UnitOfWork, services: Services, caller: Caller, price: Price, params: dict[str, Any]
) -> Price:
    """The price under the key that parameters give it; no other price of this mode may have it."""
    key = params.get("lookup_key")
    if key is None:
        return replace(price, lookup_key=None) if "lookup_key" in params else price
    where = {"merchant_id": caller.merchant_id, "livemode": caller.livemode, "lookup_key": key}
    for other in uow.prices.find(where, limit=2):
        if other.id == price.id:
            continue
        if not params.get("transfer_lookup_key"):
            raise InvalidParameter(
                f"A price (`{other.id}`) already uses that lookup key. To move it to this price, "
                "send transfer_lookup_key=true.",
                param="lookup_key",
            )
        freed = replace(other, lookup_key=None)
        uow.prices.save(freed)
        view = price_view(freed)
        record_update(uow, services, caller, "price.updated", price_view(other), after=view)
    return replace(price, lookup_key=key)


def usable_product(uow: UnitOfWork, caller: Caller, id: str, *, param: str) -> Product:
    """The product that a parameter names; one that was deleted is no longer there for it."""
    product = owned(uow.products, caller, id)
    if product is None or product.deleted:
        raise InvalidParameter(f"No such product: '{id}'", code="resource_missing", param=param)
    return product


def _unit_amount(params: dict[str, Any]) -> int:
    """Whole sats, from either spelling; the decimal one was checked to have no fraction."""
    if "custom_unit_amount" in params:
        return 0
    amount = params.get("unit_amount")
    return int(params["unit_amount_decimal"].partition(".")[0]) if amount is None else amount


def _custom_amount(given: dict[str, Any] | None) -> CustomAmount | None:
    """What leaves the amount to the payer; its bounds must leave something to choose."""
    if given is None:
        return None
    if not given["enabled"]:
        raise InvalidParameter(
            "custom_unit_amount[enabled] can only be true; leave custom_unit_amount out to set the "
            "amount yourself.",
            param="custom_unit_amount[enabled]",
        )
    custom = CustomAmount(
        minimum_sats=given.get("minimum"),
        maximum_sats=given.get("maximum"),
        preset_sats=given.get("preset"),
    )
    if custom.least_sats > custom.most_sats:
        raise InvalidParameter(
            "The maximum must be no less than the minimum.", param="custom_unit_amount[maximum]"
        )
    preset = custom.preset_sats
    if preset is not None and not custom.least_sats <= preset <= custom.most_sats:
        raise InvalidParameter(
            "The preset must be between the minimum and the maximum.",
            param="custom_unit_amount[preset]",
        )
    return custom
