"""Settlement statements: a slice of the ledger, closed for good, and the chain's proof of each line.

The ledger keeps what each account held when a day began, so that a statement costs what its own period
costs, however long the history before and after it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.lookup import named
from stacktill.application.services import Caller, Services
from stacktill.domain.accounting import LedgerCheckpoint
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.ledger import ACCOUNTS, LedgerTransfer, account_id
from stacktill.domain.statements import SettlementStatement, Sums, check_period, day_of
from stacktill.plugin.storage import Storage, UnitOfWork

__all__ = ["keep_statement", "lines_after", "statement_of", "summed_statement"]

LINES_PER_QUERY = 1_000


async def summed_statement(
    storage: Storage, services: Services, caller: Caller, period: tuple[int, int]
) -> SettlementStatement:
    """The statement of a period, not kept yet; raise ``InvalidParameter`` for one that cannot be.

    The days are closed first, in one short transaction. The lines are added up outside of it.
    """
    start, end = period
    now = services.now(caller.livemode)
    check_period(start, end, now)
    chain = services.chain(caller.livemode)
    await storage.write(_close_days, caller, chain.sbtc_asset, day_of(end))
    opening, closing = await storage.read(_bounds, caller, chain.sbtc_asset, period)
    statement = SettlementStatement(
        id=services.ids.new("stmt"),
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=now,
        chain_id=chain.chain_id,
        asset=chain.sbtc_asset,
        period_start=start,
        period_end=end,
        opening=opening,
        closing=closing,
        totals={},
        line_count=0,
    )
    sums, last = Sums(), None
    while page := await storage.scan(lines_after, statement, last, LINES_PER_QUERY):
        sums.add(page)
        last = page[-1]
    sums.check(opening, closing)
    return replace(statement, totals=dict(sorted(sums.totals.items())), line_count=sums.count)


def keep_statement(uow: UnitOfWork, statement: SettlementStatement) -> SettlementStatement:
    """Keep a statement that was summed."""
    uow.settlement_statements.add(statement)
    return statement


def statement_of(
    uow: UnitOfWork, caller: Caller, id: str, after: str | None = None
) -> tuple[SettlementStatement, LedgerTransfer | None]:
    """The caller's statement of that id, and the line of it that ``after`` names."""
    statement = named(uow.settlement_statements, caller, id, kind="settlement_statement")
    if after is None:
        return statement, None
    line = uow.ledger_transfers.get(after)
    if line is None or not _is_of(statement, line):
        raise InvalidParameter(
            f"No such line: '{after}'", code="resource_missing", param="starting_after"
        )
    return statement, line


def lines_after(
    uow: UnitOfWork, statement: SettlementStatement, after: LedgerTransfer | None, limit: int
) -> list[LedgerTransfer]:
    """The next lines of a statement, in the order in which they were booked."""
    mine: dict[str, Any] = {
        "merchant_id": statement.merchant_id,
        "livemode": statement.livemode,
        "asset": statement.asset,
    }
    found: list[LedgerTransfer] = []
    start = statement.period_start
    if after is not None:
        start = after.created + 1
        same = {**mine, "created": after.created, "id >": after.id}
        found = uow.ledger_transfers.find(same, limit=limit)
    if len(found) < limit:
        later = {**mine, "created >=": start, "created <": statement.period_end}
        found += uow.ledger_transfers.find(later, order="created", limit=limit - len(found))
    return found


def _is_of(statement: SettlementStatement, line: LedgerTransfer) -> bool:
    mine = (statement.merchant_id, statement.livemode, statement.asset)
    is_inside = statement.period_start <= line.created < statement.period_end
    return is_inside and (line.merchant_id, line.livemode, line.asset) == mine


def _close_days(uow: UnitOfWork, caller: Caller, asset: str, day: int) -> None:
    """See to it that nothing is ever booked before ``day`` again."""
    for code in ACCOUNTS:
        account = uow.ledger_accounts.get(
            account_id(caller.merchant_id, caller.livemode, asset, code)
        )
        if account is None or account.day >= day:
            continue
        uow.ledger_checkpoints.add(LedgerCheckpoint.of(account, day))
        uow.ledger_accounts.save(replace(account, day=day))


def _bounds(
    uow: UnitOfWork, caller: Caller, asset: str, period: tuple[int, int]
) -> tuple[dict[str, int], dict[str, int]]:
    """The balances when the period began and when it ended."""
    opening: dict[str, int] = {}
    closing: dict[str, int] = {}
    for code in ACCOUNTS:
        id = account_id(caller.merchant_id, caller.livemode, asset, code)
        for moment, balances in zip(period, (opening, closing), strict=True):
            balances[code] = _balance_at(uow, id, day_of(moment))
    return opening, closing


def _balance_at(uow: UnitOfWork, id: str, day: int) -> int:
    """What an account held when a day began: nothing moves between that and its next checkpoint."""
    where: dict[str, Any] = {"account_id": id, "day >=": day}
    found = uow.ledger_checkpoints.find(where, order="day", limit=1)
    if found:
        return found[0].balance
    account = uow.ledger_accounts.get(id)
    return 0 if account is None else account.balance
