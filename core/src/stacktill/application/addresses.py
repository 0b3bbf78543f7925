"""Change where a store is paid: by the wallet's word, or announced long before and open to objection.

An API key alone moves nothing at once. Whoever stole one cannot sign for the wallet in force, so all
they can do is to schedule a change that everybody sees coming and that any other key cancels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.address_proofs import authority_of, proven
from stacktill.application.address_record import (
    conflict,
    current_address,
    drafted,
    mine,
    noted,
    owner_of,
    store_of,
    withdrawn,
)
from stacktill.application.addresses_in_force import put_in_force
from stacktill.application.journal import record
from stacktill.application.lookup import named
from stacktill.application.services import Caller, Services
from stacktill.application.views.settlement import address_view
from stacktill.domain.addresses import REMINDER_SECONDS, AddressChange
from stacktill.domain.errors import InvalidParameter, StateConflict
from stacktill.domain.merchants import Merchant
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "IMMEDIATE_PER_DAY",
    "SCHEDULED_PER_DAY",
    "cancel_address",
    "confirm_address",
    "request_address",
]

OPEN = ("requires_signature", "scheduled")
SCHEDULED_PER_DAY = 10
"""How many changes a store may announce in a day. Each is told by e-mail, and nobody is to bury the one
that matters under a thousand others."""
IMMEDIATE_PER_DAY = 20
"""How many may come into force in a day by a wallet's word: a store names its e-mail address itself, and this
box is not to flood somebody else's. Only who has the wallets uses them up, so no thief of a key does."""
DAY_SECONDS = 24 * 3600


def request_address(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    address: str,
    *,
    contract_can_send: bool = False,
) -> AddressChange:
    """Begin to change the address of the caller's mode; nothing moves before it is confirmed.

    A contract's address is taken from those only who say that it ``contract_can_send``.
    """
    change = drafted(uow, services, caller, services.chain(caller.livemode), address)
    if change.replaces == address:
        raise InvalidParameter("The store is paid at this address already.", param="address")
    if change.form == "contract" and not contract_can_send:
        raise InvalidParameter(
            f"'{address}' is a contract, and what a contract cannot send on is lost. If you know that "
            "this one can send sBTC, ask again with contract_can_send=true.",
            param="address",
        )
    uow.address_changes.add(change)
    noted(uow, services, caller, "requested", change)
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
    merchant = store_of(uow, change)
    chain = services.chain(caller.livemode)
    _check_confirmable(services, merchant, change)
    change = proven(chain, change, signature)
    _check_free(uow, change)
    authority = authority_of(chain, change, current_signature)
    if authority is not None:
        _check_immediate(uow, services, change)
        return put_in_force(uow, services, caller, change, authority)
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
        raise conflict(change, f"is {change.status}; only one that is not in force can be canceled")
    return withdrawn(uow, services, caller, change)


def _check_confirmable(services: Services, merchant: Merchant, change: AddressChange) -> None:
    if change.status not in OPEN:
        raise conflict(change, f"is {change.status}; start a new change")
    if current_address(merchant, change) != change.replaces:
        raise conflict(change, "was begun before the address in force changed; start a new change")
    is_late = services.now(change.livemode) > change.sign_before
    if change.status == "requires_signature" and is_late:
        raise conflict(change, "was not signed in time; start a new change")


def _check_free(uow: UnitOfWork, change: AddressChange) -> None:
    """Refuse another store's address: a transfer to it could not be told apart."""
    if owner_of(uow, change) not in (None, change.merchant_id):
        raise InvalidParameter("This address already belongs to another store.", param="address")


def _check_immediate(uow: UnitOfWork, services: Services, change: AddressChange) -> None:
    lately: dict[str, Any] = {
        **mine(change),
        "status": ["active", "replaced"],
        "effective_at >": services.now(change.livemode) - DAY_SECONDS,
    }
    if len(uow.address_changes.find(lately, limit=IMMEDIATE_PER_DAY)) == IMMEDIATE_PER_DAY:
        raise conflict(
            change,
            f"cannot come into force: {IMMEDIATE_PER_DAY} changes a day may. Try again tomorrow",
        )


def _scheduled(
    uow: UnitOfWork, services: Services, caller: Caller, change: AddressChange
) -> AddressChange:
    delay_seconds = services.address_delay_seconds
    effective_at = services.now(change.livemode) + delay_seconds
    _check_schedulable(uow, change, effective_at)
    after = replace(
        change,
        status="scheduled",
        effective_at=effective_at,
        remind_at=effective_at - min(REMINDER_SECONDS, delay_seconds // 2),
    )
    uow.address_changes.save(after)
    noted(uow, services, caller, "scheduled", after)
    record(uow, services, caller, "settlement_address.scheduled", address_view(after))
    return after


def _check_schedulable(uow: UnitOfWork, change: AddressChange, effective_at: int) -> None:
    where: dict[str, Any] = {**mine(change), "status": "scheduled"}
    waiting = uow.address_changes.find(where, limit=1)
    if waiting:
        raise StateConflict(
            f"{waiting[0].id} is scheduled already. Cancel it first, or sign with the wallet in force.",
            code="settlement_address_unexpected_state",
            object_type="settlement_address",
            object_id=waiting[0].id,
        )
    # Whatever was scheduled within a day would have taken effect within a day before this one.
    lately: dict[str, Any] = {**mine(change), "effective_at >": effective_at - DAY_SECONDS}
    if len(uow.address_changes.find(lately, limit=SCHEDULED_PER_DAY)) == SCHEDULED_PER_DAY:
        raise conflict(
            change,
            f"cannot be scheduled: a store may announce {SCHEDULED_PER_DAY} changes a day. Try again "
            "tomorrow, or sign with the wallet in force",
        )
