"""Put addresses in force: at once by a wallet's word, for a new store, or when their time has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.address_record import (
    current_address,
    drafted,
    mine,
    noted,
    owner_of,
    store_of,
    withdrawn,
)
from stacktill.application.journal import changed_attributes, record
from stacktill.application.services import Caller, Services
from stacktill.application.views.account import account_view
from stacktill.application.views.settlement import address_view
from stacktill.domain.addresses import AddressChange, ChangeAuthority
from stacktill.domain.merchants import Merchant, SettlementAddress
from stacktill.plugin.chain import Chain
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "activate_due_addresses",
    "give_address",
    "put_in_force",
    "remind_of_addresses",
]


def activate_due_addresses(
    uow: UnitOfWork, services: Services, livemode: bool, now: int, limit: int
) -> int:
    """Put up to ``limit`` announced addresses in force whose time has come; return how many."""
    where: dict[str, str | int | bool] = {
        "livemode": livemode,
        "status": "scheduled",
        "effective_at <=": now,
    }
    due = uow.address_changes.find(where, order="effective_at", limit=limit)
    for change in due:
        caller = Caller(change.merchant_id, livemode)
        is_stale = current_address(store_of(uow, change), change) != change.replaces
        if is_stale or owner_of(uow, change) not in (None, change.merchant_id):
            withdrawn(uow, services, caller, change)
        else:
            put_in_force(uow, services, caller, change, "delay")
    return len(due)


def remind_of_addresses(
    uow: UnitOfWork, services: Services, livemode: bool, now: int, limit: int
) -> int:
    """Tell once more of up to ``limit`` announced addresses that are soon in force; return how many."""
    where: dict[str, str | int | bool] = {
        "livemode": livemode,
        "status": "scheduled",
        "remind_at <=": now,
    }
    due = uow.address_changes.find(where, order="remind_at", limit=limit)
    for change in due:
        after = replace(change, remind_at=None)
        uow.address_changes.save(after)
        caller = Caller(change.merchant_id, livemode)
        record(uow, services, caller, "settlement_address.will_activate", address_view(after))
    return len(due)


def give_address(
    uow: UnitOfWork, services: Services, merchant: Merchant, chain: Chain, *, livemode: bool
) -> Merchant:
    """Pay a new store at the address that the chain has for it, if it has one."""
    address = chain.settlement_address(merchant.id)
    if address is None:
        return merchant
    caller = Caller(merchant.id, livemode)
    change = drafted(uow, services, caller, chain, address)
    uow.address_changes.add(change)
    put_in_force(uow, services, caller, change, "box", is_told=False)
    return store_of(uow, change)


def put_in_force(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    change: AddressChange,
    authority: ChangeAuthority,
    *,
    is_told: bool = True,
) -> AddressChange:
    """Pay the store at the change's address from now on; other changes of it end."""
    now = services.now(change.livemode)
    before = store_of(uow, change)
    _watch(uow, change, now)
    after = replace(before, addresses={**before.addresses, change.chain_id: change.address})
    uow.merchants.save(after)
    done = replace(
        change,
        status="active",
        authority=authority,
        effective_at=now,
        activated_at=now,
        remind_at=None,
    )
    for other in uow.address_changes.find({**mine(change), "status": ["active", "scheduled"]}):
        if other.id == change.id:
            continue
        if other.status == "scheduled":
            withdrawn(uow, services, caller, other)
        else:
            uow.address_changes.save(replace(other, status="replaced", ended_at=now))
    uow.address_changes.save(done)
    noted(uow, services, caller, "activated", done)
    if is_told:
        view, old = account_view(services, after), account_view(services, before)
        record(uow, services, caller, "settlement_address.activated", address_view(done))
        previous = changed_attributes(old, view)
        record(uow, services, caller, "account.updated", view, previous=previous)
    return done


def _watch(uow: UnitOfWork, change: AddressChange, now: int) -> None:
    """Make the address the current one among those that are watched; none ever leaves."""
    where: dict[str, Any] = {**mine(change), "chain_id": change.chain_id}
    known = None
    for entry in uow.settlement_addresses.find(where, limit=1_000):
        if entry.address == change.address:
            known = entry
        elif entry.current:
            uow.settlement_addresses.save(replace(entry, current=False))
    if known is not None:
        uow.settlement_addresses.save(replace(known, current=True))
        return
    uow.settlement_addresses.add(
        SettlementAddress(
            address=change.address,
            chain_id=change.chain_id,
            merchant_id=change.merchant_id,
            livemode=change.livemode,
            created=now,
        )
    )
