"""Expanding: putting whole objects where an answer has their ids."""

from __future__ import annotations

from typing import Any

from stacktill.application.services import Caller, Services
from stacktill.application.views.any import view_of
from stacktill.plugin.storage import UnitOfWork

__all__ = ["expand"]


def expand(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    view: dict[str, Any],
    paths: tuple[str, ...],
) -> dict[str, Any]:
    """The view with the objects at ``paths`` (such as ``latest_charge.balance_transaction``) filled in."""
    for path in paths:
        _fill(uow, services, caller, view, path.split("."))
    return view


def _fill(
    uow: UnitOfWork, services: Services, caller: Caller, node: dict[str, Any], steps: list[str]
) -> None:
    name, rest = steps[0], steps[1:]
    value = node.get(name)
    if isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, dict) and rest:
                _fill(uow, services, caller, item, rest)
        return
    if isinstance(value, str):
        value = view_of(uow, services, caller, value) or value
        node[name] = value
    if rest and isinstance(value, dict):
        _fill(uow, services, caller, value, rest)
