"""The merchant (a store), its policy, its addresses and its keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from stacktill.domain.confirmations import Confirmations, ConfirmationStep

__all__ = [
    "SCOPE_RESOURCES",
    "ApiKey",
    "KeyKind",
    "Merchant",
    "SettlementAddress",
    "StorePolicy",
]

KeyKind = Literal["secret", "publishable", "restricted"]

SCOPE_RESOURCES = (
    "account",
    "api_keys",
    "balance",
    "balance_transactions",
    "charges",
    "checkout_sessions",
    "customers",
    "deposits",
    "events",
    "payment_intents",
    "payment_links",
    "payment_methods",
    "prices",
    "products",
    "refunds",
    "test_helpers",
    "webhook_endpoints",
)
"""What a restricted key's scopes can name, each with ``:read`` or ``:write``."""

DEFAULT_STEPS = (
    ConfirmationStep(100_000, Confirmations("stacks", 1)),
    ConfirmationStep(10_000_000, Confirmations("bitcoin", 2)),
    ConfirmationStep(None, Confirmations("bitcoin", 6)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePolicy:
    """What a store does about time and amounts that are not exact.

    ``underpaid_tolerance_ppm``: how much of an amount may be missing, in parts per million (at most 5 %).
    ``late_grace_seconds``: how long after its expiry a payment is still taken as on time.
    """

    expires_after_seconds: int = 900
    late_grace_seconds: int = 0
    underpaid_tolerance_ppm: int = 0
    confirmations: tuple[ConfirmationStep, ...] = DEFAULT_STEPS

    def due_sats(self, amount_sats: int) -> int:
        """The least that must arrive for an amount, in sats, rounded up in the store's favour."""
        return amount_sats - amount_sats * self.underpaid_tolerance_ppm // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A store: who is paid."""

    id: str
    created: int
    name: str
    email: str | None = None
    status: Literal["active", "suspended"] = "active"
    country: str | None = None
    url: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    policy: StorePolicy = field(default_factory=StorePolicy)
    settings: dict[str, Any] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    """The current settlement address by chain id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementAddress:
    """An address that a store is or was paid at; once used it is watched for ever."""

    address: str
    chain_id: str
    merchant_id: str
    livemode: bool
    created: int
    current: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key's record: its SHA-256, never the key itself.

    ``hint`` is what may be shown of it; ``expires_at`` is set when it was rolled (the overlap's end);
    ``scopes`` (restricted keys only) are ``resource:read`` or ``resource:write``.
    """

    id: str
    hash: str
    merchant_id: str
    livemode: bool
    kind: KeyKind
    hint: str
    created: int
    name: str | None = None
    scopes: tuple[str, ...] = ()
    expires_at: int | None = None
    revoked_at: int | None = None

    def usable(self, now: int) -> bool:
        """Whether the key opens anything at Unix second ``now``."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
