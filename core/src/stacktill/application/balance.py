"""The balance: the running totals of the accounts that hold a merchant's own sBTC."""

from __future__ import annotations

from stacktill.application.services import Caller, Services
from stacktill.domain.ledger import AccountCode, account_id
from stacktill.plugin.storage import UnitOfWork

__all__ = ["balance_of"]

HELD: tuple[AccountCode, ...] = ("available", "pending", "unmatched", "locked")


def balance_of(uow: UnitOfWork, services: Services, caller: Caller) -> dict[AccountCode, int]:
    """The caller's sats by account, ``HELD`` all of them; 0 where nothing ever moved."""
    chain = services.live_chain if caller.livemode else services.test_chain
    if chain is None:
        return dict.fromkeys(HELD, 0)
    balance: dict[AccountCode, int] = {}
    for code in HELD:
        id = account_id(caller.merchant_id, caller.livemode, chain.sbtc_asset, code)
        account = uow.ledger_accounts.get(id)
        balance[code] = 0 if account is None else account.balance
    return balance
