"""Payment intents, charges, refunds and payment methods."""

from __future__ import annotations

from stacktill.application.views.payment_intents import PAYER_FIELDS
from stacktill.domain.payment_intents import STATUSES, USER_CANCEL_REASONS
from stacktill.domain.refunds import REFUND_REASONS
from stacktill.web.openapi.schemas.settlement import PLATFORM_FEE
from stacktill.web.openapi.shapes import (
    ADDRESS,
    BOOLEAN,
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
    record,
    words,
)

__all__ = ["BTC", "HEX", "SCHEMAS", "SHIPPING"]

BTC = {"type": "string", "const": "btc", "description": "btc: amounts are in sats."}
HEX: Schema = {"type": "string", "pattern": "^[0-9a-f]*$"}

SHIPPING = record(
    {
        "address": nullable(ADDRESS),
        "carrier": nullable(STRING),
        "name": nullable(STRING),
        "phone": nullable(STRING),
        "tracking_number": nullable(STRING),
    },
    about="Where the goods are shipped to.",
)

BILLING = record(
    {
        "address": ADDRESS,
        "email": nullable(STRING),
        "name": nullable(STRING),
        "phone": nullable(STRING),
        "tax_id": NULL,
    }
)

TOKEN = record({"token_currency": constant("sbtc"), "token_contract_address": STRING})

NEXT_ACTION = record(
    {
        "type": constant("crypto_display_details"),
        "crypto_display_details": record(
            {
                "deposit_addresses": {
                    "type": "object",
                    "additionalProperties": record(
                        {"address": STRING, "supported_tokens": array(TOKEN)}
                    ),
                    "description": "Where to pay, by network.",
                },
                "network": {"type": "string", "description": "Such as stacks."},
                "token_currency": constant("sbtc"),
                "amount": SATS,
                "amount_remaining": {**SATS, "description": "What is still due, in sats."},
                "currency": BTC,
                "expires_at": MOMENT,
                "memo": {**HEX, "description": "The transfer must carry it; in hex."},
                "hosted_url": {"type": "string", "description": "A page that shows all this."},
            }
        ),
    },
    about="What the payer has to do; there only while the status is requires_action.",
)

PAYMENT_ERROR = record(
    {
        "type": constant("invalid_request_error"),
        "code": STRING,
        "message": STRING,
        "payment_method": NULL,
    },
    about="Why the last attempt to pay failed.",
)

METHOD_OPTIONS: Schema = {
    "type": "object",
    "properties": {
        "crypto": record(
            {
                "mode": constant("deposit"),
                "deposit_options": record(
                    {"networks": array(constant("stacks"))}, optional=("networks",)
                ),
                "setup_future_usage": nullable(STRING),
            },
            optional=("mode", "deposit_options", "setup_future_usage"),
        )
    },
}

AUTOMATIC = record({"enabled": BOOLEAN, "allow_redirects": words("always", "never")})

PAYMENT_INTENT = record(
    {
        "id": identifier("pi"),
        "object": constant("payment_intent"),
        "amount": {**SATS, "description": "What is to be paid, in sats."},
        "amount_capturable": SATS,
        "amount_details": record({"tip": record({})}),
        "amount_received": {**SATS, "description": "What has arrived and is final, in sats."},
        "application": NULL,
        "application_fee_amount": nullable(SATS, "The fee that is asked for, in sats."),
        "automatic_payment_methods": nullable(AUTOMATIC),
        "canceled_at": nullable(MOMENT),
        "cancellation_reason": nullable(words(*USER_CANCEL_REASONS, "automatic", "expired")),
        "capture_method": words("automatic", "automatic_async"),
        "client_secret": {
            "type": "string",
            "description": "With it a publishable key may read and confirm this one intent.",
        },
        "confirmation_method": words("automatic", "manual"),
        "created": MOMENT,
        "currency": BTC,
        "customer": nullable(expandable("customer", "deleted_customer")),
        "customer_account": NULL,
        "description": nullable(STRING),
        "excluded_payment_method_types": NULL,
        "last_payment_error": nullable(PAYMENT_ERROR),
        "latest_charge": nullable(expandable("charge")),
        "livemode": LIVEMODE,
        "metadata": METADATA,
        "next_action": nullable(NEXT_ACTION),
        "on_behalf_of": NULL,
        "payment_method": nullable(expandable("payment_method")),
        "payment_method_configuration_details": NULL,
        "payment_method_options": METHOD_OPTIONS,
        "payment_method_types": array(constant("crypto")),
        "platform_fee": nullable(PLATFORM_FEE),
        "presentment_details": NULL,
        "processing": NULL,
        "receipt_email": nullable(STRING),
        "review": NULL,
        "setup_future_usage": nullable(words("off_session", "on_session")),
        "shipping": nullable(SHIPPING),
        "source": NULL,
        "statement_descriptor": nullable(STRING),
        "statement_descriptor_suffix": nullable(STRING),
        "status": words(
            *STATUSES,
            about="requires_action: the payer is shown where to pay. processing: the payment is in "
            "a block, but not final yet. succeeded and canceled are final.",
        ),
        "transfer_data": NULL,
        "transfer_group": nullable(STRING),
    },
    about="The wish to be paid an amount until a time.",
)

CHARGE = record(
    {
        "id": identifier("ch"),
        "object": constant("charge"),
        "amount": SATS,
        "amount_captured": SATS,
        "amount_overpaid": {
            **SATS,
            "description": "What arrived beyond the amount, in sats; refundable like it.",
        },
        "amount_refunded": {**SATS, "description": "Refunded or reserved for it, in sats."},
        "application": NULL,
        "application_fee": NULL,
        "application_fee_amount": nullable(
            SATS, "What of it went to the platform in the same transaction, in sats."
        ),
        "balance_transaction": nullable(expandable("balance_transaction")),
        "billing_details": BILLING,
        "calculated_statement_descriptor": nullable(STRING),
        "captured": BOOLEAN,
        "created": MOMENT,
        "currency": BTC,
        "customer": nullable(expandable("customer", "deleted_customer")),
        "description": nullable(STRING),
        "disputed": BOOLEAN,
        "failure_balance_transaction": NULL,
        "failure_code": NULL,
        "failure_message": NULL,
        "fraud_details": record({}),
        "livemode": LIVEMODE,
        "metadata": METADATA,
        "on_behalf_of": NULL,
        "outcome": record(
            {
                "network_status": STRING,
                "reason": NULL,
                "risk_level": STRING,
                "seller_message": STRING,
                "type": STRING,
            }
        ),
        "paid": BOOLEAN,
        "payment_intent": expandable("payment_intent"),
        "payment_method": nullable(expandable("payment_method")),
        "payment_method_details": record(
            {
                "type": constant("crypto"),
                "crypto": record(
                    {
                        "buyer_address": nullable(
                            STRING, "Who paid; null if it was minted to you."
                        ),
                        "network": STRING,
                        "token_currency": constant("sbtc"),
                        "transaction_hash": STRING,
                    }
                ),
            }
        ),
        "presentment_details": NULL,
        "receipt_email": nullable(STRING, "Where the receipt goes."),
        "receipt_number": NULL,
        "receipt_url": {"type": "string", "description": "Its receipt, for the payer to print."},
        "refunded": {"type": "boolean", "description": "Whether all of it was given back."},
        "review": NULL,
        "shipping": nullable(SHIPPING),
        "source": NULL,
        "source_transfer": NULL,
        "statement_descriptor": nullable(STRING),
        "statement_descriptor_suffix": NULL,
        "status": words(
            "pending",
            "succeeded",
            "failed",
            about="pending only while a reorganisation of the chain un-pays it.",
        ),
        "transfer_data": NULL,
        "transfer_group": nullable(STRING),
    },
    about="One successful payment of an intent.",
)

REFUND = record(
    {
        "id": identifier("re"),
        "object": constant("refund"),
        "amount": SATS,
        "balance_transaction": nullable(expandable("balance_transaction")),
        "charge": nullable(expandable("charge")),
        "created": MOMENT,
        "currency": BTC,
        "deposit": nullable(
            expandable("deposit"), "The unmatched deposit that it gives back, if it is one."
        ),
        "description": NULL,
        "destination_details": record(
            {
                "type": constant("crypto"),
                "crypto": record(
                    {"reference": nullable(STRING, "The hash of the transaction that paid it.")}
                ),
            }
        ),
        "failure_balance_transaction": NULL,
        "failure_reason": nullable(STRING),
        "instructions_email": NULL,
        "livemode": LIVEMODE,
        "metadata": METADATA,
        "next_action": nullable(
            record(
                {
                    "type": constant("sign_transaction"),
                    "sign_transaction": record(
                        {
                            "network": STRING,
                            "signer": {"type": "string", "description": "Your own address."},
                            "recipient": {"type": "string", "description": "The payer's."},
                            "amount": SATS,
                            "memo": {**HEX, "description": "The transfer must carry it; in hex."},
                            "transaction": {
                                "type": "object",
                                "additionalProperties": True,
                                "description": "What your wallet signs.",
                            },
                        }
                    ),
                },
                about="What your wallet has to sign; there only while the status is "
                "requires_action.",
            )
        ),
        "payment_intent": nullable(expandable("payment_intent")),
        "pending_reason": nullable(constant("processing")),
        "reason": nullable(words(*REFUND_REASONS)),
        "receipt_number": NULL,
        "source_transfer_reversal": NULL,
        "status": words(
            "requires_action",
            "pending",
            "succeeded",
            "failed",
            "canceled",
            about="requires_action: sign the transaction. pending: it is on its way. succeeded: it "
            "is final on the chain.",
        ),
        "transfer_reversal": NULL,
    },
    about="Money back to the payer, signed by your own wallet.",
)

PAYMENT_METHOD = record(
    {
        "id": identifier("pm"),
        "object": constant("payment_method"),
        "allow_redisplay": words("always", "limited", "unspecified"),
        "billing_details": BILLING,
        "created": MOMENT,
        "crypto": record({}),
        "customer": nullable(expandable("customer", "deleted_customer")),
        "customer_account": NULL,
        "livemode": LIVEMODE,
        "metadata": METADATA,
        "type": constant("crypto"),
    },
    about="A way to pay; here always crypto.",
)

SCHEMAS: dict[str, Schema] = {
    "payment_intent": PAYMENT_INTENT,
    "payment_intent.payer": record(
        {name: PAYMENT_INTENT["properties"][name] for name in PAYER_FIELDS},
        about="What a publishable key with the client secret sees of a payment intent.",
    ),
    "charge": CHARGE,
    "refund": REFUND,
    "payment_method": PAYMENT_METHOD,
}
