"""``/v1/account``: the caller's own store, its words and its payment policy."""

from __future__ import annotations

from typing import Any

from stacktill.application.logos import LONGEST_TEXT, remove_logo, set_logo
from stacktill.application.merchants import update_account
from stacktill.application.views.account import account_view
from stacktill.domain.confirmations import MAX_COUNT
from stacktill.domain.errors import Forbidden, NotFound
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import (
    Amount,
    Email,
    Enum,
    Hash,
    Integer,
    ListOf,
    Metadata,
    Origin,
    Params,
    Text,
    Url,
)

__all__ = ["OPERATIONS"]

DAY_SECONDS = 86_400
MAX_TOLERANCE_PPM = 50_000
MAX_STEPS = 20
MAX_ORIGINS = 20


def _step() -> Hash:
    return Hash(
        {
            "up_to": Amount(
                unsettable=True, description="Up to this amount in sats; absent: any amount."
            ),
            "layer": Enum(("stacks", "bitcoin"), required=True, description="Whose blocks count."),
            "count": Integer(
                required=True, minimum=0, maximum=MAX_COUNT, description="How many blocks."
            ),
        }
    )


def _policy() -> Hash:
    return Hash(
        {
            "expires_after_seconds": Integer(
                minimum=60, maximum=DAY_SECONDS, description="How long a payer has to pay."
            ),
            "late_grace_seconds": Integer(
                minimum=0,
                maximum=DAY_SECONDS,
                description="How long after that a payment is still taken as on time.",
            ),
            "underpaid_tolerance_ppm": Integer(
                minimum=0,
                maximum=MAX_TOLERANCE_PPM,
                description="How much of an amount may be missing, in parts per million.",
            ),
            "confirmations": ListOf(
                _step(),
                min_items=1,
                max_items=MAX_STEPS,
                description="How deep a payment must be, by rising amounts; the last has no up_to.",
            ),
        },
        description="What the store does about time, depth and amounts that are not exact.",
    )


def _colour(description: str) -> Text:
    return Text(
        max_length=7,
        pattern="#[0-9A-Fa-f]{6}",
        pattern_message="It must be a colour such as #0a6e4f.",
        unsettable=True,
        description=description,
    )


def _settings() -> Hash:
    return Hash(
        {
            "branding": Hash(
                {
                    "primary_color": _colour("Of buttons and marks on your pages."),
                    "secondary_color": _colour("Of what stands behind them."),
                },
                description="How your pages look; the logo has an operation of its own.",
            ),
            "checkout": Hash(
                {
                    "allowed_origins": ListOf(
                        Origin(),
                        max_items=MAX_ORIGINS,
                        unsettable=True,
                        description="Your sites that may show the checkout in a frame: the whole list.",
                    )
                }
            ),
            "dashboard": Hash(
                {
                    "locale": Text(
                        max_length=35,
                        unsettable=True,
                        description="The language of notices to you, such as de.",
                    )
                }
            ),
        },
        description="How your pages look, where they may be shown, and your language.",
    )


UPDATE = Params(
    {
        "email": Email(unsettable=True, description="Where the store is reached."),
        "country": Text(
            max_length=2,
            pattern="[A-Z]{2}",
            pattern_message="It must be a country's two-letter code, such as DE.",
            unsettable=True,
        ),
        "business_profile": Hash(
            {
                "name": Text(max_length=200, description="The store's name, as payers read it."),
                "url": Url(unsettable=True, description="The store's web site."),
            }
        ),
        "metadata": Metadata(description="Your own keys and values."),
        "payment_policy": _policy(),
        "settings": _settings(),
    }
)


LOGO = Params(
    {
        "data": Text(
            max_length=LONGEST_TEXT,
            required=True,
            pattern="[A-Za-z0-9+/]+={0,2}",
            pattern_message="It must be a picture's bytes in base64.",
            description="The bytes of a PNG, JPEG or WebP file, in base64.",
        )
    }
)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    _check_own(ask)
    merchant = uow.merchants.get(ask.caller.merchant_id)
    if merchant is None:
        raise NotFound(f"No such account: '{ask.caller.merchant_id}'", param="account")
    return account_view(ask.services, merchant)


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    _check_own(ask)
    return account_view(ask.services, update_account(uow, ask.services, ask.caller, ask.params))


def _set_logo(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    merchant = set_logo(uow, ask.services, ask.caller, ask.params["data"])
    return account_view(ask.services, merchant)


def _remove_logo(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return account_view(ask.services, remove_logo(uow, ask.services, ask.caller))


def _check_own(ask: Ask) -> None:
    """A key opens its own account and no other, whether that exists or not."""
    id = ask.path.get("id", ask.caller.merchant_id)
    if id != ask.caller.merchant_id:
        raise Forbidden(
            f"The provided key does not have access to account '{id}' (or that account does not "
            "exist).",
            code="account_invalid",
        )


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=path,
        name=name,
        summary=summary,
        resource="account",
        returns="account",
        **more,
    )


OPERATIONS = (
    _operation("GET", "/v1/account", "account.retrieve", "Retrieve your account", run=_retrieve),
    _operation(
        "POST",
        "/v1/account",
        "account.update",
        "Update your account and its payment policy",
        params=UPDATE,
        run=_update,
    ),
    _operation(
        "POST",
        "/v1/account/logo",
        "account.set_logo",
        "Give your store a logo",
        params=LOGO,
        run=_set_logo,
    ),
    _operation(
        "DELETE",
        "/v1/account/logo",
        "account.remove_logo",
        "Take the logo of your store away",
        run=_remove_logo,
    ),
    _operation(
        "GET",
        "/v1/accounts/{id}",
        "accounts.retrieve",
        "Retrieve your account by id",
        run=_retrieve,
    ),
    _operation(
        "POST",
        "/v1/accounts/{id}",
        "accounts.update",
        "Update your account by id",
        params=UPDATE,
        run=_update,
    ),
)
