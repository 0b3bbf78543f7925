"""Settlement statements: what moved in whole UTC days, with the balances before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stacktill.domain.errors import InvalidParameter, InvariantBroken
from stacktill.domain.ledger import LedgerTransfer

__all__ = [
    "DAY_SECONDS",
    "LONGEST_DAYS",
    "SettlementStatement",
    "Sums",
    "check_period",
    "day_of",
    "place_in",
]

DAY_SECONDS = 86_400
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementStatement:
    """The ledger of a store's sBTC from ``period_start`` until before ``period_end`` (Unix seconds).

    ``opening`` and ``closing`` are sats by ledger account, ``totals`` sats by kind of movement.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    chain_id: str
    asset: str
    period_start: int
    period_end: int
    opening: Mapping[str, int]
    closing: Mapping[str, int]
    totals: Mapping[str, int]
    line_count: int


@dataclass(slots=True)
class Sums:
    """What lines add up to, by account and by kind; ``count`` is how many there were."""

    changes: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    count: int = 0

    def add(self, lines: Iterable[LedgerTransfer]) -> None:
        """Count some more lines in."""
        for line in lines:
            self.changes[place_in(line.debit)] -= line.amount
            self.changes[place_in(line.credit)] += line.amount
            self.totals[line.kind] += line.amount
            self.count += 1

    def check(self, opening: Mapping[str, int], closing: Mapping[str, int]) -> None:
        """Raise ``InvariantBroken`` unless the lines lead from one to the other."""
        for code, before in opening.items():
            if before + self.changes[code] != closing[code]:
                raise InvariantBroken(f"the lines of {code} do not lead from opening to closing")


def place_in(account: str) -> str:
    """The account's code: the last part of its name."""
    return account.rpartition("/")[2]


def day_of(unix_seconds: int) -> int:
    """The number of the UTC day, counted from 1970."""
    return unix_seconds // DAY_SECONDS


def check_period(start: int, end: int, now: int) -> None:
    """Raise ``InvalidParameter`` unless it is a period of whole UTC days that are over."""
    for name, moment in (("period_start", start), ("period_end", end)):
        if moment % DAY_SECONDS:
            raise InvalidParameter(
                "A statement is of whole UTC days: this must be midnight, in Unix seconds.",
                param=name,
            )
    if end <= start:
        raise InvalidParameter("The period must end after it begins.", param="period_end")
    if (end - start) // DAY_SECONDS > LONGEST_DAYS:
        raise InvalidParameter(
            f"A statement covers at most {LONGEST_DAYS} days.", param="period_end"
        )
    if end > now:
        raise InvalidParameter(
            "The period is not over yet; its last day must have ended.", param="period_end"
        )
