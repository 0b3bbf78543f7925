"""The audit log: each entry names the hash of the one before, so that none can be altered unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = ["AUDIT_ACTIONS", "GENESIS", "AuditEntry", "AuditFault", "chained", "first_fault"]

GENESIS = "0" * 64
"""What the first entry of a chain names as the hash before it."""

_FORM = "stacktill-audit-1"

AUDIT_ACTIONS = (
    "account.email_changed",
    "api_key.created",
    "api_key.revoked",
    "api_key.rolled",
    "fee_tier.changed",
    "settlement_address.activated",
    "settlement_address.canceled",
    "settlement_address.requested",
    "settlement_address.scheduled",
    "webhook_endpoint.changed",
    "webhook_endpoint.created",
    "webhook_endpoint.deleted",
)
"""What is written down: whatever decides where money goes, or who is told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act. Each store has a chain per mode, whose entries are numbered from 1 without a gap.

    ``actor`` is the id of the API key that acted, ``operator`` for commands of this machine, or ``box``
    for what happens by itself. ``details`` is a JSON text. Hashes are lower-case hex.
    """

    id: str
    merchant_id: str
    livemode: bool
    number: int
    created: int
    actor: str
    action: str
    object_id: str
    details: str
    previous_hash: str = GENESIS
    hash: str = ""


@dataclass(frozen=True, slots=True)
class AuditFault:
    """Where a chain breaks: the number of the entry, and what is wrong in a few words."""

    number: int
    reason: str


def chained(entry: AuditEntry, before: AuditEntry | None) -> AuditEntry:
    """The entry as it stands behind ``before``, or as the first of its chain."""
    linked = replace(
        entry,
        number=1 if before is None else before.number + 1,
        previous_hash=GENESIS if before is None else before.hash,
    )
    return replace(linked, hash=_hash(linked))


def first_fault(
    entries: Iterable[AuditEntry], after: AuditEntry | None = None
) -> AuditFault | None:
    """The first place where a chain's entries, in order, do not fit ``after`` or one another."""
    before = after
    for entry in entries:
        number = 1 if before is None else before.number + 1
        if entry.number != number:
            return AuditFault(number, "it is missing")
        if entry.hash != _hash(entry):
            return AuditFault(number, "it was altered")
        if entry.previous_hash != (GENESIS if before is None else before.hash):
            return AuditFault(number, "it does not follow from the one before")
        before = entry
    return None


def _hash(entry: AuditEntry) -> str:
    """SHA-256 of everything but the hash itself, as one JSON array without blanks."""
    parts = [
        _FORM,
        entry.merchant_id,
        entry.livemode,
        entry.number,
        entry.id,
        entry.created,
        entry.actor,
        entry.action,
        entry.object_id,
        entry.details,
        entry.previous_hash,
    ]
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
