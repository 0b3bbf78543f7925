"""Who has how much of what, now and once the mempool is mined."""

from __future__ import annotations

import sqlite3

from stacktill_chain_sandbox.principals import FAUCET

__all__ = ["MOST_MINTED", "SUPPLY", "Accounts"]

SUPPLY = 9_000_000_000_000_000_000
"""How much there is of every asset, all of it the faucet's at first. It fits 64 bits, so no sum can
overflow, and it pays the greatest possible amount thousands of times."""
MOST_MINTED = 2**63 - 1 - SUPPLY
"""How much more than that can be minted at a time, lest a sum overflow."""


class Accounts:
    """The tables ``accounts`` and ``balances``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def knows(self, address: str) -> bool:
        """Whether the address ever sent or was sent anything."""
        row = self._connection.execute(
            "SELECT 1 FROM accounts WHERE address = ?", (address,)
        ).fetchone()
        return row is not None

    def meet(self, address: str) -> None:
        """Remember an address that is sent something."""
        self._connection.execute("INSERT OR IGNORE INTO accounts VALUES (?, 0)", (address,))

    def next_nonce(self, address: str) -> int:
        """Use up one nonce of a sender.

        It stays used when the transaction is dropped, as if a later one had replaced it.
        """
        (following,) = self._connection.execute(
            "INSERT INTO accounts VALUES (?, 1) ON CONFLICT (address)"
            " DO UPDATE SET next_nonce = next_nonce + 1 RETURNING next_nonce",
            (address,),
        ).fetchone()
        return int(following) - 1

    def mined(self, asset: str, address: str) -> int:
        """The balance by the blocks, in the asset's smallest unit."""
        return self._balances(asset, address)[0]

    def projected(self, asset: str, address: str) -> int:
        """The balance once the whole mempool is mined; negative when it can no longer be paid."""
        return self._balances(asset, address)[1]

    def grant(self, asset: str, address: str, amount: int) -> None:
        """Move an amount from the faucet's first supply to an address, as if since genesis.

        It is part of no block, so no reorg takes it back.
        """
        self.add(asset, FAUCET, mined=-amount, projected=-amount)
        self.add(asset, address, mined=amount, projected=amount)

    def add(self, asset: str, address: str, *, mined: int = 0, projected: int = 0) -> None:
        """Change a balance by signed amounts."""
        first = SUPPLY if address == FAUCET else 0
        self._connection.execute(
            "INSERT INTO balances VALUES (:asset, :address, :first + :mined, :first + :projected)"
            " ON CONFLICT (asset, address) DO UPDATE"
            " SET mined = mined + :mined, projected = projected + :projected",
            {
                "asset": asset,
                "address": address,
                "first": first,
                "mined": mined,
                "projected": projected,
            },
        )

    def _balances(self, asset: str, address: str) -> tuple[int, int]:
        row = self._connection.execute(
            "SELECT mined, projected FROM balances WHERE asset = ? AND address = ?",
            (asset, address),
        ).fetchone()
        if row is None:
            first = SUPPLY if address == FAUCET else 0
            return first, first
        mined, projected = row
        return mined, projected
