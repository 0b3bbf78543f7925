"""Who is asking: the API key, the operator's token, or nobody."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from stacktill.application.services import Caller
from stacktill.domain.errors import Forbidden, Unauthenticated
from stacktill.domain.merchants import ApiKey
from stacktill.web.api.operation import Operation
from stacktill.web.api.recent_keys import Owner

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["About", "Identity", "identify", "may"]

NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, "
    "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
)


class About(NamedTuple):
    """What else a request says of itself.

    ``accounts`` are those it wants to act for, by its Stripe-Account and Stripe-Context headers.
    """

    request_id: str | None
    idempotency_key: str | None
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, with which kind of right; ``scopes`` are a restricted key's, None sets no bounds."""

    caller: Caller
    is_payer: bool = False
    is_operator: bool = False
    scopes: tuple[str, ...] | None = None


def identify(
    owner_of: Callable[[str, int], Owner],
    appliance: Appliance,
    operation: Operation,
    presented: str | None,
    about: About,
) -> Identity:
    """The identity behind a presented key, checked against what the operation demands.

    ``owner_of`` finds whom a key belongs to at a Unix second. Raise ``Unauthenticated`` or ``Forbidden``.
    """
    if presented is None:
        raise Unauthenticated(NO_KEY)
    if operation.access == "operator" and hmac.compare_digest(
        presented.encode(), appliance.operator_token.encode()
    ):
        return Identity(Caller("", False, about.request_id), is_operator=True)
    key, merchant = owner_of(presented, appliance.services.clock.now())
    for account in about.accounts:
        if account != merchant.id:
            raise Forbidden(
                f"The provided key does not have access to account '{account}' (or that "
                "account does not exist).",
                code="account_invalid",
            )
    _check_kind(operation, key)
    caller = Caller(merchant.id, key.livemode, about.request_id, about.idempotency_key, key.id)
    scopes = key.scopes if key.kind == "restricted" else None
    return Identity(caller, is_payer=key.kind == "publishable", scopes=scopes)


def may(scopes: tuple[str, ...], resource: str, right: str) -> bool:
    """Whether scopes grant a right (``read`` or ``write``) to a resource; writing includes reading."""
    return bool({f"{resource}:{right}", f"{resource}:write", "*"}.intersection(scopes))


def _check_kind(operation: Operation, key: ApiKey) -> None:
    if key.kind == "publishable" and operation.access != "payer":
        raise Forbidden(
            "This API call cannot be made with a publishable API key. Please use a secret API key.",
            code="secret_key_required",
        )
    if key.kind == "restricted" and operation.access == "owner":
        raise Forbidden(
            "This API call cannot be made with a restricted API key. Please use a secret API key.",
            code="secret_key_required",
        )
    right = "write" if operation.writes else "read"
    if key.kind == "restricted" and not may(key.scopes, operation.resource, right):
        raise Forbidden(
            f"This restricted key lacks the permission '{operation.scope}'. Add it to the key, or use "
            "another one.",
            code="more_permissions_required",
        )
    if operation.test_only and key.livemode:
        raise Forbidden(
            "Test helpers work with test keys only; this is a live key.", code="testmode_only"
        )
