"""Where a store is paid, and how that changes: by a wallet's word, or slowly and in the open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "ADDRESS_CHANGE_STATUSES",
    "REMINDER_SECONDS",
    "SIGNING_SECONDS",
    "AddressChange",
    "AddressForm",
    "ChangeAuthority",
    "change_message",
]

AddressForm = Literal["wallet", "multisig", "contract"]
"""wallet: one key, whose holder can sign a message · multisig: several keys · contract: code."""

AddressChangeStatus = Literal["requires_signature", "scheduled", "active", "replaced", "canceled"]
ADDRESS_CHANGE_STATUSES: tuple[AddressChangeStatus, ...] = (
    "requires_signature",
    "scheduled",
    "active",
    "replaced",
    "canceled",
)

ChangeAuthority = Literal["box", "first_address", "current_wallet", "delay"]
"""By whose word an address is in force: the box gave it (sandbox only) · there was none before · the
wallet of the address before signed · nobody objected while it was announced."""

SIGNING_SECONDS = 24 * 3600
"""How long a message may take to be signed."""

REMINDER_SECONDS = 24 * 3600
"""How long before it takes effect an announced change is told once more; with a short delay, half of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """One address that a store wants, or wanted, to be paid at.

    ``replaces`` is the address that was in force when it was asked for. ``message`` is what the wallets
    sign, word for word. ``is_proven`` says that the wallet of ``address`` did. ``remind_at`` is when it is
    told once more, None when it was or need not be. Times are Unix seconds.
    """

    id: str
    merchant_id: str
    livemode: bool
    created: int
    chain_id: str
    address: str
    form: AddressForm
    replaces: str | None
    message: str
    sign_before: int
    status: AddressChangeStatus = "requires_signature"
    is_proven: bool = False
    authority: ChangeAuthority | None = None
    effective_at: int | None = None
    activated_at: int | None = None
    ended_at: int | None = None
    remind_at: int | None = None


def change_message(
    *, id: str, merchant_id: str, chain_id: str, address: str, replaces: str | None
) -> str:
    """The text that wallets sign: it means this one change of this one store, and nothing else.

    The store's name is not in it, because whoever holds its API key could make that say anything.
    """
    return "\n".join(
        (
            "stacktill: change where a store is paid",
            f"Store: {merchant_id}",
            f"Chain: {chain_id}",
            f"New address: {address}",
            f"Old address: {replaces or 'none'}",
            f"Change: {id}",
        )
    )
