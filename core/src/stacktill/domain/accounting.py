"""Small records that the books and the chain follower keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "ChainBlock",
    "IdempotencyRecord",
    "LedgerAccount",
    "LedgerCheckpoint",
    "PluginState",
    "Withdrawal",
    "WithdrawalKind",
]

WithdrawalKind = Literal["transfer", "burn", "lock", "unlock"]
"""transfer: sent away · burn: destroyed, as when it is to become bitcoin · lock: held by a withdrawal to
Bitcoin since then · unlock: held no longer, whatever came of that withdrawal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerAccount:
    """A place money can be, with its running total in the asset's smallest unit.

    Nothing is booked any more before the UTC day of that number, counted from 1970.
    """

    id: str
    merchant_id: str
    livemode: bool
    asset: str
    code: str
    balance: int
    day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCheckpoint:
    """What an account held when a UTC day began; only days on which it moved, or was closed, have one."""

    id: str
    account_id: str
    day: int
    balance: int

    @classmethod
    def of(cls, account: LedgerAccount, day: int) -> LedgerCheckpoint:
        """The checkpoint of an account that has not moved since before ``day``."""
        return cls(
            id=f"{account.id}/{day}", account_id=account.id, day=day, balance=account.balance
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBlock:
    """A block that the books have applied; the highest of a chain is the watcher's cursor."""

    id: str
    chain_id: str
    height: int
    hash: str
    parent_hash: str
    burn_height: int
    burn_hash: str
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A movement of a store's own money that is no deposit; unique like one.

    A burn and an unlock have no recipient; a lock has no sender. ``asset`` is the one it is booked
    in: sBTC also where its locked form moved.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    chain_id: str
    txid: str
    event_index: int
    asset: str
    amount: int
    sender: str | None
    recipient: str | None
    block_height: int
    refund_id: str | None
    reversed: bool
    block_hash: str = ""
    burn_height: int = 0
    kind: WithdrawalKind = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRecord:
    """What one wish was answered, to be repeated byte for byte.

    ``id`` is ``merchant/mode/key``; ``fingerprint`` tells whether a later request is the same wish.
    """

    id: str
    merchant_id: str
    created: int
    fingerprint: str
    status: int
    body: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginState:
    """One value that a plugin, or the core, keeps; ``id`` is ``owner/key``."""

    id: str
    value: str
