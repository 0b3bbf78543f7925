"""The API form of a merchant: Stripe's account."""

from __future__ import annotations

from typing import Any

from stacktill.application.services import Services
from stacktill.application.views.resources import list_view
from stacktill.domain.merchants import Brand, Merchant, StorePolicy

__all__ = ["account_view"]

NO_REQUIREMENTS: dict[str, Any] = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
"""Nobody has to prove anything to a till of their own."""


def account_view(services: Services, merchant: Merchant) -> dict[str, Any]:
    """A store; ``payment_policy``, ``settings.checkout`` and ``settlement_addresses`` are ours."""
    return {
        "id": merchant.id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "name": merchant.name,
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": merchant.url,
        },
        "business_type": None,
        "capabilities": {"crypto_payments": "active"},
        "charges_enabled": merchant.status == "active",
        "company": None,
        "controller": {"is_controller": True, "type": "account"},
        "country": merchant.country,
        "created": merchant.created,
        "default_currency": "btc",
        "details_submitted": True,
        "email": merchant.email,
        "external_accounts": list_view(
            f"/v1/accounts/{merchant.id}/external_accounts", [], has_more=False
        ),
        "future_requirements": NO_REQUIREMENTS,
        "groups": None,
        "individual": None,
        "metadata": merchant.metadata,
        "payment_policy": _policy(merchant.policy),
        "payouts_enabled": True,
        "platform_fee": _platform_fee(services, merchant),
        "requirements": NO_REQUIREMENTS,
        "settings": {
            "branding": _branding(services, merchant.settings.branding),
            "checkout": {"allowed_origins": list(merchant.settings.checkout.allowed_origins)},
            "dashboard": {
                "display_name": merchant.name,
                "locale": merchant.settings.locale,
                "timezone": "Etc/UTC",
            },
            "payments": {"statement_descriptor": None},
        },
        "settlement_addresses": _addresses(services, merchant),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }


def _branding(services: Services, brand: Brand) -> dict[str, Any]:
    """``logo_url`` is ours: pictures are shown to everybody, files have no addresses of their own."""
    logo = brand.logo
    return {
        "icon": None,
        "logo": None if logo is None else logo.id,
        "logo_url": None if logo is None else f"{services.public_url}{logo.path}",
        "primary_color": brand.primary_color,
        "secondary_color": brand.secondary_color,
    }


def _platform_fee(services: Services, merchant: Merchant) -> dict[str, Any] | None:
    """Ours: what the operator asks of the payments that are made from now on."""
    name = merchant.fee_tier if merchant.fee_tier in services.fees.tiers else None
    name = name or services.fees.default_tier
    if name is None or name not in services.fees.tiers:
        return None
    return {
        "basis_points": services.fees.tiers[name],
        "max_amount": services.fees.max_sats,
        "min_amount": services.fees.min_sats,
        "tier": name,
    }


def _policy(policy: StorePolicy) -> dict[str, Any]:
    return {
        "confirmations": [
            {
                "up_to": step.up_to_sats,
                "layer": step.confirmations.layer,
                "count": step.confirmations.count,
            }
            for step in policy.confirmations
        ],
        "expires_after_seconds": policy.expires_after_seconds,
        "late_grace_seconds": policy.late_grace_seconds,
        "underpaid_tolerance_ppm": policy.underpaid_tolerance_ppm,
    }


def _addresses(services: Services, merchant: Merchant) -> dict[str, str | None]:
    chains = (("test", services.test_chain), ("live", services.live_chain))
    return {
        mode: None if chain is None else merchant.addresses.get(chain.chain_id)
        for mode, chain in chains
    }
