"""Parts that several objects have: addresses, shipping and billing details, with every field there.

Only what was sent is kept, and the SDKs stumble over a field that is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["address_view", "billing_view", "shipping_view"]

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
SHIPPING = ("carrier", "name", "phone", "tracking_number")
BILLING = ("email", "name", "phone", "tax_id")


def address_view(address: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A postal address, or None when there is none."""
    return None if address is None else _whole(ADDRESS, address)


def shipping_view(shipping: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Where goods are shipped to, or None when nowhere."""
    if shipping is None:
        return None
    return {"address": address_view(shipping.get("address")), **_whole(SHIPPING, shipping)}


def billing_view(billing: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Who is billed; every field is null when nothing is known."""
    known = billing or {}
    return {"address": _whole(ADDRESS, known.get("address") or {}), **_whole(BILLING, known)}


def _whole(names: tuple[str, ...], known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: known.get(name) for name in names}
