"""The API form of a payment intent, and the smaller one that a payer may see."""

from __future__ import annotations

from typing import Any

from stacktill.application.services import Services
from stacktill.application.views.parts import shipping_view
from stacktill.domain.payment_intents import PaymentIntent

__all__ = ["PAYER_FIELDS", "hosted_url", "payer_view", "payment_intent_view", "receipt_url"]

PAYER_FIELDS = (
    "id",
    "object",
    "amount",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "status",
)


def hosted_url(services: Services, object_id: str) -> str:
    """Where a payer finds the page of a payment intent, session or link."""
    return f"{services.public_url}/pay/{object_id}"


def receipt_url(services: Services, intent_id: str) -> str:
    """Where a payer finds the receipt of a payment intent, to print or keep."""
    return f"{hosted_url(services, intent_id)}/receipt"


def payment_intent_view(services: Services, intent: PaymentIntent) -> dict[str, Any]:
    """Everything a secret key may read of an intent; every documented field is present."""
    return {
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount_sats,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": intent.received_sats,
        "application": None,
        "application_fee_amount": intent.fee_sats or None,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": intent.capture_method,
        "client_secret": intent.client_secret,
        "confirmation_method": intent.confirmation_method,
        "created": intent.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "customer_account": None,
        "description": intent.description,
        "excluded_payment_method_types": None,
        "last_payment_error": _payment_error(intent),
        "latest_charge": intent.latest_charge,
        "livemode": intent.livemode,
        "metadata": intent.metadata,
        "next_action": _next_action(services, intent),
        "on_behalf_of": None,
        "payment_method": intent.payment_method,
        "payment_method_configuration_details": None,
        "payment_method_options": intent.payment_method_options,
        "payment_method_types": intent.payment_method_types,
        "platform_fee": _platform_fee(intent),
        "presentment_details": None,
        "processing": None,
        "receipt_email": intent.receipt_email,
        "review": None,
        "setup_future_usage": intent.setup_future_usage,
        "shipping": shipping_view(intent.shipping),
        "source": None,
        "statement_descriptor": intent.statement_descriptor,
        "statement_descriptor_suffix": intent.statement_descriptor_suffix,
        "status": intent.status,
        "transfer_data": None,
        "transfer_group": intent.transfer_group,
    }


def payer_view(services: Services, intent: PaymentIntent) -> dict[str, Any]:
    """What a publishable key with the client secret may read: nothing of the merchant's own."""
    whole = payment_intent_view(services, intent)
    return {name: whole[name] for name in PAYER_FIELDS}


def _platform_fee(intent: PaymentIntent) -> dict[str, Any] | None:
    """Ours: who asks for a fee, and how much of it was truly collected; plain transfers carry none."""
    if intent.fee_recipient is None:
        return None
    terms = intent.fee_terms
    return {
        "amount": intent.fee_sats,
        "amount_collected": intent.fee_collected_sats,
        "basis_points": None if terms is None else terms.basis_points,
        "recipient": intent.fee_recipient,
        "tier": None if terms is None else terms.tier,
    }


def _payment_error(intent: PaymentIntent) -> dict[str, Any] | None:
    error = intent.last_payment_error
    if error is None:
        return None
    return {
        "type": "invalid_request_error",
        "code": error.code,
        "message": error.message,
        "payment_method": None,
    }


def _next_action(services: Services, intent: PaymentIntent) -> dict[str, Any] | None:
    if intent.status != "requires_action" or intent.chain_id is None:
        return None
    chain = services.chain_by_id(intent.chain_id)
    contract = chain.sbtc_asset.partition("::")[0]
    token = {"token_currency": "sbtc", "token_contract_address": contract}
    details = {
        "deposit_addresses": {
            chain.network: {"address": intent.deposit_address, "supported_tokens": [token]}
        },
        "network": chain.network,
        "token_currency": "sbtc",
        "amount": intent.amount_sats,
        "amount_remaining": intent.remaining_sats,
        "currency": intent.currency,
        "expires_at": intent.expires_at,
        "memo": intent.memo,
        "hosted_url": hosted_url(services, intent.id),
    }
    return {"type": "crypto_display_details", "crypto_display_details": details}
