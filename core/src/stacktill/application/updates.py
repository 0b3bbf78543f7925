"""Telling of a change: an ``updated`` event when, and only when, a reader sees a difference."""

from __future__ import annotations

from typing import Any

from stacktill.application.journal import changed_attributes, record
from stacktill.application.services import Caller, Services
from stacktill.plugin.storage import UnitOfWork

__all__ = ["picked", "record_update"]


def record_update(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    event_type: str,
    before: dict[str, Any],
    *,
    after: dict[str, Any],
) -> None:
    """Record an event with the object's API form ``after``, and the old values of what changed."""
    previous = changed_attributes(before, after)
    if previous:
        record(uow, services, caller, event_type, after, previous=previous)


def picked(params: dict[str, Any], *names: str) -> dict[str, Any]:
    """Those of the named parameters that were sent, whether to set or to unset."""
    return {name: params[name] for name in names if name in params}
