"""One wish, one effect: the answer to a wish is kept in the transaction that fulfils it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stacktill.application.services import Caller, Services
from stacktill.domain.accounting import IdempotencyRecord
from stacktill.domain.errors import IdempotencyMismatch, RequestError
from stacktill.plugin.storage import UnitOfWork

__all__ = ["KEPT_SECONDS", "Answer", "Wish", "forget_old", "fulfil", "keep", "recall"]

KEPT_SECONDS = 24 * 3600
"""How long an answer is repeated; after that the key may be used for another wish."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A caller's request under an idempotency key; ``fingerprint`` covers path and parameters.

    ``is_secret`` says that its answer shows a secret, so that it is kept sealed.
    """

    key: str
    fingerprint: str
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body; ``replayed_from`` is the id of the first request when this is a repetition."""

    status: int
    body: bytes
    replayed_from: str | None = None


def fulfil(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    wish: Wish | None,
    *,
    act: Callable[[UnitOfWork], bytes],
    refuse: Callable[[UnitOfWork, RequestError], Answer],
) -> Answer:
    """Run ``act`` once per wish and repeat its answer afterwards, refusals included.

    ``refuse`` turns a refusal into the answer to keep. What ``act`` had changed before it was refused is
    undone. Raise ``IdempotencyMismatch`` when the key stands for another wish.
    """
    known = None if wish is None else recall(uow, services, caller, wish)
    if known is not None:
        return known
    try:
        answer = Answer(200, uow.attempt(act))
    except RequestError as error:
        answer = refuse(uow, error)
    if wish is not None:
        keep(uow, services, caller, wish, answer)
    return answer


def recall(uow: UnitOfWork, services: Services, caller: Caller, wish: Wish) -> Answer | None:
    """What the wish was answered before, if it was; raise ``IdempotencyMismatch`` as ``fulfil``."""
    before = uow.idempotency.get(_record_id(caller, wish))
    if before is None or services.clock.now() - before.created >= KEPT_SECONDS:
        return None
    return _repeat(services, before, wish)


def keep(uow: UnitOfWork, services: Services, caller: Caller, wish: Wish, answer: Answer) -> None:
    """Keep the answer to a wish, in the place of one whose time is over."""
    record = _record(services, caller, wish, answer)
    if uow.idempotency.get(record.id) is not None:
        uow.idempotency.remove(record.id)
    uow.idempotency.add(record)


def forget_old(uow: UnitOfWork, services: Services, limit: int = 500) -> int:
    """Remove up to ``limit`` answers that are no longer repeated; return how many."""
    until = services.clock.now() - KEPT_SECONDS
    return uow.prune("idempotency", {"created <": until}, limit=limit)


def _record_id(caller: Caller, wish: Wish) -> str:
    return f"{caller.merchant_id}/{'live' if caller.livemode else 'test'}/{wish.key}"


def _record(services: Services, caller: Caller, wish: Wish, answer: Answer) -> IdempotencyRecord:
    id, body = _record_id(caller, wish), answer.body.decode()
    return IdempotencyRecord(
        id=id,
        merchant_id=caller.merchant_id,
        created=services.clock.now(),
        fingerprint=wish.fingerprint,
        status=answer.status,
        body=services.vault.seal(body, place=_place(id)) if wish.is_secret else body,
        request_id=caller.request_id or "",
    )


def _place(record_id: str) -> str:
    return f"idempotency/{record_id}/body"


def _repeat(services: Services, before: IdempotencyRecord, wish: Wish) -> Answer:
    if before.fingerprint != wish.fingerprint:
        raise IdempotencyMismatch(
            "Keys for idempotent requests can only be used with the same parameters they were first "
            f"used with. Try using a key other than '{wish.key}' if you meant to execute a different "
            "request."
        )
    body = before.body
    if wish.is_secret:
        body = services.vault.open(body, place=_place(before.id))
    return Answer(before.status, body.encode(), replayed_from=before.request_id)
