"""Money that goes: a refund the chain now shows, or a merchant moving or unmaking its own money."""

from __future__ import annotations

from dataclasses import replace

from stacktill.application.chain_facts import ChainFacts
from stacktill.application.pegs import booked_asset, withdrawal_kind
from stacktill.application.refund_progress import (
    deposit_given_back,
    refund_returned,
    refund_seen,
)
from stacktill.application.services import Services
from stacktill.domain.accounting import Withdrawal, WithdrawalKind
from stacktill.domain.errors import InvariantBroken
from stacktill.domain.ledger import AccountCode, LedgerTransfer, TransferKind, account_id
from stacktill.domain.merchants import SettlementAddress
from stacktill.domain.refunds import Refund
from stacktill.plugin.chain import Block, Transfer
from stacktill.plugin.storage import UnitOfWork

__all__ = ["send_transfer", "take_back_withdrawal"]

ROUTES: dict[WithdrawalKind, tuple[AccountCode, AccountCode]] = {
    "transfer": ("available", "outside"),
    "burn": ("available", "outside"),
    "lock": ("outside", "locked"),
    "unlock": ("locked", "outside"),
}
KINDS: dict[WithdrawalKind, tuple[TransferKind, TransferKind]] = {
    "transfer": ("withdrawal_seen", "withdrawal_reversed"),
    "burn": ("burn_seen", "burn_reversed"),
    "lock": ("lock_seen", "lock_reversed"),
    "unlock": ("unlock_seen", "unlock_reversed"),
}
"""What a movement is called in the ledger, and what when a fork takes it back."""


def send_transfer(
    uow: UnitOfWork,
    services: Services,
    facts: ChainFacts,
    block: Block,
    item: Transfer,
    *,
    owner: SettlementAddress,
) -> None:
    """Book what moves of a store's own money, once; a transfer that fulfils a refund closes it."""
    known = uow.withdrawals.find(
        {"chain_id": facts.chain_id, "txid": item.txid, "event_index": item.event_index}, limit=1
    )
    if known and not known[0].reversed:
        return
    refund = _refund(uow, facts, item, owner)
    kind = withdrawal_kind(facts, item)
    withdrawal = Withdrawal(
        id=known[0].id if known else services.ids.new("wd"),
        merchant_id=owner.merchant_id,
        livemode=owner.livemode,
        created=services.now(owner.livemode),
        chain_id=facts.chain_id,
        txid=item.txid,
        event_index=item.event_index,
        asset=booked_asset(facts, item, kind),
        amount=item.amount,
        sender=item.sender,
        recipient=item.recipient,
        block_height=block.height,
        block_hash=block.hash,
        burn_height=block.burn_height,
        refund_id=None if refund is None else refund.id,
        reversed=False,
        kind=kind,
    )
    if known:
        # Another may come to its place on the other side of a fork: of it nothing must stay.
        uow.withdrawals.remove(withdrawal.id)
    uow.withdrawals.add(withdrawal)
    _move(uow, services, withdrawal, refund, back=False)
    if refund is not None:
        refund_seen(uow, services, refund, withdrawal)


def take_back_withdrawal(uow: UnitOfWork, services: Services, withdrawal: Withdrawal) -> None:
    """Book a withdrawal back: its block left the chain."""
    refund = None if withdrawal.refund_id is None else uow.refunds.get(withdrawal.refund_id)
    if withdrawal.refund_id is not None and refund is None:
        raise InvariantBroken(f"{withdrawal.id} names a refund that is not there")
    uow.withdrawals.save(replace(withdrawal, reversed=True))
    _move(uow, services, withdrawal, refund, back=True)
    if refund is not None:
        refund_returned(uow, services, refund)


def _refund(
    uow: UnitOfWork, facts: ChainFacts, item: Transfer, owner: SettlementAddress
) -> Refund | None:
    """The refund that a transfer fulfils to the letter: memo, asset, parties, amount; and only once."""
    if item.memo is None or item.asset != facts.sbtc_asset:
        return None
    found = uow.refunds.find({"memo": item.memo.hex()}, limit=1)
    if not found:
        return None
    refund = found[0]
    exact = (
        refund.chain_id == facts.chain_id
        and refund.merchant_id == owner.merchant_id
        and (refund.sender, refund.recipient) == (item.sender, item.recipient)
        and refund.amount_sats == item.amount
        and refund.status != "succeeded"
    )
    return refund if exact else None


def _move(
    uow: UnitOfWork,
    services: Services,
    withdrawal: Withdrawal,
    refund: Refund | None,
    *,
    back: bool,
) -> None:
    source, target = ROUTES[withdrawal.kind]
    kind = KINDS[withdrawal.kind][back]
    if refund is not None:
        is_given_back = deposit_given_back(uow, refund, already=back) is not None
        source, target = ("unmatched" if is_given_back else source), "payers"
        kind = "refund_reversed" if back else "refund_sent"
    debit, credit = (
        account_id(withdrawal.merchant_id, withdrawal.livemode, withdrawal.asset, code)
        for code in ((target, source) if back else (source, target))
    )
    uow.post(
        LedgerTransfer(
            id=services.ids.new("lt"),
            merchant_id=withdrawal.merchant_id,
            livemode=withdrawal.livemode,
            created=services.now(withdrawal.livemode),
            debit=debit,
            credit=credit,
            amount=withdrawal.amount,
            asset=withdrawal.asset,
            kind=kind,
            reference=withdrawal.id if refund is None else refund.id,
            intent_id=None if refund is None else refund.payment_intent,
        )
    )
