"""Customers, products, prices, payment links and checkout sessions."""

from __future__ import annotations

from stacktill.web.openapi.schemas.payments import BTC, SHIPPING
from stacktill.web.openapi.shapes import (
    ADDRESS,
    BOOLEAN,
    INTEGER,
    LIVEMODE,
    METADATA,
    MOMENT,
    NULL,
    SATS,
    STRING,
    Schema,
    array,
    constant,
    expandable,
    identifier,
    nullable,
    page_of,
    record,
    ref,
    words,
)

__all__ = ["SCHEMAS"]

OPEN: Schema = {"type": "object", "additionalProperties": True}

CUSTOMER = record(
    {
        "id": identifier("cus"),
        "object": constant("customer"),
        "address": nullable(ADDRESS),
        "balance": INTEGER,
        "business_name": NULL,
        "cash_balance": NULL,
        "created": MOMENT,
        "currency": NULL,
        "customer_account": NULL,
        "default_source": NULL,
        "delinquent": BOOLEAN,
        "description": nullable(STRING),
        "discount": NULL,
        "email": nullable(STRING),
        "individual_name": NULL,
        "invoice_prefix": STRING,
        "invoice_settings": record(
            {
                "custom_fields": NULL,
                "default_payment_method": NULL,
                "footer": NULL,
                "rendering_options": NULL,
            }
        ),
        "livemode": LIVEMODE,
        "metadata": METADATA,
        "name": nullable(STRING),
        "next_invoice_sequence": INTEGER,
        "phone": nullable(STRING),
        "preferred_locales": array(STRING),
        "shipping": nullable(SHIPPING),
        "tax_exempt": words("none", "exempt", "reverse"),
        "test_clock": NULL,
    },
    about="Who pays, as you know them.",
)

PRODUCT = record(
    {
        "id": {"type": "string", "description": "Yours if you gave one, else it is made."},
        "object": constant("product"),
        "active": BOOLEAN,
        "created": MOMENT,
        "default_price": nullable(expandable("price")),
        "description": nullable(STRING),
        "images": array(STRING),
        "livemode": LIVEMODE,
        "marketing_features": array(OPEN),
        "metadata": METADATA,
        "name": STRING,
        "package_dimensions": NULL,
        "shippable": nullable(BOOLEAN),
        "statement_descriptor": nullable(STRING),
        "tax_code": NULL,
        "type": constant("service"),
        "unit_label": nullable(STRING),
        "updated": MOMENT,
        "url": nullable(STRING),
    },
    about="Something that you sell.",
)

CUSTOM_AMOUNT = record(
    {
        "maximum": nullable(SATS, "The most that may be chosen, in sats."),
        "minimum": nullable(SATS, "The least that may be chosen, in sats."),
        "preset": nullable(SATS, "What is suggested, in sats."),
    }
)

PRICE = record(
    {
        "id": identifier("price"),
        "object": constant("price"),
        "active": BOOLEAN,
        "billing_scheme": constant("per_unit"),
        "created": MOMENT,
        "currency": BTC,
        "custom_unit_amount": nullable(CUSTOM_AMOUNT, "The payer chooses the amount."),
        "livemode": LIVEMODE,
        "lookup_key": nullable(STRING),
        "metadata": METADATA,
        "nickname": nullable(STRING),
        "product": expandable("product", "deleted_product"),
        "recurring": NULL,
        "tax_behavior": constant("unspecified"),
        "tiers_mode": NULL,
        "transform_quantity": NULL,
        "type": constant("one_time"),
        "unit_amount": nullable(SATS, "What one unit costs, in sats."),
        "unit_amount_decimal": nullable({"type": "string", "pattern": "^[0-9]+$"}),
    },
    about="What one unit of a product costs; the amount never changes.",
)

LINE_ITEM = record(
    {
        "id": identifier("li"),
        "object": constant("item"),
        "adjustable_quantity": nullable(
            record({"enabled": BOOLEAN, "maximum": INTEGER, "minimum": INTEGER}),
            "The payer chooses the quantity.",
        ),
        "amount_discount": SATS,
        "amount_subtotal": SATS,
        "amount_tax": SATS,
        "amount_total": SATS,
        "currency": BTC,
        "description": nullable(STRING),
        "metadata": METADATA,
        "price": nullable(ref("price")),
        "quantity": {"type": "integer", "minimum": 1},
    },
    about="So many units at a price.",
)

CUSTOM_TEXT = record(
    {
        "after_submit": NULL,
        "shipping_address": NULL,
        "submit": NULL,
        "terms_of_service_acceptance": NULL,
    }
)

PAYMENT_LINK = record(
    {
        "id": identifier("plink"),
        "object": constant("payment_link"),
        "active": BOOLEAN,
        "after_completion": OPEN,
        "allow_promotion_codes": BOOLEAN,
        "application": NULL,
        "application_fee_amount": NULL,
        "application_fee_percent": NULL,
        "automatic_tax": record({"enabled": BOOLEAN, "liability": NULL, "status": NULL}),
        "billing_address_collection": STRING,
        "consent_collection": NULL,
        "created": MOMENT,
        "currency": BTC,
        "custom_fields": array(OPEN),
        "custom_text": CUSTOM_TEXT,
        "customer_creation": STRING,
        "inactive_message": nullable(STRING),
        "invoice_creation": record({"enabled": BOOLEAN, "invoice_data": NULL}),
        "line_items": page_of(ref("item")),
        "livemode": LIVEMODE,
        "metadata": METADATA,
        "name_collection": NULL,
        "on_behalf_of": NULL,
        "optional_items": NULL,
        "payment_intent_data": nullable(OPEN),
        "payment_method_collection": STRING,
        "payment_method_types": array(constant("crypto")),
        "phone_number_collection": record({"enabled": BOOLEAN}),
        "restrictions": NULL,
        "shipping_address_collection": NULL,
        "shipping_options": array(OPEN),
        "submit_type": STRING,
        "subscription_data": NULL,
        "tax_id_collection": record({"enabled": BOOLEAN, "required": STRING}),
        "transfer_data": NULL,
        "url": {"type": "string", "description": "Where payers go."},
    },
    optional=("line_items",),
    about="A standing offer: each visit makes a checkout session.",
)

SESSION = record(
    {
        "id": {"type": "string", "pattern": "^cs_(test|live)_[0-9A-Za-z]{24}$"},
        "object": constant("checkout.session"),
        "adaptive_pricing": record({"enabled": BOOLEAN}),
        "after_expiration": NULL,
        "allow_promotion_codes": NULL,
        "amount_subtotal": SATS,
        "amount_total": SATS,
        "automatic_tax": record(
            {"enabled": BOOLEAN, "liability": NULL, "provider": NULL, "status": NULL}
        ),
        "billing_address_collection": NULL,
        "cancel_url": nullable(STRING),
        "client_reference_id": nullable(STRING),
        "client_secret": nullable(STRING),
        "collected_information": NULL,
        "consent": NULL,
        "consent_collection": NULL,
        "created": MOMENT,
        "currency": BTC,
        "currency_conversion": NULL,
        "custom_fields": array(OPEN),
        "custom_text": CUSTOM_TEXT,
        "customer": nullable(expandable("customer", "deleted_customer")),
        "customer_account": NULL,
        "customer_creation": STRING,
        "customer_details": nullable(OPEN),
        "customer_email": nullable(STRING),
        "discounts": array(OPEN),
        "expires_at": MOMENT,
        "invoice": NULL,
        "invoice_creation": NULL,
        "line_items": page_of(ref("item")),
        "livemode": LIVEMODE,
        "locale": nullable(STRING),
        "metadata": METADATA,
        "mode": constant("payment"),
        "origin_context": NULL,
        "payment_intent": nullable(
            expandable("payment_intent"), "Made when the payer starts to pay."
        ),
        "payment_link": nullable(expandable("payment_link")),
        "payment_method_collection": STRING,
        "payment_method_configuration_details": NULL,
        "payment_method_options": OPEN,
        "payment_method_types": array(constant("crypto")),
        "payment_status": words("unpaid", "paid", "no_payment_required"),
        "permissions": NULL,
        "phone_number_collection": record({"enabled": BOOLEAN}),
        "recovered_from": NULL,
        "redirect_on_completion": nullable(STRING),
        "return_url": nullable(STRING),
        "saved_payment_method_options": NULL,
        "setup_intent": NULL,
        "shipping_address_collection": NULL,
        "shipping_cost": NULL,
        "shipping_options": array(OPEN),
        "status": words("open", "complete", "expired"),
        "submit_type": nullable(STRING),
        "subscription": NULL,
        "success_url": nullable(STRING),
        "total_details": record(
            {"amount_discount": SATS, "amount_shipping": SATS, "amount_tax": SATS}
        ),
        "ui_mode": STRING,
        "url": nullable(STRING, "Where the payer goes; there only while it is open."),
        "wallet_options": NULL,
    },
    optional=("line_items",),
    about="One visit to the checkout.",
)


PAY_BUTTON = record(
    {
        "object": constant("pay_button"),
        "amount": nullable(SATS, "What a press costs, in sats; null when the link says it."),
        "currency": BTC,
        "expires_at": nullable(MOMENT, "Until when it works; null: as long as the link."),
        "html": {"type": "string", "description": "The form to put into your page."},
        "livemode": LIVEMODE,
        "payment_link": nullable(STRING, "Where a press leads, when it is no offer of its own."),
        "url": {"type": "string", "description": "The same as an address, for plain links."},
    },
    about="A pay button for plain HTML.",
)


POS_TERMINAL = record(
    {
        "object": constant("pos_terminal"),
        "api_key": {
            "type": "string",
            "description": "The key in the link. Once paired, the phone's key has its name.",
        },
        "expires_at": MOMENT,
        "livemode": LIVEMODE,
        "name": STRING,
        "url": {
            "type": "string",
            "description": "Open it on the phone, once; it is shown in this answer only.",
        },
    },
    about="A point of sale that waits for its phone.",
)


def _deleted(name: str) -> Schema:
    return record(
        {"id": STRING, "object": constant(name), "deleted": {"type": "boolean", "const": True}},
        about=f"What is left of a deleted {name.replace('_', ' ')}.",
    )


SCHEMAS: dict[str, Schema] = {
    "customer": CUSTOMER,
    "deleted_customer": _deleted("customer"),
    "product": PRODUCT,
    "deleted_product": _deleted("product"),
    "deleted_webhook_endpoint": _deleted("webhook_endpoint"),
    "price": PRICE,
    "item": LINE_ITEM,
    "pay_button": PAY_BUTTON,
    "pos_terminal": POS_TERMINAL,
    "payment_link": PAYMENT_LINK,
    "checkout.session": SESSION,
}
