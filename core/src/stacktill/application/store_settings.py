"""Change what a store says about itself: its colours, who may frame its checkout, its language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.domain.merchants import Brand, CheckoutSettings, StoreSettings, origin_of

__all__ = ["settings_from"]


def settings_from(before: StoreSettings, params: dict[str, Any]) -> StoreSettings:
    """The settings after a change of some of their parts."""
    return replace(
        before,
        branding=_brand(before.branding, params.get("branding") or {}),
        checkout=_checkout(before.checkout, params.get("checkout") or {}),
        locale=(params.get("dashboard") or {}).get("locale", before.locale),
    )


def _brand(before: Brand, given: dict[str, Any]) -> Brand:
    changes: dict[str, Any] = {
        name: None if given[name] is None else given[name].lower()
        for name in ("primary_color", "secondary_color")
        if name in given
    }
    return replace(before, **changes)


def _checkout(before: CheckoutSettings, given: dict[str, Any]) -> CheckoutSettings:
    if "allowed_origins" not in given:
        return before
    origins = [origin_of(given_origin) for given_origin in given["allowed_origins"] or ()]
    return replace(before, allowed_origins=tuple(dict.fromkeys(origins)))
