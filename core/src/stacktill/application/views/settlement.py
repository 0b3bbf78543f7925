"""The API forms of what guards a store's money: settlement addresses and the audit log (ours)."""

from __future__ import annotations

from typing import Any

import msgspec

from stacktill.domain.addresses import AddressChange
from stacktill.domain.audit import AuditEntry
from stacktill.domain.sponsorships import Sponsorship
from stacktill.domain.statements import SettlementStatement

__all__ = ["address_view", "audit_view", "sponsorship_view", "statement_view"]


def address_view(change: AddressChange) -> dict[str, Any]:
    """One address that a store is, was or wants to be paid at."""
    return {
        "id": change.id,
        "object": "settlement_address",
        "activated_at": change.activated_at,
        "address": change.address,
        "authority": change.authority,
        "chain": change.chain_id,
        "created": change.created,
        "effective_at": change.effective_at,
        "ended_at": change.ended_at,
        "form": change.form,
        "livemode": change.livemode,
        "message": change.message,
        "proven": change.is_proven,
        "replaces": change.replaces,
        "sign_before": change.sign_before,
        "status": change.status,
    }


def audit_view(entry: AuditEntry) -> dict[str, Any]:
    """One entry of the audit log, with everything that its hash is made of."""
    return {
        "id": entry.id,
        "object": "audit_entry",
        "account": entry.merchant_id,
        "action": entry.action,
        "actor": entry.actor,
        "created": entry.created,
        "details": msgspec.json.decode(entry.details),
        "hash": entry.hash,
        "livemode": entry.livemode,
        "number": entry.number,
        "previous_hash": entry.previous_hash,
        "related_object": entry.object_id,
    }


def statement_view(statement: SettlementStatement) -> dict[str, Any]:
    """A statement without its lines; amounts are sats."""
    url = f"/v1/settlement_statements/{statement.id}"
    return {
        "id": statement.id,
        "object": "settlement_statement",
        "asset": statement.asset,
        "chain": statement.chain_id,
        "closing": statement.closing,
        "created": statement.created,
        "csv_url": f"{url}/csv",
        "currency": "btc",
        "line_count": statement.line_count,
        "lines_url": f"{url}/lines",
        "livemode": statement.livemode,
        "opening": statement.opening,
        "period_end": statement.period_end,
        "period_start": statement.period_start,
        "totals": statement.totals,
    }


def sponsorship_view(item: Sponsorship) -> dict[str, Any]:
    """One payment whose network fee the box pays."""
    return {
        "id": item.id,
        "object": "sponsorship",
        "created": item.created,
        "ended_at": item.ended_at,
        "fee_ustx": item.fee_ustx,
        "livemode": item.livemode,
        "payer": item.payer,
        "payment_intent": item.payment_intent,
        "status": item.status,
        "transaction_hash": item.txid,
    }
