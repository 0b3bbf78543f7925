"""Register and change merchants (stores), and say where they are paid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from stacktill.application.addresses_in_force import give_address
from stacktill.application.audit import audit
from stacktill.application.journal import changed_attributes, record
from stacktill.application.keys import NewKey, create_key
from stacktill.application.metadata import merged
from stacktill.application.notices import EMAIL_CHANGES_PER_DAY, email_changes
from stacktill.application.services import Caller, Services
from stacktill.application.store_settings import settings_from
from stacktill.application.views.account import account_view
from stacktill.domain.confirmations import Confirmations, ConfirmationStep
from stacktill.domain.errors import Forbidden, InvalidParameter, NotFound
from stacktill.domain.merchants import Merchant, StorePolicy
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "NewMerchant",
    "account_of",
    "change_account",
    "create_merchant",
    "policy_from",
    "update_account",
]

DAY_SECONDS = 24 * 3600
LIVE_TOO = {
    "email": "The email is where notices about this store's live payments go too",
    "payment_policy": "The payment_policy judges this store's live payments too",
}
"""What a store has once for both modes, and why only live keys may change it."""


@dataclass(frozen=True, slots=True)
class NewMerchant:
    """A merchant just made, with its first keys: the only time that they can be read."""

    merchant: Merchant
    secret: NewKey
    publishable: NewKey


def create_merchant(
    uow: UnitOfWork, services: Services, name: str, email: str | None, livemode: bool = False
) -> NewMerchant:
    """Register a store with a key pair; in test mode it also gets an address to be paid at."""
    if not name.strip():
        raise InvalidParameter("A merchant needs a name.", code="parameter_missing", param="name")
    merchant = Merchant(
        id=services.ids.new("acct"), created=services.clock.now(), name=name.strip(), email=email
    )
    uow.merchants.add(merchant)
    for mode, chain in ((False, services.test_chain), (True, services.live_chain)):
        if chain is not None:
            merchant = give_address(uow, services, merchant, chain, livemode=mode)
    return NewMerchant(
        merchant,
        create_key(uow, services, merchant.id, livemode=livemode, kind="secret"),
        create_key(uow, services, merchant.id, livemode=livemode, kind="publishable"),
    )


def update_account(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> Merchant:
    """Change the caller's own store: its words, its metadata and its policy."""
    merchant = account_of(uow, caller)
    changes: dict[str, Any] = {
        name: params[name] for name in ("email", "country") if name in params
    }
    if changes.get("email", merchant.email) != merchant.email:
        _check_may_decide(services, caller, merchant, "email")
    profile = params.get("business_profile") or {}
    if profile.get("name"):
        changes["name"] = profile["name"]
    if "url" in profile:
        changes["url"] = profile["url"]
    if "metadata" in params:
        changes["metadata"] = merged(merchant.metadata, params["metadata"])
    if params.get("payment_policy"):
        _check_may_decide(services, caller, merchant, "payment_policy")
        changes["policy"] = policy_from(merchant.policy, params["payment_policy"])
    if params.get("settings"):
        changes["settings"] = settings_from(merchant.settings, params["settings"])
    return change_account(uow, services, caller, merchant, replace(merchant, **changes))


def _check_may_decide(services: Services, caller: Caller, merchant: Merchant, param: str) -> None:
    """Refuse a key of test mode what real money depends on: such keys lie about."""
    live = services.live_chain
    if caller.livemode or live is None or live.chain_id not in merchant.addresses:
        return
    raise Forbidden(
        f"{LIVE_TOO[param]}, so it changes with a live key only.",
        code="livemode_only",
        param=param,
    )


def account_of(uow: UnitOfWork, caller: Caller) -> Merchant:
    """The caller's own store, or ``NotFound``."""
    merchant = uow.merchants.get(caller.merchant_id)
    if merchant is None:
        raise NotFound(f"No such account: '{caller.merchant_id}'", param="account")
    return merchant


def change_account(
    uow: UnitOfWork, services: Services, caller: Caller, before: Merchant, after: Merchant
) -> Merchant:
    """Keep a store as it is from now on, and tell of it."""
    uow.merchants.save(after)
    if after.email != before.email:
        _check_email_changes(uow, services, after)
        # Warnings go there, so a change of it is a change of who is warned.
        details = {"before": before.email, "after": after.email}
        audit(uow, services, caller, "account.email_changed", after.id, details=details)
    view = account_view(services, after)
    previous = changed_attributes(account_view(services, before), view)
    record(uow, services, caller, "account.updated", view, previous=previous)
    return after


def _check_email_changes(uow: UnitOfWork, services: Services, merchant: Merchant) -> None:
    """Keep those who are told of each change from being drowned in such news."""
    changes = email_changes(uow, merchant.id, limit=EMAIL_CHANGES_PER_DAY)
    since = services.clock.now() - DAY_SECONDS
    if len(changes) == EMAIL_CHANGES_PER_DAY and changes[0].created > since:
        raise InvalidParameter(
            f"The e-mail address of a store can change {EMAIL_CHANGES_PER_DAY} times a day, because "
            "those before are told each time. Try again tomorrow.",
            param="email",
        )


def policy_from(before: StorePolicy, params: dict[str, Any]) -> StorePolicy:
    """The policy after a change of some of its parts."""
    changes: dict[str, Any] = {
        name: params[name]
        for name in ("expires_after_seconds", "late_grace_seconds", "underpaid_tolerance_ppm")
        if name in params
    }
    if params.get("confirmations"):
        changes["confirmations"] = _steps(params["confirmations"])
    return replace(before, **changes)


def _steps(given: list[dict[str, Any]]) -> tuple[ConfirmationStep, ...]:
    steps = tuple(
        ConfirmationStep(item.get("up_to"), Confirmations(item["layer"], item["count"]))
        for item in given
    )
    bounds = [step.up_to_sats for step in steps]
    rising = [bound for bound in bounds[:-1] if bound is not None]
    if bounds[-1] is not None or len(rising) != len(bounds) - 1 or rising != sorted(set(rising)):
        raise InvalidParameter(
            "Confirmation steps must rise in up_to, and only the last one covers every amount (no up_to).",
            param="payment_policy[confirmations]",
        )
    return steps
