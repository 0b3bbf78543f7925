"""Registering a merchant: the plugins are asked first, then it is kept with its first keys."""

from __future__ import annotations

from stacktill.application.merchants import NewMerchant, create_merchant
from stacktill.domain.merchants import Merchant
from stacktill.runtime.appliance import Appliance

__all__ = ["register_merchant"]


async def register_merchant(
    appliance: Appliance, name: str, email: str | None, *, livemode: bool = False
) -> NewMerchant:
    """Register a store; raise ``PluginRefused`` when a plugin refuses it."""
    services = appliance.services
    if livemode:
        # Says how to mend it when this box has no live chain.
        services.chain(livemode=True)
    if appliance.hooks.reviews_merchants:
        draft = Merchant(id="acct_draft", created=services.clock.now(), name=name, email=email)
        await appliance.hooks.review_merchant(draft)
    return await appliance.storage.write(create_merchant, services, name, email, livemode)
