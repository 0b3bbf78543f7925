"""A desk for wallets that is made of paper: what a chain without wallets is given for tests of the pages."""

from __future__ import annotations

from dataclasses import dataclass, field

from stacktill.plugin.wallets import Fate, Purse, WalletCall, WalletOrder

__all__ = ["PAYER", "TXID", "PaperDesk"]

PAYER = "ST000000000000000000002AMW42H"
TXID = "ab" * 32


@dataclass
class PaperDesk:
    """A desk that prepares nothing real."""

    network: str = "testnet"
    purse_now: Purse | None = field(default_factory=lambda: Purse(10**9, 10**9, 300))
    fate_now: Fate | None = "pending"
    orders: list[WalletOrder] = field(default_factory=list)

    async def call(self, order: WalletOrder, payer: str) -> WalletCall:
        self.orders.append(order)
        return WalletCall(
            contract="SM0.token",
            function="transfer",
            arguments=("01",),
            post_conditions=("02",),
            size_bytes=300,
        )

    async def purse(self, payer: str, call: WalletCall) -> Purse | None:
        return self.purse_now

    async def fate(self, txid: str) -> Fate | None:
        assert txid == TXID
        return self.fate_now
