"""Who may have what expanded: a reference shows its object only to a key that could read it."""

from __future__ import annotations

from stacktill.domain.errors import Forbidden
from stacktill.web.api.identity import Identity, may

__all__ = ["EMBEDDED", "RESOURCES", "check_expands"]

RESOURCES: dict[str, tuple[str, ...]] = {
    "balance_transaction": ("balance_transactions",),
    "charge": ("charges",),
    "customer": ("customers",),
    "default_price": ("prices",),
    "deposit": ("deposits",),
    "latest_charge": ("charges",),
    "payment_intent": ("payment_intents",),
    "payment_link": ("payment_links",),
    "payment_method": ("payment_methods",),
    "product": ("products",),
    "refund": ("refunds",),
    "source": ("charges", "refunds"),
}
"""By the name of a reference, what it may lead to."""

EMBEDDED = frozenset({"data", "line_items", "price"})
"""Names in a path that are no references: what they hold is part of the answer anyway."""


def check_expands(identity: Identity, expands: tuple[str, ...]) -> None:
    """Refuse (``Forbidden``) paths that lead to what the key could not read by itself."""
    if expands and identity.is_payer:
        # What a payer sees names objects of the merchant's own, such as a customer.
        raise Forbidden(
            "Nothing can be expanded with a publishable API key. Please use a secret API key.",
            code="secret_key_required",
            param="expand",
        )
    if identity.scopes is None:
        return
    for path in expands:
        for name in path.split("."):
            for resource in RESOURCES.get(name, ()):
                _check_readable(identity.scopes, resource, path)


def _check_readable(scopes: tuple[str, ...], resource: str, path: str) -> None:
    if may(scopes, resource, "read"):
        return
    raise Forbidden(
        f"This restricted key lacks the permission '{resource}:read', which expanding '{path}' needs. "
        "Add it to the key, or use another one.",
        code="more_permissions_required",
        param="expand",
    )
