"""The API forms of customers, payment methods, products, prices, links, sessions and endpoints."""

from __future__ import annotations

from typing import Any

from stacktill.application.services import Services
from stacktill.application.views.parts import address_view, billing_view, shipping_view
from stacktill.application.views.payment_intents import hosted_url
from stacktill.domain.resources import (
    AdjustableQuantity,
    CheckoutSession,
    CustomAmount,
    Customer,
    LineItem,
    PaymentLink,
    PaymentMethod,
    Price,
    Product,
)
from stacktill.domain.webhooks import WebhookEndpoint

__all__ = [
    "customer_view",
    "deleted_view",
    "line_item_view",
    "list_view",
    "payment_link_view",
    "payment_method_view",
    "price_view",
    "product_view",
    "session_view",
    "webhook_endpoint_view",
]

NO_CUSTOM_TEXT: dict[str, Any] = {
    "after_submit": None,
    "shipping_address": None,
    "submit": None,
    "terms_of_service_acceptance": None,
}


def deleted_view(object_type: str, object_id: str) -> dict[str, Any]:
    """What is left of a deleted object."""
    return {"id": object_id, "object": object_type, "deleted": True}


def list_view(url: str, data: list[Any], *, has_more: bool) -> dict[str, Any]:
    """One page of a list."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def customer_view(customer: Customer) -> dict[str, Any]:
    """A customer, or its tombstone."""
    if customer.deleted:
        return deleted_view("customer", customer.id)
    return {
        "id": customer.id,
        "object": "customer",
        "address": address_view(customer.address),
        "balance": 0,
        "business_name": None,
        "cash_balance": None,
        "created": customer.created,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": customer.description,
        "discount": None,
        "email": customer.email,
        "individual_name": None,
        "invoice_prefix": customer.invoice_prefix,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": customer.livemode,
        "metadata": customer.metadata,
        "name": customer.name,
        "next_invoice_sequence": 1,
        "phone": customer.phone,
        "preferred_locales": customer.preferred_locales,
        "shipping": shipping_view(customer.shipping),
        "tax_exempt": customer.tax_exempt,
        "test_clock": None,
    }


def payment_method_view(method: PaymentMethod) -> dict[str, Any]:
    """A payment method of type crypto."""
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": method.allow_redisplay,
        "billing_details": billing_view(method.billing_details),
        "created": method.created,
        "crypto": {},
        "customer": method.customer,
        "customer_account": None,
        "livemode": method.livemode,
        "metadata": method.metadata,
        "type": "crypto",
    }


def product_view(product: Product) -> dict[str, Any]:
    """A product, or its tombstone."""
    if product.deleted:
        return deleted_view("product", product.id)
    return {
        "id": product.id,
        "object": "product",
        "active": product.active,
        "created": product.created,
        "default_price": product.default_price,
        "description": product.description,
        "images": product.images,
        "livemode": product.livemode,
        "marketing_features": [],
        "metadata": product.metadata,
        "name": product.name,
        "package_dimensions": None,
        "shippable": product.shippable,
        "statement_descriptor": product.statement_descriptor,
        "tax_code": None,
        "type": "service",
        "unit_label": product.unit_label,
        "updated": product.updated,
        "url": product.url,
    }


def price_view(price: Price) -> dict[str, Any]:
    """A one-time price per unit."""
    return {
        "id": price.id,
        "object": "price",
        "active": price.active,
        "billing_scheme": "per_unit",
        "created": price.created,
        "currency": price.currency,
        "custom_unit_amount": _custom_amount(price.custom_amount),
        "livemode": price.livemode,
        "lookup_key": price.lookup_key,
        "metadata": price.metadata,
        "nickname": price.nickname,
        "product": price.product,
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": None if price.custom_amount else price.unit_amount_sats,
        "unit_amount_decimal": None if price.custom_amount else str(price.unit_amount_sats),
    }


def _custom_amount(custom: CustomAmount | None) -> dict[str, Any] | None:
    if custom is None:
        return None
    return {
        "maximum": custom.maximum_sats,
        "minimum": custom.minimum_sats,
        "preset": custom.preset_sats,
    }


def _adjustable(adjustable: AdjustableQuantity | None) -> dict[str, Any] | None:
    if adjustable is None:
        return None
    return {"enabled": True, "maximum": adjustable.maximum, "minimum": adjustable.minimum}


def line_item_view(item: LineItem, price: Price | None) -> dict[str, Any]:
    """A line of a session or link; ``price`` is its whole price object."""
    return {
        "id": item.id,
        "object": "item",
        "adjustable_quantity": _adjustable(item.adjustable_quantity),
        "amount_discount": 0,
        "amount_subtotal": item.total_sats,
        "amount_tax": 0,
        "amount_total": item.total_sats,
        "currency": "btc",
        "description": item.description,
        "metadata": {},
        "price": None if price is None else price_view(price),
        "quantity": item.quantity,
    }


def payment_link_view(services: Services, link: PaymentLink) -> dict[str, Any]:
    """A payment link; its line items are a list of their own."""
    return {
        "id": link.id,
        "object": "payment_link",
        "active": link.active,
        "after_completion": link.after_completion,
        "allow_promotion_codes": False,
        "application": None,
        "application_fee_amount": None,
        "application_fee_percent": None,
        "automatic_tax": {"enabled": False, "liability": None, "status": None},
        "billing_address_collection": "auto",
        "consent_collection": None,
        "created": link.created,
        "currency": "btc",
        "custom_fields": [],
        "custom_text": NO_CUSTOM_TEXT,
        "customer_creation": "if_required",
        "inactive_message": link.inactive_message,
        "invoice_creation": {"enabled": False, "invoice_data": None},
        "livemode": link.livemode,
        "metadata": link.metadata,
        "name_collection": None,
        "on_behalf_of": None,
        "optional_items": None,
        "payment_intent_data": link.payment_intent_data or None,
        "payment_method_collection": "always",
        "payment_method_types": ["crypto"],
        "phone_number_collection": {"enabled": False},
        "restrictions": None,
        "shipping_address_collection": None,
        "shipping_options": [],
        "submit_type": "auto",
        "subscription_data": None,
        "tax_id_collection": {"enabled": False, "required": "never"},
        "transfer_data": None,
        "url": hosted_url(services, link.id),
    }


def session_view(services: Services, session: CheckoutSession) -> dict[str, Any]:
    """A checkout session; ``url`` is there only while it is open."""
    url = None
    if session.status == "open" and not session.is_embedded:
        url = hosted_url(services, session.id)
    return {
        "id": session.id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": session.total_sats,
        "amount_total": session.total_sats,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": session.cancel_url,
        "client_reference_id": session.client_reference_id,
        "client_secret": session.client_secret if session.is_embedded else None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": session.created,
        "currency": "btc",
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": NO_CUSTOM_TEXT,
        "customer": session.customer,
        "customer_account": None,
        "customer_creation": "if_required",
        "customer_details": session.customer_details,
        "customer_email": session.customer_email,
        "discounts": [],
        "expires_at": session.expires_at,
        "invoice": None,
        "invoice_creation": None,
        "livemode": session.livemode,
        "locale": session.locale,
        "metadata": session.metadata,
        "mode": "payment",
        "origin_context": None,
        "payment_intent": session.payment_intent,
        "payment_link": session.payment_link,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["crypto"],
        "payment_status": session.payment_status,
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "redirect_on_completion": "always" if session.is_embedded else None,
        "return_url": session.return_url,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": session.status,
        "submit_type": session.submit_type,
        "subscription": None,
        "success_url": session.success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": session.ui_mode,
        "url": url,
        "wallet_options": None,
    }


def webhook_endpoint_view(endpoint: WebhookEndpoint, secret: str | None = None) -> dict[str, Any]:
    """A webhook endpoint; ``secret`` is there only in the answer that made it."""
    view = {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": endpoint.api_version,
        "application": None,
        "created": endpoint.created,
        "description": endpoint.description,
        "disabled_reason": endpoint.disabled_reason,
        "enabled_events": endpoint.enabled_events,
        "livemode": endpoint.livemode,
        "max_per_second": endpoint.max_per_second,
        "metadata": endpoint.metadata,
        "status": endpoint.status,
        "url": endpoint.url,
    }
    if secret is not None:
        view["secret"] = secret
    return view
