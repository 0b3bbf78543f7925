"""Reading all rows of a table in pages, and the merchant that a command is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from stacktill.domain.errors import NotFound, RequestError

if TYPE_CHECKING:
    from stacktill.plugin import Storage, Table, UnitOfWork, Where

__all__ = ["all_of", "the_merchant"]

PAGE = 500


class Named(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Named)


async def all_of(
    storage: Storage, table: Callable[[UnitOfWork], Table[T]], where: Where
) -> list[T]:
    """All rows that meet the conditions, in order of their ids."""
    found: list[T] = []
    page = PAGE
    while page == PAGE:
        after = {"id >": found[-1].id} if found else {}

        def read(uow: UnitOfWork, given: Where) -> list[T]:
            return table(uow).find(given, limit=PAGE)

        rows = await storage.scan(read, {**where, **after})
        found += rows
        page = len(rows)
    return found


async def the_merchant(storage: Storage, named: str | None) -> str:
    """The id of the named merchant; without a name, of the only one there is."""

    def read(uow: UnitOfWork) -> list[str]:
        if named is not None:
            return [named] if uow.merchants.get(named) is not None else []
        return [one.id for one in uow.merchants.find({}, limit=2)]

    found = await storage.read(read)
    if len(found) == 1:
        return found[0]
    if named is not None:
        raise NotFound(f"There is no merchant '{named}'; 'stacktill merchant list' shows them.")
    if found:
        raise RequestError(
            "There are several merchants ('stacktill merchant list'); name one with --merchant."
        )
    raise RequestError("There is no merchant yet; make one with 'stacktill merchant create'.")
