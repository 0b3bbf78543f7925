"""Address changes as they are written down: how one begins, whose it is, and how it ends unused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.audit import audit
from stacktill.application.journal import record
from stacktill.application.payees import check_payee
from stacktill.application.services import Caller, Services
from stacktill.application.views.settlement import address_view
from stacktill.domain.addresses import SIGNING_SECONDS, AddressChange, change_message
from stacktill.domain.errors import InvariantBroken, StateConflict
from stacktill.domain.merchants import Merchant
from stacktill.plugin.chain import Chain
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "conflict",
    "current_address",
    "drafted",
    "mine",
    "noted",
    "owner_of",
    "store_of",
    "withdrawn",
]


def drafted(
    uow: UnitOfWork, services: Services, caller: Caller, chain: Chain, address: str
) -> AddressChange:
    """A change of the caller's address that is kept nowhere yet; ``InvalidParameter`` for no address."""
    form = check_payee(chain, address, param="address")
    merchant = uow.merchants.get(caller.merchant_id)
    if merchant is None:
        raise InvariantBroken(f"{caller.merchant_id} has a key but is no merchant")
    id, now = services.ids.new("sa"), services.now(caller.livemode)
    old = merchant.addresses.get(chain.chain_id)
    return AddressChange(
        id=id,
        merchant_id=merchant.id,
        livemode=caller.livemode,
        created=now,
        chain_id=chain.chain_id,
        address=address,
        form=form,
        replaces=old,
        message=change_message(
            id=id,
            merchant_id=merchant.id,
            chain_id=chain.chain_id,
            address=address,
            replaces=old,
        ),
        sign_before=now + SIGNING_SECONDS,
    )


def withdrawn(
    uow: UnitOfWork, services: Services, caller: Caller, change: AddressChange
) -> AddressChange:
    """Cancel a change that is not in force, and tell of it."""
    after = replace(
        change, status="canceled", remind_at=None, ended_at=services.now(change.livemode)
    )
    uow.address_changes.save(after)
    noted(uow, services, caller, "canceled", after)
    record(uow, services, caller, "settlement_address.canceled", address_view(after))
    return after


def noted(
    uow: UnitOfWork, services: Services, caller: Caller, act: str, change: AddressChange
) -> None:
    """Write an act into the audit log."""
    details: dict[str, Any] = {
        "address": change.address,
        "authority": change.authority,
        "chain": change.chain_id,
        "effective_at": change.effective_at,
        "proven": change.is_proven,
        "replaces": change.replaces,
    }
    audit(uow, services, caller, f"settlement_address.{act}", change.id, details=details)


def store_of(uow: UnitOfWork, change: AddressChange) -> Merchant:
    """The store whose address is to change."""
    merchant = uow.merchants.get(change.merchant_id)
    if merchant is None:
        raise InvariantBroken(f"{change.id} is of a store that is not there")
    return merchant


def owner_of(uow: UnitOfWork, change: AddressChange) -> str | None:
    """The id of the store that is or was paid at the change's address, if any."""
    where: dict[str, Any] = {"chain_id": change.chain_id, "address": change.address}
    found = uow.settlement_addresses.find(where, order="address", limit=1)
    return found[0].merchant_id if found else None


def current_address(merchant: Merchant, change: AddressChange) -> str | None:
    """The address in force on the change's chain."""
    return merchant.addresses.get(change.chain_id)


def mine(change: AddressChange) -> dict[str, Any]:
    """The condition that finds what the same store has in the same mode."""
    return {"merchant_id": change.merchant_id, "livemode": change.livemode}


def conflict(change: AddressChange, what: str) -> StateConflict:
    """The error of a change that cannot be what is asked for; ``what`` follows its id."""
    return StateConflict(
        f"{change.id} {what}.",
        code="settlement_address_unexpected_state",
        object_type="settlement_address",
        object_id=change.id,
    )
