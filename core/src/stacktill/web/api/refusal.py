"""A refusal as it is answered, and kept under an idempotency key: with the object in its envelope."""

from __future__ import annotations

from typing import Any

import msgspec

from stacktill.application.idempotency import Answer
from stacktill.application.views.any import view_of
from stacktill.application.views.payment_intents import PAYER_FIELDS
from stacktill.domain.errors import RequestError, StateConflict
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.operation import Ask
from stacktill.web.errors import render_error

__all__ = ["refusal_answer"]

encode = msgspec.json.Encoder().encode


def refusal_answer(uow: UnitOfWork, ask: Ask, error: RequestError) -> Answer:
    """Status and body of a refusal; a state that was in the way is shown as it is."""
    extra: dict[str, Any] | None = None
    if isinstance(error, StateConflict) and error.object_type and error.object_id:
        view = view_of(uow, ask.services, ask.caller, error.object_id)
        if view is not None and ask.is_payer:
            view = {name: view[name] for name in PAYER_FIELDS if name in view}
        if view is not None:
            extra = {error.object_type: view}
    rendered = render_error(error, request_id=ask.caller.request_id, extra=extra, is_stored=True)
    return Answer(rendered.status, rendered.body)
