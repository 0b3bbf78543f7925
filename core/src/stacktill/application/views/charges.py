"""The API forms of charges, balance transactions, the balance and refunds."""

from __future__ import annotations

from typing import Any

from stacktill.application.services import Services
from stacktill.application.views.parts import billing_view, shipping_view
from stacktill.application.views.payment_intents import receipt_url
from stacktill.domain.charges import BalanceTransaction, Charge
from stacktill.domain.refunds import Refund

__all__ = ["balance_transaction_view", "balance_view", "charge_view", "refund_view"]


def charge_view(services: Services, charge: Charge) -> dict[str, Any]:
    """A charge; ``amount_overpaid`` (ours) is what arrived beyond the amount, refundable like it."""
    return {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount_sats,
        "amount_captured": charge.amount_sats if charge.status == "succeeded" else 0,
        "amount_overpaid": charge.overpaid_sats,
        "amount_refunded": charge.reserved_sats,
        "application": None,
        "application_fee": None,
        "application_fee_amount": charge.fee_sats or None,
        "balance_transaction": charge.balance_transaction,
        "billing_details": billing_view(),
        "calculated_statement_descriptor": charge.statement_descriptor,
        "captured": True,
        "created": charge.created,
        "currency": "btc",
        "customer": charge.customer,
        "description": charge.description,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": charge.livemode,
        "metadata": charge.metadata,
        "on_behalf_of": None,
        "outcome": {
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "not_assessed",
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": charge.status == "succeeded",
        "payment_intent": charge.payment_intent,
        "payment_method": charge.payment_method,
        "payment_method_details": {
            "type": "crypto",
            "crypto": {
                "buyer_address": charge.buyer_address,
                "network": services.chain_by_id(charge.chain_id).network,
                "token_currency": "sbtc",
                "transaction_hash": charge.transaction_hash,
            },
        },
        "presentment_details": None,
        "receipt_email": charge.receipt_email,
        "receipt_number": None,
        "receipt_url": receipt_url(services, charge.payment_intent),
        "refunded": charge.reserved_sats >= charge.amount_sats + charge.overpaid_sats,
        "review": None,
        "shipping": shipping_view(charge.shipping),
        "source": None,
        "source_transfer": None,
        "statement_descriptor": charge.statement_descriptor,
        "statement_descriptor_suffix": None,
        "status": charge.status,
        "transfer_data": None,
        "transfer_group": charge.transfer_group,
    }


def refund_view(refund: Refund, *, network: str) -> dict[str, Any]:
    """A refund; while it requires action, ``next_action`` holds the transaction to sign."""
    action = None
    if refund.status == "requires_action":
        action = {
            "type": "sign_transaction",
            "sign_transaction": {
                "network": network,
                "signer": refund.sender,
                "recipient": refund.recipient,
                "amount": refund.amount_sats,
                "memo": refund.memo,
                "transaction": refund.transaction,
            },
        }
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount_sats,
        "balance_transaction": refund.balance_transaction,
        "charge": refund.charge,
        "created": refund.created,
        "currency": "btc",
        "deposit": refund.deposit,
        "description": None,
        "destination_details": {"type": "crypto", "crypto": {"reference": refund.txid}},
        "failure_balance_transaction": None,
        "failure_reason": refund.failure_reason,
        "instructions_email": None,
        "livemode": refund.livemode,
        "metadata": refund.metadata,
        "next_action": action,
        "payment_intent": refund.payment_intent,
        "pending_reason": "processing" if refund.status == "pending" else None,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }


def balance_transaction_view(line: BalanceTransaction) -> dict[str, Any]:
    """One line of the balance."""
    category = {"payment": "charge", "payment_refund": "refund"}.get(line.type, "other_adjustment")
    fees = []
    if line.fee_sats:
        fees.append(
            {
                "amount": line.fee_sats,
                "application": None,
                "currency": "btc",
                "description": "Platform fee",
                "type": "application_fee",
            }
        )
    return {
        "id": line.id,
        "object": "balance_transaction",
        "amount": line.amount_sats,
        "available_on": line.available_on,
        "balance_type": "payments",
        "created": line.created,
        "currency": "btc",
        "description": line.description,
        "exchange_rate": None,
        "fee": line.fee_sats,
        "fee_details": fees,
        "livemode": line.livemode,
        "net": line.amount_sats - line.fee_sats,
        "reporting_category": category,
        "source": line.source,
        "status": line.status,
        "type": line.type,
    }


def balance_view(
    *,
    livemode: bool,
    available_sats: int,
    pending_sats: int,
    unmatched_sats: int,
    locked_sats: int,
) -> dict[str, Any]:
    """What the ledger says lies at the merchant's own addresses, in sats."""

    def part(amount_sats: int) -> list[dict[str, Any]]:
        kinds = {"crypto": amount_sats}
        return [{"amount": amount_sats, "currency": "btc", "source_types": kinds}]

    return {
        "object": "balance",
        "available": part(available_sats),
        "connect_reserved": part(0),
        "instant_available": part(0),
        "livemode": livemode,
        "locked": part(locked_sats),
        "pending": part(pending_sats),
        "refund_and_dispute_prefunding": {"available": part(0), "pending": part(0)},
        "unmatched": part(unmatched_sats),
    }
