"""Writing the audit log down, and reading it back to see whether it still is what was written."""

from __future__ import annotations

from typing import Any

import msgspec

from stacktill.application.services import Caller, Services
from stacktill.domain.audit import AUDIT_ACTIONS, AuditEntry, AuditFault, chained, first_fault
from stacktill.domain.errors import InvariantBroken
from stacktill.plugin.storage import UnitOfWork

__all__ = ["AuditCheck", "audit", "audit_head", "check_page"]

encode = msgspec.json.Encoder(order="sorted").encode


class AuditCheck(msgspec.Struct, frozen=True):
    """How far a chain was read: its last good entry, and the fault behind it, if any."""

    last: AuditEntry | None
    fault: AuditFault | None
    is_done: bool


def audit(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    action: str,
    object_id: str,
    *,
    details: dict[str, Any],
) -> AuditEntry:
    """Write an act of ``caller.actor`` behind the last entry of the store's chain.

    ``details`` may hold anything that the store may read; never a secret.
    """
    if action not in AUDIT_ACTIONS:
        raise InvariantBroken(f"no audited action {action!r} is declared")
    entry = AuditEntry(
        id=services.ids.new("aud"),
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        number=0,
        # The box's own clock: that of test mode can be moved by whoever tests.
        created=services.clock.now(),
        actor=caller.actor,
        action=action,
        object_id=object_id,
        details=encode(details).decode(),
    )
    linked = chained(entry, audit_head(uow, caller))
    uow.audit_entries.add(linked)
    return linked


def audit_head(uow: UnitOfWork, caller: Caller) -> AuditEntry | None:
    """The last entry of a store's chain in a mode; None when it has none."""
    mine: dict[str, str | bool] = {
        "merchant_id": caller.merchant_id,
        "livemode": caller.livemode,
    }
    found = uow.audit_entries.find(mine, order="number", descending=True, limit=1)
    return found[0] if found else None


def check_page(
    uow: UnitOfWork, caller: Caller, after: AuditEntry | None, limit: int = 1_000
) -> AuditCheck:
    """Check the next entries of a store's chain behind ``after``."""
    where: dict[str, str | int | bool] = {
        "merchant_id": caller.merchant_id,
        "livemode": caller.livemode,
        "number >": 0 if after is None else after.number,
    }
    page = uow.audit_entries.find(where, order="number", limit=limit)
    fault = first_fault(page, after)
    last = page[-1] if page and fault is None else after
    return AuditCheck(last, fault, fault is not None or len(page) < limit)
