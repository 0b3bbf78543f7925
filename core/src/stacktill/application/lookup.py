"""Finding what a caller names: never another merchant's, and the same answer as for nothing."""

from __future__ import annotations

from typing import Protocol, TypeVar

from stacktill.application.services import Caller
from stacktill.domain.errors import InvalidParameter, NotFound
from stacktill.plugin.storage import Table

__all__ = ["Owned", "named", "owned", "referenced"]


class Owned(Protocol):
    """Anything that belongs to a merchant in one mode."""

    @property
    def merchant_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def livemode(self) -> bool:
        """In which mode."""
        ...


T = TypeVar("T", bound=Owned)


def named(table: Table[T], caller: Caller, id: str, *, kind: str, param: str = "id") -> T:
    """The object of that id in the path, or ``NotFound``."""
    item = owned(table, caller, id)
    if item is None:
        raise NotFound(f"No such {kind}: '{id}'", param=param)
    return item


def referenced(table: Table[T], caller: Caller, id: str, *, kind: str, param: str) -> T:
    """The object that a parameter names, or ``InvalidParameter`` with code ``resource_missing``."""
    item = owned(table, caller, id)
    if item is None:
        raise InvalidParameter(f"No such {kind}: '{id}'", code="resource_missing", param=param)
    return item


def owned(table: Table[T], caller: Caller, id: str) -> T | None:
    """The object, when it exists and is the caller's in this mode."""
    item = table.get(id)
    if item is None or item.merchant_id != caller.merchant_id or item.livemode != caller.livemode:
        return None
    return item
