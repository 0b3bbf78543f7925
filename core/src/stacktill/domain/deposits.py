"""The deposit: one token movement to a store seen on chain, matched to an intent or to be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stacktill.domain.confirmations import Layer

__all__ = ["REASONS", "RETURNED", "Deposit", "DepositState", "MatchState", "deposit_key"]

DepositState = Literal["pending", "final", "reversed"]
"""pending: in a canonical block · final: deep enough · reversed: its block left the chain."""

MatchState = Literal["matched", "unmatched", "refunding", "refunded", "dismissed"]

RETURNED = "withdrawal_returned"
"""The reason of a deposit that is kept without being asked about: the store's own money is back."""

REASONS: dict[str, str] = {
    "no_memo": "The transfer carries no memo, so it cannot be told which payment it is for.",
    "unknown_memo": "The memo does not name any payment of this store.",
    "wrong_asset": "The token is not sBTC, although it may look like it; it pays nothing here.",
    "intent_expired": "The payment it names had expired before the money arrived.",
    "intent_canceled": "The payment it names was canceled before the money arrived.",
    "intent_already_paid": "The payment it names was already paid in full.",
    "intent_not_confirmed": "The payment it names has not been confirmed yet.",
    "underpaid": "It paid only a part, and the rest did not come before the payment ended.",
    "wrong_address": "The payment it names is to be paid to another address of this store.",
    "minted": "It was made from bitcoin at this address, so it names no payment and has no sender.",
    RETURNED: "It is your own: a withdrawal to Bitcoin was refused, or did not use all of its fee.",
}
"""Why a deposit is matched to nothing: a stable code and the sentence shown with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """One transfer to a store's address, or a mint, which has no sender.

    It is unique by (chain, txid, event index).
    ``amount`` is in the asset's smallest unit (sats for sBTC). ``final_layer`` and ``final_height`` say at
    which tip it becomes final. ``memo`` is hex. Heights are of the block that
    holds it now or held it last. ``fee_sats`` went to the platform in the same transaction, by the
    transfer at ``fee_event_index``.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    chain_id: str
    txid: str
    event_index: int
    asset: str
    is_sbtc: bool
    amount: int
    sender: str | None
    recipient: str
    memo: str | None
    block_height: int
    block_hash: str
    burn_height: int
    block_time: int
    state: DepositState
    final_layer: Layer
    final_height: int
    match: MatchState
    intent_id: str | None = None
    reason: str | None = None
    refund_id: str | None = None
    fee_sats: int = 0
    fee_event_index: int | None = None

    @property
    def paid_sats(self) -> int:
        """What its payer paid with it, in sats: what came, and the platform's fee beside it."""
        return self.sats + self.fee_sats

    @property
    def sats(self) -> int:
        """What it is worth in sats: nothing, unless the asset is sBTC."""
        return self.amount if self.is_sbtc else 0


def deposit_key(chain_id: str, txid: str, event_index: int) -> str:
    """The name under which a transfer can exist only once in the books."""
    return f"{chain_id}/{txid}/{event_index}"
