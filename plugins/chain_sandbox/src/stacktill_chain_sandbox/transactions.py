"""The transactions: those in the mempool and those in blocks, in the order they were made."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from stacktill.plugin import Transfer
from stacktill_chain_sandbox.principals import STX

__all__ = ["SUCCESS", "Order", "Transaction", "Transactions"]

SUCCESS = "success"
"""The status of a transaction that moved what it was to move; the others begin with ``abort``."""
_COLUMNS = "sequence, txid, sender, recipient, asset, amount, fail, status"


@dataclass(frozen=True, slots=True)
class Order:
    """A transfer that was checked: who, to whom, what, through which contract.

    ``fail`` is the status it will abort with, or None when it is meant to succeed.
    """

    sender: str
    recipient: str
    contract: str | None
    asset: str
    amount: int
    memo: bytes | None
    fail: str | None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A signed transfer, and what became of it: ``status`` is None in the mempool."""

    sequence: int
    txid: str
    sender: str
    recipient: str
    asset: str
    amount: int
    fail: str | None
    status: str | None


class Transactions:
    """The table ``transactions``; one index serves the mempool and the blocks."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, txid: str, nonce: int, order: Order) -> None:
        """Put a transfer at the end of the mempool."""
        self._connection.execute(
            "INSERT INTO transactions"
            " (txid, nonce, sender, recipient, contract, asset, amount, memo, fail)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            ),
        )

    def waiting(self, limit: int) -> list[Transaction]:
        """The first transactions of the mempool."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM transactions WHERE height IS NULL"  # noqa: S608
            " ORDER BY sequence LIMIT ?",
            (limit,),
        )
        return [Transaction(*row) for row in rows]

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
        return (Transaction(*row) for row in rows)

    def transfers(self, height: int) -> list[Transfer]:
        """What the successful transactions of a block moved of fungible tokens, in chain order."""
        rows = self._connection.execute(
            "SELECT txid, 0, asset, amount, sender, recipient, memo FROM transactions"
            " WHERE height = ? AND status = ? AND asset <> ? ORDER BY sequence",
            (height, SUCCESS, STX),
        )
        return [Transfer(*row) for row in rows]

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
