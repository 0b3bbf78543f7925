"""Change where a store is paid: by the wallet's word, or announced long before and open to objection.

An API key alone moves nothing at once. Whoever stole one cannot sign for the wallet in force, so all
they can do is to schedule a change that everybody sees coming and that any other key cancels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.audit import audit
from stacktill.application.journal import changed_attributes, record
from stacktill.application.lookup import named
from stacktill.application.services import Caller, Services
from stacktill.application.views.account import account_view
from stacktill.application.views.settlement import address_view
from stacktill.domain.addresses import (
    SIGNING_SECONDS,
    AddressChange,
    ChangeAuthority,
    change_message,
)
from stacktill.domain.errors import InvalidParameter, InvariantBroken, StateConflict
from stacktill.domain.merchants import Merchant, SettlementAddress
from stacktill.plugin.chain import Chain
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "activate_due_addresses",
    "cancel_address",
    "confirm_address",
    "give_address",
    "request_address",
]

OPEN = ("requires_signature", "scheduled")


def request_address(
    uow: UnitOfWork, services: Services, caller: Caller, address: str
) -> AddressChange:
    """Begin to change the address of the caller's mode; nothing moves before it is confirmed."""
    change = _drafted(uow, services, caller, services.chain(caller.livemode), address)
    if change.replaces == address:
        raise InvalidParameter("The store is paid at this address already.", param="address")
    uow.address_changes.add(change)
    _note(uow, services, caller, "requested", change)
    return change


def confirm_address(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    id: str,
    *,
    signature: str | None = None,
    current_signature: str | None = None,
) -> AddressChange:
    """Put an address in force, or schedule that.

    ``signature`` is the new wallet's of the change's message, which proves that it is one; an address
    without a single key has none. ``current_signature`` is that of the wallet in force: with it, or
    when there is no address yet, the change is immediate.
    """
    change = named(uow.address_changes, caller, id, kind="settlement_address")
    merchant = _merchant(uow, change)
    chain = services.chain(caller.livemode)
    _check_confirmable(services, merchant, change)
    change = _proven(chain, change, signature)
    _check_free(uow, change)
    authority = _authority(chain, change, current_signature)
    if authority is not None:
        return _put_in_force(uow, services, caller, change, authority)
    if change.status == "scheduled":
        raise InvalidParameter(
            "The change is scheduled already; sign its message with the wallet in force to have it at "
            "once.",
            code="parameter_missing",
            param="current_signature",
        )
    return _scheduled(uow, services, caller, change)


def cancel_address(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> AddressChange:
    """Withdraw a change that is not in force yet."""
    change = named(uow.address_changes, caller, id, kind="settlement_address")
    if change.status not in OPEN:
        raise _conflict(
            change, f"is {change.status}; only one that is not in force can be canceled"
        )
    return _canceled(uow, services, caller, change)


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
        is_stale = _current(_merchant(uow, change), change) != change.replaces
        if is_stale or _owner(uow, change) not in (None, change.merchant_id):
            _canceled(uow, services, caller, change)
        else:
            _put_in_force(uow, services, caller, change, "delay")
    return len(due)


def give_address(
    uow: UnitOfWork, services: Services, merchant: Merchant, chain: Chain, *, livemode: bool
) -> Merchant:
    """Pay a new store at the address that the chain has for it, if it has one."""
    address = chain.settlement_address(merchant.id)
    if address is None:
        return merchant
    caller = Caller(merchant.id, livemode)
    change = _drafted(uow, services, caller, chain, address)
    uow.address_changes.add(change)
    _put_in_force(uow, services, caller, change, "box", is_told=False)
    return _merchant(uow, change)


def _drafted(
    uow: UnitOfWork, services: Services, caller: Caller, chain: Chain, address: str
) -> AddressChange:
    form = chain.address_form(address)
    if form is None:
        raise InvalidParameter(
            f"'{address}' is not an address of {chain.chain_id}. Copy it from the wallet, with upper "
            "and lower case as they are.",
            param="address",
        )
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


def _check_confirmable(services: Services, merchant: Merchant, change: AddressChange) -> None:
    if change.status not in OPEN:
        raise _conflict(change, f"is {change.status}; start a new change")
    if _current(merchant, change) != change.replaces:
        raise _conflict(change, "was begun before the address in force changed; start a new change")
    is_late = services.now(change.livemode) > change.sign_before
    if change.status == "requires_signature" and is_late:
        raise _conflict(change, "was not signed in time; start a new change")


def _proven(chain: Chain, change: AddressChange, signature: str | None) -> AddressChange:
    if change.is_proven:
        return change
    if change.form != "wallet":
        if signature is not None:
            raise InvalidParameter(
                f"{change.address} has no single key that could sign; leave the signature out.",
                param="signature",
            )
        return change
    if signature is None:
        raise InvalidParameter(
            "Sign the message with the wallet of the new address, and send the signature.",
            code="parameter_missing",
            param="signature",
        )
    if not chain.is_signed(change.message, signature, address=change.address):
        raise _no_signature(change.address, "signature")
    return replace(change, is_proven=True)


def _authority(
    chain: Chain, change: AddressChange, current_signature: str | None
) -> ChangeAuthority | None:
    """By whose word the change may be immediate; None when by nobody's."""
    if current_signature is not None:
        old = change.replaces
        if old is None or not chain.is_signed(change.message, current_signature, address=old):
            raise _no_signature(old or "no address", "current_signature")
        return "current_wallet"
    return "first_address" if change.replaces is None else None


def _scheduled(
    uow: UnitOfWork, services: Services, caller: Caller, change: AddressChange
) -> AddressChange:
    where: dict[str, Any] = {**_mine(change), "status": "scheduled"}
    waiting = uow.address_changes.find(where, limit=1)
    if waiting:
        raise StateConflict(
            f"{waiting[0].id} is scheduled already. Cancel it first, or sign with the wallet in force.",
            code="settlement_address_unexpected_state",
            object_type="settlement_address",
            object_id=waiting[0].id,
        )
    effective_at = services.now(change.livemode) + services.address_delay_seconds
    after = replace(change, status="scheduled", effective_at=effective_at)
    uow.address_changes.save(after)
    _note(uow, services, caller, "scheduled", after)
    record(uow, services, caller, "settlement_address.scheduled", address_view(after))
    return after


def _canceled(
    uow: UnitOfWork, services: Services, caller: Caller, change: AddressChange
) -> AddressChange:
    after = replace(change, status="canceled", ended_at=services.now(change.livemode))
    uow.address_changes.save(after)
    _note(uow, services, caller, "canceled", after)
    record(uow, services, caller, "settlement_address.canceled", address_view(after))
    return after


def _put_in_force(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    change: AddressChange,
    authority: ChangeAuthority,
    *,
    is_told: bool = True,
) -> AddressChange:
    now = services.now(change.livemode)
    before = _merchant(uow, change)
    _watch(uow, change, now)
    after = replace(before, addresses={**before.addresses, change.chain_id: change.address})
    uow.merchants.save(after)
    done = replace(change, status="active", authority=authority, effective_at=now, activated_at=now)
    for other in uow.address_changes.find({**_mine(change), "status": ["active", "scheduled"]}):
        if other.id == change.id:
            continue
        if other.status == "scheduled":
            _canceled(uow, services, caller, other)
        else:
            uow.address_changes.save(replace(other, status="replaced", ended_at=now))
    uow.address_changes.save(done)
    _note(uow, services, caller, "activated", done)
    if is_told:
        view, old = account_view(services, after), account_view(services, before)
        record(uow, services, caller, "settlement_address.activated", address_view(done))
        previous = changed_attributes(old, view)
        record(uow, services, caller, "account.updated", view, previous=previous)
    return done


def _watch(uow: UnitOfWork, change: AddressChange, now: int) -> None:
    """Make the address the current one among those that are watched; none ever leaves."""
    where: dict[str, Any] = {**_mine(change), "chain_id": change.chain_id}
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


def _check_free(uow: UnitOfWork, change: AddressChange) -> None:
    """Refuse another store's address: a transfer to it could not be told apart."""
    if _owner(uow, change) not in (None, change.merchant_id):
        raise InvalidParameter("This address already belongs to another store.", param="address")


def _owner(uow: UnitOfWork, change: AddressChange) -> str | None:
    where: dict[str, Any] = {"chain_id": change.chain_id, "address": change.address}
    found = uow.settlement_addresses.find(where, order="address", limit=1)
    return found[0].merchant_id if found else None


def _merchant(uow: UnitOfWork, change: AddressChange) -> Merchant:
    merchant = uow.merchants.get(change.merchant_id)
    if merchant is None:
        raise InvariantBroken(f"{change.id} is of a store that is not there")
    return merchant


def _current(merchant: Merchant, change: AddressChange) -> str | None:
    return merchant.addresses.get(change.chain_id)


def _mine(change: AddressChange) -> dict[str, Any]:
    return {"merchant_id": change.merchant_id, "livemode": change.livemode}


def _note(
    uow: UnitOfWork, services: Services, caller: Caller, act: str, change: AddressChange
) -> None:
    details: dict[str, Any] = {
        "address": change.address,
        "authority": change.authority,
        "chain": change.chain_id,
        "effective_at": change.effective_at,
        "proven": change.is_proven,
        "replaces": change.replaces,
    }
    audit(uow, services, caller, f"settlement_address.{act}", change.id, details=details)


def _no_signature(address: str, param: str) -> InvalidParameter:
    return InvalidParameter(
        f"This is no signature of the change's message by the wallet of {address}. Sign the text of "
        "message, to the letter, and send the signature in hex.",
        code="signature_invalid",
        param=param,
    )


def _conflict(change: AddressChange, what: str) -> StateConflict:
    return StateConflict(
        f"{change.id} {what}.",
        code="settlement_address_unexpected_state",
        object_type="settlement_address",
        object_id=change.id,
    )
