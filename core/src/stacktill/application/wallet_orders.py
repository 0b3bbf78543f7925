"""What a wallet is to pay for an intent now."""

from __future__ import annotations

from stacktill.application.memo import memo_name
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.wallets import WalletOrder

__all__ = ["wallet_order"]


def wallet_order(intent: PaymentIntent) -> WalletOrder:
    """The order of a confirmed intent."""
    # A fee is asked for once: not again with the rest of what was paid in parts.
    splits = intent.fee_recipient is not None and not intent.seen_sats
    splits = splits and 0 < intent.fee_sats < intent.remaining_sats
    memo = intent.memo or ""
    return WalletOrder(
        recipient=intent.deposit_address or "",
        amount_sats=intent.remaining_sats,
        memo=bytes.fromhex(memo),
        name=memo_name(memo),
        closes_at=intent.closes_at or 0,
        fee_sats=intent.fee_sats if splits else 0,
        fee_recipient=intent.fee_recipient if splits else None,
    )
