"""The merchant (a store), its policy, its addresses and its keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from stacktill.domain.colours import text_on
from stacktill.domain.confirmations import Confirmations, ConfirmationStep
from stacktill.domain.pictures import PictureKind

__all__ = [
    "SCOPE_RESOURCES",
    "ApiKey",
    "Brand",
    "CheckoutSettings",
    "KeyKind",
    "Logo",
    "Merchant",
    "SettlementAddress",
    "StorePolicy",
    "StoreSettings",
    "origin_of",
]

KeyKind = Literal["secret", "publishable", "restricted"]

SCOPE_RESOURCES = (
    "account",
    "api_keys",
    "audit_log",
    "balance",
    "balance_transactions",
    "charges",
    "checkout_sessions",
    "customers",
    "deposits",
    "events",
    "pay_buttons",
    "payment_intents",
    "payment_links",
    "payment_methods",
    "prices",
    "products",
    "refunds",
    "settlement_addresses",
    "settlement_statements",
    "sponsorships",
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
class Logo:
    """A store's logo, without its bytes; sides are pixels. A changed logo has another id."""

    id: str
    kind: PictureKind
    width: int
    height: int

    @property
    def path(self) -> str:
        """Where this server shows it; what is there never changes."""
        return f"/logos/{self.id}.{self.kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """How a store looks to payers; colours are ``#rrggbb`` in lower case."""

    primary_color: str | None = None
    secondary_color: str | None = None
    logo: Logo | None = None

    @property
    def text_color(self) -> str | None:
        """Black or white, whichever is read better on the primary colour."""
        return None if self.primary_color is None else text_on(self.primary_color)


STANDARD_PORTS = {"https": 443, "http": 80}


def origin_of(url: str) -> str:
    """The origin of an absolute http or https address, as browsers send it."""
    parts = urlsplit(url)
    port = parts.port
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    shown = "" if port is None or port == STANDARD_PORTS.get(parts.scheme) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSettings:
    """Where a store's checkout may be shown: exact origins that may hold it in a frame."""

    allowed_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """What a store says about its pages, and the language in which it is told things."""

    branding: Brand = field(default_factory=Brand)
    checkout: CheckoutSettings = field(default_factory=CheckoutSettings)
    locale: str | None = None


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
    settings: StoreSettings = field(default_factory=StoreSettings)
    addresses: dict[str, str] = field(default_factory=dict)
    """The current settlement address by chain id."""
    fee_tier: str | None = None
    """The tier of the platform's fee; None is the default one. Only the operator changes it."""


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
