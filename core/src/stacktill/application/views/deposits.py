"""The API form of a deposit (ours: Stripe has no such thing)."""

from __future__ import annotations

from typing import Any

from stacktill.domain.deposits import REASONS, Deposit

__all__ = ["deposit_view"]


def deposit_view(deposit: Deposit) -> dict[str, Any]:
    """One transfer to the store's address: what came, what it is matched to, and why not."""
    status = "reversed" if deposit.state == "reversed" else deposit.match
    reason = None
    if deposit.reason is not None:
        reason = {"code": deposit.reason, "message": REASONS[deposit.reason]}
    return {
        "id": deposit.id,
        "object": "deposit",
        "amount": deposit.amount,
        "asset": deposit.asset,
        "currency": "btc" if deposit.is_sbtc else None,
        "block": {
            "burn_height": deposit.burn_height,
            "hash": deposit.block_hash,
            "height": deposit.block_height,
            "time": deposit.block_time,
        },
        "created": deposit.created,
        "event_index": deposit.event_index,
        "fee": deposit.fee_sats,
        "final": deposit.state == "final",
        "livemode": deposit.livemode,
        "memo": deposit.memo,
        "payment_intent": deposit.intent_id,
        "reason": reason,
        "recipient": deposit.recipient,
        "refund": deposit.refund_id,
        "sender": deposit.sender,
        "status": status,
        "transaction_hash": deposit.txid,
    }
