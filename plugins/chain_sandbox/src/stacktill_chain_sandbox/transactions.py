"""The transactions: those in the mempool and those in blocks, in the order they were made."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stacktill.plugin import Transfer
from stacktill_chain_sandbox.principals import MINT, STX

__all__ = ["SUCCESS", "Order", "Transaction", "Transactions"]

SUCCESS = "success"
"""The status of a transaction that moved what it was to move; the others begin with ``abort``."""
_COLUMNS = "sequence, txid, sender, recipient, asset, amount, fail, status, fee, fee_recipient"
_FEE_EVENT = 2
"""Between two transfers of one transaction the token prints the first one's memo."""


@dataclass(frozen=True, slots=True)
class Split:
    """What a transaction takes from its sender, and to whom it goes, in the order of its events."""

    sender: str
    recipient: str
    asset: str
    amount: int
    fail: str | None
    fee: int
    fee_recipient: str | None

    @property
    def parts(self) -> list[tuple[str, int]]:
        """Who gets how much."""
        parts = [(self.recipient, self.amount)]
        return parts if self.fee_recipient is None else [*parts, (self.fee_recipient, self.fee)]

    @property
    def total(self) -> int:
        """What leaves the sender."""
        return self.amount + self.fee


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Split):
    """A transfer that was checked: who, to whom, what, through which contract.

    ``fail`` is the status it will abort with, or None when it is meant to succeed.
    """

    contract: str | None
    memo: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction(Split):
    """A signed transfer, and what became of it: ``status`` is None in the mempool."""

    sequence: int
    txid: str
    status: str | None


def _transaction(row: tuple[Any, ...]) -> Transaction:
    return Transaction(**dict(zip(_COLUMNS.split(", "), row, strict=True)))


class Transactions:
    """The table ``transactions``; one index serves the mempool and the blocks."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, txid: str, nonce: int, order: Order) -> None:
        """Put a transfer at the end of the mempool."""
        self._connection.execute(
            "INSERT INTO transactions"
            " (txid, nonce, sender, recipient, contract, asset, amount, memo, fail, fee,"
            " fee_recipient) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                txid,
                nonce,
                order.sender,
                order.recipient,
                order.contract,
                order.asset,
                order.amount,
                order.memo,
                order.fail,
                order.fee,
                order.fee_recipient,
            ),
        )

    def knows(self, txid: str) -> bool:
        """Whether it is in the mempool or in a block."""
        return self._row(txid) is not None

    def status(self, txid: str) -> str | None:
        """What became of it in a block; None while it is in none."""
        row = self._row(txid)
        return None if row is None else row[0]

    def waiting(self, limit: int) -> list[Transaction]:
        """The first transactions of the mempool."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM transactions WHERE height IS NULL"  # noqa: S608
            " ORDER BY sequence LIMIT ?",
            (limit,),
        )
        return [_transaction(row) for row in rows]

    def count_waiting(self) -> int:
        """How many transactions the mempool holds."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM transactions WHERE height IS NULL"
        ).fetchone()
        return int(count)

    def above(self, height: int) -> Iterator[Transaction]:
        """The transactions of all blocks above a height, in chain order."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM transactions WHERE height > ?"  # noqa: S608
            " ORDER BY height, sequence",
            (height,),
        )
        return (_transaction(row) for row in rows)

    def transfers(self, height: int) -> list[Transfer]:
        """What the successful transactions of a block moved of fungible tokens, in chain order."""
        rows = self._connection.execute(
            "SELECT txid, asset, sender, memo, recipient, amount, fee_recipient, fee"
            " FROM transactions WHERE height = ? AND status = ? AND asset <> ? ORDER BY sequence",
            (height, SUCCESS, STX),
        )
        found = []
        for txid, asset, sender, memo, recipient, amount, fee_recipient, fee in rows:
            giver = None if sender == MINT else sender
            taker = None if recipient == MINT else recipient
            found.append(Transfer(txid, 0, asset, amount, giver, taker, memo))
            if fee_recipient is not None:
                found.append(Transfer(txid, _FEE_EVENT, asset, fee, sender, fee_recipient, memo))
        return found

    def put_in_block(self, transaction: Transaction, height: int, status: str) -> None:
        """Take a transaction out of the mempool into a block, with what became of it."""
        self._connection.execute(
            "UPDATE transactions SET height = ?, status = ? WHERE sequence = ?",
            (height, status, transaction.sequence),
        )

    def return_above(self, height: int) -> None:
        """Put the transactions of all blocks above a height back into the mempool."""
        self._connection.execute(
            "UPDATE transactions SET height = NULL, status = NULL WHERE height > ?", (height,)
        )

    def remove_above(self, height: int) -> None:
        """Make the transactions of all blocks above a height vanish."""
        self._connection.execute("DELETE FROM transactions WHERE height > ?", (height,))

    def _row(self, txid: str) -> tuple[str | None] | None:
        row: tuple[str | None] | None = self._connection.execute(
            "SELECT status FROM transactions WHERE txid = ?", (txid,)
        ).fetchone()
        return row
