"""The account: a store, its words, its policy and what is asked of it."""

from __future__ import annotations

from stacktill.web.openapi.shapes import (
    BOOLEAN,
    INTEGER,
    METADATA,
    MOMENT,
    NULL,
    SATS,
    STRING,
    Schema,
    array,
    constant,
    identifier,
    ids_by_mode,
    nullable,
    record,
    words,
)

__all__ = ["SCHEMAS"]

POLICY = record(
    {
        "confirmations": array(
            record(
                {
                    "up_to": nullable(SATS, "Up to this amount in sats; null: any amount."),
                    "layer": words("stacks", "bitcoin"),
                    "count": {"type": "integer", "minimum": 0},
                }
            ),
            "How deep a payment must be, by its amount.",
        ),
        "expires_after_seconds": INTEGER,
        "late_grace_seconds": INTEGER,
        "underpaid_tolerance_ppm": INTEGER,
    },
    about="What your store does about time, depth and amounts that are not exact.",
)

REQUIREMENTS = record(
    {
        "alternatives": {"type": "array", "maxItems": 0},
        "current_deadline": NULL,
        "currently_due": array(STRING),
        "disabled_reason": NULL,
        "errors": {"type": "array", "maxItems": 0},
        "eventually_due": array(STRING),
        "past_due": array(STRING),
        "pending_verification": array(STRING),
    },
    about="What a hosted provider would ask for; here never anything.",
)

COLOUR: Schema = {"type": "string", "pattern": "^#[0-9a-f]{6}$"}

ACCOUNT = record(
    {
        "id": identifier("acct"),
        "object": constant("account"),
        "business_profile": record(
            {
                "annual_revenue": NULL,
                "estimated_worker_count": NULL,
                "mcc": NULL,
                "name": STRING,
                "product_description": NULL,
                "support_address": NULL,
                "support_email": NULL,
                "support_phone": NULL,
                "support_url": NULL,
                "url": nullable(STRING),
            }
        ),
        "business_type": NULL,
        "capabilities": record({"crypto_payments": words("active", "inactive", "pending")}),
        "charges_enabled": BOOLEAN,
        "company": NULL,
        "controller": record({"is_controller": BOOLEAN, "type": constant("account")}),
        "country": nullable(STRING),
        "created": MOMENT,
        "default_currency": constant("btc"),
        "details_submitted": BOOLEAN,
        "email": nullable(STRING),
        "external_accounts": record(
            {
                "object": constant("list"),
                "data": {"type": "array", "maxItems": 0},
                "has_more": BOOLEAN,
                "url": STRING,
            }
        ),
        "future_requirements": REQUIREMENTS,
        "groups": NULL,
        "individual": NULL,
        "metadata": METADATA,
        "payment_policy": POLICY,
        "payouts_enabled": BOOLEAN,
        "platform_fee": nullable(
            record(
                {
                    "basis_points": INTEGER,
                    "max_amount": nullable(SATS),
                    "min_amount": SATS,
                    "tier": STRING,
                }
            ),
            "What whoever runs this appliance asks of your payments.",
        ),
        "requirements": REQUIREMENTS,
        "settings": record(
            {
                "branding": record(
                    {
                        "icon": NULL,
                        "logo": nullable(identifier("file")),
                        "logo_url": nullable(STRING, "Where the logo is shown to everybody."),
                        "primary_color": nullable(COLOUR),
                        "secondary_color": nullable(COLOUR),
                    }
                ),
                "checkout": record(
                    {"allowed_origins": array(STRING, "May show the checkout in a frame.")}
                ),
                "dashboard": record(
                    {
                        "display_name": STRING,
                        "locale": nullable(STRING, "The language of notices to you."),
                        "timezone": STRING,
                    }
                ),
                "payments": record({"statement_descriptor": nullable(STRING)}),
            }
        ),
        "settlement_addresses": ids_by_mode("Where you are paid, by mode."),
        "tos_acceptance": record({"date": NULL, "ip": NULL, "user_agent": NULL}),
        "type": constant("standard"),
    },
    about="Your store.",
)

SCHEMAS: dict[str, Schema] = {"account": ACCOUNT}
