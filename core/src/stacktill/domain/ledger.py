"""The double-entry ledger: every movement on chain is one balanced transfer between two accounts.

A transfer takes ``amount`` from one account and gives it to another, so the sum over all accounts of an
asset is always zero. Accounts belong to a merchant and a mode:

========== ==========================================================================
payers     the world that pays (its balance is minus what came from it)
pending    matched deposits in blocks that are not final yet
available  matched deposits that are final: money at the merchant's own address
unmatched  deposits that belong to no payment yet
outside    money that the merchant moved away from the address, or had turned into bitcoin
locked     money that a withdrawal to Bitcoin holds until it is done or refused
fees       what payers paid to the platform beside a deposit: it never was the merchant's
========== ==========================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import InvariantBroken

__all__ = ["ACCOUNTS", "AccountCode", "LedgerTransfer", "TransferKind", "account_id", "movement"]

AccountCode = Literal["payers", "pending", "available", "unmatched", "outside", "locked", "fees"]
ACCOUNTS: tuple[AccountCode, ...] = (
    "payers",
    "pending",
    "available",
    "unmatched",
    "outside",
    "locked",
    "fees",
)

TransferKind = Literal[
    "deposit_seen",
    "deposit_final",
    "deposit_reversed",
    "deposit_matched",
    "deposit_released",
    "deposit_dismissed",
    "fee_collected",
    "fee_reversed",
    "refund_sent",
    "refund_reversed",
    "withdrawal_seen",
    "withdrawal_reversed",
    "burn_seen",
    "burn_reversed",
    "lock_seen",
    "lock_reversed",
    "unlock_seen",
    "unlock_reversed",
    "return_seen",
    "return_reversed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTransfer:
    """One movement: ``amount`` (> 0, the asset's smallest unit) leaves ``debit`` and enters ``credit``.

    ``reference`` is the deposit, refund or withdrawal that it is about.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    debit: str
    credit: str
    amount: int
    asset: str
    kind: TransferKind
    reference: str
    intent_id: str | None = None


def account_id(merchant_id: str, livemode: bool, asset: str, code: AccountCode) -> str:
    """The account's name: one per merchant, mode, asset and purpose."""
    return f"{merchant_id}/{'live' if livemode else 'test'}/{asset}/{code}"


def movement(
    deposit: Deposit,
    kind: TransferKind,
    route: tuple[AccountCode, AccountCode],
    *,
    id: str,
    now: int,
) -> LedgerTransfer:
    """The transfer that moves a deposit's whole amount along ``route`` (debit, credit)."""
    if deposit.amount <= 0:
        raise InvariantBroken(f"{deposit.id}: an amount of {deposit.amount} cannot move")
    debit, credit = (
        account_id(deposit.merchant_id, deposit.livemode, deposit.asset, code) for code in route
    )
    return LedgerTransfer(
        id=id,
        merchant_id=deposit.merchant_id,
        livemode=deposit.livemode,
        created=now,
        debit=debit,
        credit=credit,
        amount=deposit.amount,
        asset=deposit.asset,
        kind=kind,
        reference=deposit.id,
        intent_id=deposit.intent_id,
    )
