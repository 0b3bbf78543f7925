"""The chain's proof of a line of a statement: where anybody can look up that it moved."""

from __future__ import annotations

from typing import Any

from stacktill.domain.accounting import Withdrawal
from stacktill.domain.deposits import Deposit
from stacktill.domain.ledger import LedgerTransfer
from stacktill.domain.statements import place_in
from stacktill.plugin.storage import UnitOfWork

__all__ = ["line_view"]

FEES = frozenset({"fee_collected", "fee_reversed"})


def line_view(uow: UnitOfWork, line: LedgerTransfer) -> dict[str, Any]:
    """A line of a statement in its API form; ``proof`` tells of its transfer as the chain has it now."""
    return {
        "id": line.id,
        "object": "settlement_statement.line",
        "amount": line.amount,
        "created": line.created,
        "credit": place_in(line.credit),
        "debit": place_in(line.debit),
        "kind": line.kind,
        "payment_intent": line.intent_id,
        "proof": _proof(uow, line),
        "source": line.reference,
    }


def _proof(uow: UnitOfWork, line: LedgerTransfer) -> dict[str, Any] | None:
    deposit = uow.deposits.get(line.reference) if line.reference.startswith("dep_") else None
    if deposit is not None:
        return _deposit_proof(deposit, is_fee=line.kind in FEES)
    withdrawal = _withdrawal(uow, line)
    return None if withdrawal is None else _withdrawal_proof(withdrawal)


def _withdrawal(uow: UnitOfWork, line: LedgerTransfer) -> Withdrawal | None:
    """The transfer behind a withdrawal or a refund, unless another has taken its place since."""
    if not line.reference.startswith("re_"):
        found = [uow.withdrawals.get(line.reference)]
    else:
        refund = uow.refunds.get(line.reference)
        if refund is None or refund.txid is None:
            return None
        where = {"chain_id": refund.chain_id, "txid": refund.txid, "refund_id": refund.id}
        found = [*uow.withdrawals.find(where, order="event_index", limit=1)]
    kept = [one for one in found if one is not None and one.amount == line.amount]
    return kept[0] if kept else None


def _deposit_proof(deposit: Deposit, *, is_fee: bool) -> dict[str, Any]:
    return {
        "block_hash": deposit.block_hash,
        "block_height": deposit.block_height,
        "burn_block_height": deposit.burn_height,
        "canonical": deposit.state != "reversed",
        "chain": deposit.chain_id,
        "event_index": deposit.fee_event_index if is_fee else deposit.event_index,
        "transaction_hash": deposit.txid,
    }


def _withdrawal_proof(withdrawal: Withdrawal) -> dict[str, Any]:
    return {
        "block_hash": withdrawal.block_hash,
        "block_height": withdrawal.block_height,
        "burn_block_height": withdrawal.burn_height,
        "canonical": not withdrawal.reversed,
        "chain": withdrawal.chain_id,
        "event_index": withdrawal.event_index,
        "transaction_hash": withdrawal.txid,
    }
