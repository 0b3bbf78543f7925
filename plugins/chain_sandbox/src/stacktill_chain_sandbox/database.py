"""The file the sandbox lives in: its schema, its connection and its transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stacktill.domain.errors import ConfigError, Unavailable
from stacktill_chain_sandbox.accounts import Accounts
from stacktill_chain_sandbox.blocks import Blocks
from stacktill_chain_sandbox.state import StateRow
from stacktill_chain_sandbox.transactions import Transactions

__all__ = ["Database"]

_SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seed TEXT NOT NULL,
    blocks_made INTEGER NOT NULL DEFAULT 0,
    bitcoin_blocks_made INTEGER NOT NULL DEFAULT 0,
    transactions_made INTEGER NOT NULL DEFAULT 0,
    clock_offset_seconds INTEGER NOT NULL DEFAULT 0,
    stalled INTEGER NOT NULL DEFAULT 0,
    fault TEXT,
    frozen_height INTEGER
) STRICT;
-- Canonical blocks only: a fork takes the place of what it orphans.
CREATE TABLE blocks (
    height INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    parent_hash TEXT NOT NULL,
    burn_height INTEGER NOT NULL,
    burn_hash TEXT NOT NULL,
    time INTEGER NOT NULL
) STRICT;
-- A height of NULL means: in the mempool. The sequence is the order in both.
CREATE TABLE transactions (
    sequence INTEGER PRIMARY KEY,
    txid TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    contract TEXT,
    asset TEXT NOT NULL,
    amount INTEGER NOT NULL,
    memo BLOB,
    fail TEXT,
    fee INTEGER NOT NULL,
    fee_recipient TEXT,
    height INTEGER,
    status TEXT
) STRICT;
CREATE INDEX transactions_by_height ON transactions (height, sequence);
CREATE INDEX transactions_by_txid ON transactions (txid);
CREATE TABLE accounts (
    address TEXT PRIMARY KEY,
    next_nonce INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- What the blocks say, and what they will say once the mempool is mined.
CREATE TABLE balances (
    asset TEXT NOT NULL,
    address TEXT NOT NULL,
    mined INTEGER NOT NULL,
    projected INTEGER NOT NULL,
    PRIMARY KEY (asset, address)
) STRICT, WITHOUT ROWID;
"""


class Database:
    """The opened file, with one object per table.

    Statements take microseconds, so they run in the event loop itself. Nothing is kept in memory:
    the file is the chain, and a restart goes on from it.
    """

    def __init__(self, path: Path, *, seed: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            self._prepare(path, seed)
        except BaseException:
            self._connection.close()
            raise
        self.state = StateRow(self._connection)
        self.blocks = Blocks(self._connection)
        self.transactions = Transactions(self._connection)
        self.accounts = Accounts(self._connection)

    def close(self) -> None:
        """Close the file; nothing is lost, for every transaction was written when it ended."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of it or nothing; ``Unavailable`` when the file cannot be read or written."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise Unavailable(f"The sandbox chain cannot use its file: {error}.") from error

    def _prepare(self, path: Path, seed: str) -> None:
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            # A commit survives the end of the process. A power cut may take the last blocks with
            # it, whole and from the end: to a watcher that is a reorg, and the coins are play
            # money. That is not worth waiting for the disk at every block.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA busy_timeout = 5000")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._create(seed)
        except sqlite3.Error as error:
            raise ConfigError(
                f"{path}: the sandbox chain cannot open this file: {error}."
            ) from error
        if version not in (0, _SCHEMA_VERSION):
            raise ConfigError(
                f"{path} was written by another version of the sandbox chain; "
                "move the file away to start a new chain."
            )

    def _create(self, seed: str) -> None:
        self._connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION};"
        )
        self._connection.execute("INSERT INTO state (id, seed) VALUES (1, ?)", (seed,))
        self._connection.execute("COMMIT")
