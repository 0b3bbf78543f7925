"""What the chain says about a refund: its transfer was seen, or was taken back."""

from __future__ import annotations

from dataclasses import replace

from stacktill.application.journal import changed_attributes, record
from stacktill.application.services import Caller, Services
from stacktill.application.views.charges import charge_view, refund_view
from stacktill.domain.accounting import Withdrawal
from stacktill.domain.charges import BalanceTransaction
from stacktill.domain.deposits import Deposit
from stacktill.domain.refunds import Refund, advance_refund
from stacktill.plugin.storage import UnitOfWork

__all__ = ["deposit_given_back", "refund_returned", "refund_seen", "save_refund"]

MAX_WAITING = 10_000


def deposit_given_back(uow: UnitOfWork, refund: Refund, *, already: bool) -> Deposit | None:
    """The deposit that a refund's transfer gives back (or, ``already``, gave back), if any.

    A refund that was canceled may be mined all the same, when its deposit has been put to another
    use: then the money comes out of what is available.
    """
    deposit = None if refund.deposit is None else uow.deposits.get(refund.deposit)
    if deposit is None:
        return None
    if already:
        gave = deposit.match == "refunded" and deposit.refund_id == refund.id
        return deposit if gave else None
    return deposit if deposit.match in ("unmatched", "refunding") else None


def refund_seen(
    uow: UnitOfWork, services: Services, refund: Refund, withdrawal: Withdrawal
) -> None:
    """Close a refund: the chain shows its transfer."""
    was_released = refund.status in ("canceled", "failed")
    line = _book_line(uow, services, refund, -refund.amount_sats)
    done = advance_refund(
        refund,
        "succeeded",
        txid=withdrawal.txid,
        block_height=withdrawal.block_height,
        balance_transaction=line,
    )
    _settle_charge(uow, services, refund, sign=1, reserve_again=was_released)
    if was_released:
        _make_room(uow, services, refund)
    deposit = deposit_given_back(uow, refund, already=False)
    if deposit is not None:
        if deposit.refund_id not in (None, refund.id):
            _cancel_other(uow, services, deposit.refund_id or "")
        uow.deposits.save(replace(deposit, match="refunded", refund_id=refund.id))
    save_refund(uow, services, refund, done)


def refund_returned(uow: UnitOfWork, services: Services, refund: Refund) -> None:
    """Reopen a refund: its transfer left the chain, and will most likely be mined again."""
    _book_line(uow, services, refund, refund.amount_sats)
    _settle_charge(uow, services, refund, sign=-1, reserve_again=False)
    deposit = deposit_given_back(uow, refund, already=True)
    if deposit is not None:
        uow.deposits.save(replace(deposit, match="refunding"))
    now = services.now(refund.livemode)
    back = advance_refund(refund, "pending", block_height=None, expires_at=now)
    save_refund(uow, services, refund, back)


def save_refund(
    uow: UnitOfWork,
    services: Services,
    before: Refund,
    after: Refund,
    caller: Caller | None = None,
) -> None:
    """Keep a refund that moved on, and tell what changed."""
    uow.refunds.save(after)
    network = services.chain_by_id(after.chain_id).network
    view = refund_view(after, network=network)
    previous = changed_attributes(refund_view(before, network=network), view)
    caller = caller or Caller(after.merchant_id, after.livemode)
    record(uow, services, caller, "refund.updated", view, previous=previous)
    if after.charge is not None:
        record(uow, services, caller, "charge.refund.updated", view, previous=previous)
    if after.status == "failed" and before.status != "failed":
        record(uow, services, caller, "refund.failed", view)


def _settle_charge(
    uow: UnitOfWork, services: Services, refund: Refund, *, sign: int, reserve_again: bool
) -> None:
    charge = None if refund.charge is None else uow.charges.get(refund.charge)
    if charge is None:
        return
    again = refund.amount_sats if reserve_again else 0
    after = replace(
        charge,
        refunded_sats=charge.refunded_sats + sign * refund.amount_sats,
        reserved_sats=charge.reserved_sats + again,
    )
    uow.charges.save(after)
    if sign > 0:
        view = charge_view(services, after)
        record(uow, services, Caller(refund.merchant_id, refund.livemode), "charge.refunded", view)


def _make_room(uow: UnitOfWork, services: Services, seen: Refund) -> None:
    """Withdraw unsigned refunds, newest first, until what is reserved fits what was paid.

    A refund that had been canceled was signed all the same, and its amount may have been promised again.
    """
    charge = None if seen.charge is None else uow.charges.get(seen.charge)
    if charge is None or charge.refundable_sats >= 0:
        return
    waiting = {"charge": charge.id, "status": "requires_action"}
    for other in uow.refunds.find(waiting, descending=True, limit=MAX_WAITING):
        if other.id == seen.id or charge.refundable_sats >= 0:
            continue
        charge = replace(charge, reserved_sats=charge.reserved_sats - other.amount_sats)
        save_refund(uow, services, other, advance_refund(other, "canceled"))
    uow.charges.save(charge)


def _cancel_other(uow: UnitOfWork, services: Services, id: str) -> None:
    """Withdraw a second refund of a deposit that an earlier one has just given back."""
    other = uow.refunds.get(id)
    if other is not None and other.status == "requires_action":
        save_refund(uow, services, other, advance_refund(other, "canceled"))


def _book_line(uow: UnitOfWork, services: Services, refund: Refund, amount_sats: int) -> str | None:
    """Add a line to the balance; money that belonged to no payment never was in it."""
    if refund.charge is None:
        return None
    now = services.now(refund.livemode)
    line = BalanceTransaction(
        id=services.ids.new("txn"),
        merchant_id=refund.merchant_id,
        livemode=refund.livemode,
        created=now,
        type="payment_refund" if amount_sats < 0 else "payment_reversal",
        amount_sats=amount_sats,
        fee_sats=0,
        source=refund.id,
        available_on=now,
    )
    uow.balance_transactions.add(line)
    return line.id
