"""How deep a deposit must lie before it is final."""

from __future__ import annotations

from dataclasses import replace

from stacktill.domain.accounting import ChainBlock
from stacktill.domain.confirmations import Confirmations, confirmations_for, deeper
from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import InvariantBroken
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import UnitOfWork

__all__ = ["at_depth", "depth_for"]


def depth_for(
    uow: UnitOfWork, merchant_id: str, intent: PaymentIntent | None, amount: int
) -> Confirmations:
    """How deep a deposit must be: as its intent promised, and as the store asks for what is more.

    An intent of another store promises nothing here: its memo is anybody's to send.
    """
    merchant = uow.merchants.get(merchant_id)
    if merchant is None:
        raise InvariantBroken(f"a deposit for {merchant_id}, who is not there")
    if intent is None or intent.confirmations is None or intent.merchant_id != merchant.id:
        return confirmations_for(amount, merchant.policy.confirmations)
    arrived = intent.seen_sats + amount
    if arrived <= intent.amount_sats:
        return intent.confirmations
    return deeper(intent.confirmations, confirmations_for(arrived, merchant.policy.confirmations))


def at_depth(deposit: Deposit, depth: Confirmations, tip: ChainBlock) -> Deposit:
    """The deposit as a deeper demand sees it: what was final may have to wait for more blocks."""
    height = depth.final_height(deposit.block_height, deposit.burn_height)
    reached = tip.height if depth.layer == "stacks" else tip.burn_height
    if reached >= height:
        return deposit
    return replace(deposit, state="pending", final_layer=depth.layer, final_height=height)
