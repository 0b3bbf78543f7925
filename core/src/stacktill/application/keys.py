"""API keys: made once and shown once, kept as hashes, rolled with an overlap, revoked at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from stacktill.application.audit import audit
from stacktill.application.services import Caller, Services
from stacktill.domain.errors import Forbidden, InvalidRequest, NotFound, Unauthenticated
from stacktill.domain.merchants import ApiKey, KeyKind, Merchant
from stacktill.plugin.storage import UnitOfWork, Where

__all__ = [
    "MOST_KEYS",
    "NewKey",
    "authenticate",
    "create_key",
    "hash_key",
    "masked",
    "revoke_key",
    "roll_key",
]

MOST_KEYS = 100
"""How many keys of one mode a store may have open; each has a rate limit of its own.

Keys that a roll replaced come on top while they still open, and are no more than that either.
"""
PREFIXES: dict[KeyKind, str] = {"secret": "sk", "publishable": "pk", "restricted": "rk"}


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key's record and its text, which nothing can show again."""

    record: ApiKey
    text: str


def hash_key(text: str) -> str:
    """The hash under which a key is kept; keys are random, so one round of SHA-256 is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def masked(text: str) -> str:
    """What may be shown of a key that was presented: its kind, its mode and its last four letters."""
    head = "_".join(text.split("_")[:2]) if text[:3] in ("sk_", "pk_", "rk_") else ""
    return f"{head}_****{text[-4:]}" if head and len(text) > 12 else "****"


def create_key(
    uow: UnitOfWork,
    services: Services,
    merchant_id: str,
    *,
    livemode: bool,
    kind: KeyKind,
    name: str | None = None,
    scopes: tuple[str, ...] = (),
    life_seconds: int | None = None,
    actor: str = "operator",
) -> NewKey:
    """Make a key for a merchant, for good or for ``life_seconds``.

    Raise ``InvalidRequest`` when it has as many of those as it may have.
    """
    if uow.merchants.get(merchant_id) is None:
        raise NotFound(f"No such merchant: '{merchant_id}'", param="merchant")
    now = services.clock.now()
    ends: Where = {"expires_at": None} if life_seconds is None else {"expires_at >": now}
    _check_room(uow, merchant_id, livemode, ends)
    new = _new_key(
        uow, services, merchant_id, livemode=livemode, kind=kind, name=name, scopes=scopes
    )
    if life_seconds is not None:
        new = NewKey(replace(new.record, expires_at=now + life_seconds), new.text)
        uow.api_keys.save(new.record)
    _note(uow, services, "created", new.record, actor)
    return new


def _new_key(
    uow: UnitOfWork,
    services: Services,
    merchant_id: str,
    *,
    livemode: bool,
    kind: KeyKind,
    name: str | None,
    scopes: tuple[str, ...],
) -> NewKey:
    text = services.ids.secret(f"{PREFIXES[kind]}_{'live' if livemode else 'test'}")
    record = ApiKey(
        id=services.ids.new("key"),
        hash=hash_key(text),
        merchant_id=merchant_id,
        livemode=livemode,
        kind=kind,
        hint=f"{text[:8]}…{text[-4:]}",
        created=services.clock.now(),
        name=name,
        scopes=scopes,
    )
    uow.api_keys.add(record)
    return NewKey(record, text)


def roll_key(
    uow: UnitOfWork, services: Services, id: str, *, overlap_seconds: int, actor: str = "operator"
) -> NewKey:
    """Make a successor of a key; the old one opens for ``overlap_seconds`` more."""
    old = _usable(uow, services, id)
    now = services.clock.now()
    if old.expires_at is not None:
        # Rolled before: its first successor is open already.
        _check_room(uow, old.merchant_id, old.livemode, {"expires_at": None})
    elif overlap_seconds:
        _check_room(uow, old.merchant_id, old.livemode, {"expires_at >": now})
    new = _new_key(
        uow,
        services,
        old.merchant_id,
        livemode=old.livemode,
        kind=old.kind,
        name=old.name,
        scopes=old.scopes,
    )
    until = now + overlap_seconds
    if old.expires_at is not None:
        # Rolling it again must not open it for longer.
        until = min(until, old.expires_at)
    uow.api_keys.save(replace(old, expires_at=until))
    _note(uow, services, "rolled", old, actor, successor=new.record.id)
    return new


def revoke_key(uow: UnitOfWork, services: Services, id: str, *, actor: str = "operator") -> ApiKey:
    """Close a key at once."""
    closed = replace(_usable(uow, services, id), revoked_at=services.clock.now())
    uow.api_keys.save(closed)
    _note(uow, services, "revoked", closed, actor)
    return closed


def authenticate(uow: UnitOfWork, text: str, now: int) -> tuple[ApiKey, Merchant]:
    """The record and merchant of a presented key, or ``Unauthenticated`` without a hint as to why."""
    found = uow.api_keys.find({"hash": hash_key(text)}, limit=1)
    if not found or not found[0].usable(now):
        raise Unauthenticated(f"Invalid API Key provided: {masked(text)}")
    merchant = uow.merchants.get(found[0].merchant_id)
    if merchant is None:
        raise Unauthenticated(f"Invalid API Key provided: {masked(text)}")
    if merchant.status != "active":
        raise Forbidden("This account is suspended.", code="account_invalid")
    return found[0], merchant


def _note(
    uow: UnitOfWork, services: Services, act: str, key: ApiKey, actor: str, **more: str
) -> None:
    caller = Caller(key.merchant_id, key.livemode, actor=actor)
    details = {"hint": key.hint, "kind": key.kind, "scopes": key.scopes, **more}
    audit(uow, services, caller, f"api_key.{act}", key.id, details=details)


def _check_room(uow: UnitOfWork, merchant_id: str, livemode: bool, which: Where) -> None:
    where = {"merchant_id": merchant_id, "livemode": livemode, "revoked_at": None, **which}
    if len(uow.api_keys.find(where, limit=MOST_KEYS)) >= MOST_KEYS:
        raise InvalidRequest(
            f"A store has at most {MOST_KEYS} API keys of one mode, and as many more that were rolled "
            "and still open. Revoke those that nobody uses.",
            code="too_many_keys",
        )


def _usable(uow: UnitOfWork, services: Services, id: str) -> ApiKey:
    key = uow.api_keys.get(id)
    if key is None or not key.usable(services.clock.now()):
        raise NotFound(f"No usable key: '{id}'", param="key")
    return key
