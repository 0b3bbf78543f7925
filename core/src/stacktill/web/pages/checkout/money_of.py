"""What the chain has brought for an intent: how deep it stands, and what does not count."""

from __future__ import annotations

from dataclasses import dataclass

from stacktill.application.chain_cursor import cursor
from stacktill.domain.confirmations import Layer
from stacktill.domain.deposits import Deposit
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.pages.checkout.states import NO_STRAYS, Strays

__all__ = ["Depth", "Money", "money_of"]

DEPOSITS_SHOWN = 50
"""More transfers than a payer makes; whoever sends more to one memo sees the sums of the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How many blocks of a layer stand on a payment, its own included, of those it needs."""

    layer: Layer = "stacks"
    blocks: int = 0
    needed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The transfers that name an intent, summed up; ``transactions`` are those that count."""

    transactions: tuple[str, ...] = ()
    depth: Depth = Depth()
    is_taken_back: bool = False
    strays: Strays = NO_STRAYS


def money_of(uow: UnitOfWork, intent: PaymentIntent) -> Money:
    """Everything that came for an intent, in one look-up (and one more while it is confirmed)."""
    found = uow.deposits.find({"intent_id": intent.id}, descending=True, limit=DEPOSITS_SHOWN)
    standing = [deposit for deposit in found if deposit.state != "reversed"]
    counted = [deposit for deposit in standing if deposit.match == "matched"]
    return Money(
        transactions=tuple(dict.fromkeys(deposit.txid for deposit in reversed(counted))),
        depth=_depth(uow, intent, counted),
        is_taken_back=any(one.state == "reversed" and one.match == "matched" for one in found),
        strays=_strays([deposit for deposit in standing if deposit.match != "matched"]),
    )


def _depth(uow: UnitOfWork, intent: PaymentIntent, counted: list[Deposit]) -> Depth:
    """The depth of the transfer that has the longest way to go."""
    pending = [deposit for deposit in counted if deposit.state == "pending"]
    if intent.status != "processing" or not pending:
        return Depth()
    tip = cursor(uow, pending[0].chain_id)
    if tip is None:
        return Depth()
    depths = []
    for deposit in pending:
        is_stacks = deposit.final_layer == "stacks"
        base = deposit.block_height if is_stacks else deposit.burn_height
        reached = tip.height if is_stacks else tip.burn_height
        needed = deposit.final_height - base + 1
        blocks = min(max(reached - base + 1, 0), needed)
        depths.append(Depth(layer=deposit.final_layer, blocks=blocks, needed=needed))
    return max(depths, key=lambda depth: (depth.layer == "bitcoin", depth.needed - depth.blocks))


def _strays(deposits: list[Deposit]) -> Strays:
    """The sum of what pays nothing; the newest comes first and gives the reason."""
    if not deposits:
        return NO_STRAYS
    returned = sum(deposit.sats for deposit in deposits if deposit.match == "refunded")
    return Strays(
        kept_sats=sum(deposit.sats for deposit in deposits) - returned,
        returned_sats=returned,
        reason=deposits[0].reason or "",
    )
