"""A settlement statement as CSV: one row per line of the ledger, with the chain's proof."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from stacktill.application.proofs import line_view
from stacktill.application.statements import lines_after
from stacktill.domain.ledger import LedgerTransfer
from stacktill.domain.statements import SettlementStatement
from stacktill.plugin.storage import Storage, UnitOfWork

__all__ = ["COLUMNS", "statement_csv"]

COLUMNS = (
    "line",
    "time",
    "kind",
    "amount_sats",
    "from",
    "to",
    "payment_intent",
    "source",
    "chain",
    "transaction_hash",
    "event_index",
    "block_height",
    "block_hash",
    "bitcoin_block_height",
    "canonical",
)
ROWS_PER_PART = 500


async def statement_csv(storage: Storage, statement: SettlementStatement) -> AsyncIterator[str]:
    """The file in parts (RFC 4180): a row of heads, then one row per line."""
    yield _text([COLUMNS])
    last: LedgerTransfer | None = None
    while True:
        rows, last = await storage.scan(_rows, statement, last)
        if last is None:
            return
        yield _text(rows)


def _rows(
    uow: UnitOfWork, statement: SettlementStatement, after: LedgerTransfer | None
) -> tuple[list[tuple[Any, ...]], LedgerTransfer | None]:
    lines = lines_after(uow, statement, after, ROWS_PER_PART)
    return [_row(line_view(uow, line)) for line in lines], lines[-1] if lines else None


def _row(line: dict[str, Any]) -> tuple[Any, ...]:
    proof: dict[str, Any] = line["proof"] or {}
    moment = datetime.fromtimestamp(line["created"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        line["id"],
        moment,
        line["kind"],
        line["amount"],
        line["debit"],
        line["credit"],
        line["payment_intent"],
        line["source"],
        proof.get("chain"),
        proof.get("transaction_hash"),
        proof.get("event_index"),
        proof.get("block_height"),
        proof.get("block_hash"),
        proof.get("burn_block_height"),
        {True: "yes", False: "no"}.get(proof.get("canonical", ""), ""),
    )


def _text(rows: list[tuple[Any, ...]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()
