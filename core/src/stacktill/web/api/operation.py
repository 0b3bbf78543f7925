"""One operation of the API, declared once: its route, parameters, rights, work and documentation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from stacktill.application.services import Caller, Services
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.params import Params

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["NO_PARAMS", "Access", "After", "Ask", "Operation", "Prepare", "Run"]

Access = Literal["secret", "payer", "operator", "owner"]
"""secret: a secret (or restricted) key · payer: also a publishable key with the client secret ·
operator: also this machine's own operator token · owner: a secret key, never a restricted one."""

NO_PARAMS = Params({})

SHORT_PAGE = 25
"""Objects that are read so soon that nobody notices."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request asks: by whom, about which ids, with which parsed parameters.

    ``extra`` is what ``prepare`` found out before the transaction.
    """

    services: Services
    caller: Caller
    path: dict[str, str]
    params: dict[str, Any]
    is_payer: bool = False
    is_operator: bool = False
    extra: Any = None

    @property
    def id(self) -> str:
        """The object's id in the path."""
        return self.path["id"]


Run = Callable[[UnitOfWork, Ask], dict[str, Any]]
"""The work, within one transaction; answers with the API form of the object."""

Prepare = Callable[["Appliance", Ask], Awaitable[Any]]
"""What has to be found out before the transaction, such as what plugins decide."""

After = Callable[["Appliance", Ask], None]
"""Whom to tell when the work is durable, such as the lane that carries what was queued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    ``resource`` names the scope that restricted keys need (``<resource>:read`` or ``:write``);
    ``returns`` the schema of the answer; ``expands`` the paths that may be expanded. ``long`` reads run
    apart from the short ones, unless they are asked for few objects and with no other parameters than
    ``short_with``: those by which an index finds the page at once. ``work``, when given, replaces the
    transaction: for what is not one. ``secret_answer`` says that the answer shows a secret once, so it is
    kept for repetition sealed.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    name: str
    summary: str
    resource: str
    returns: str
    run: Run | None = None
    work: Prepare | None = None
    params: Params = NO_PARAMS
    expands: tuple[str, ...] = ()
    access: Access = "secret"
    prepare: Prepare | None = None
    after: After | None = None
    long: bool = False
    short_with: frozenset[str] = frozenset()
    test_only: bool = False
    secret_answer: bool = False
    tags: tuple[str, ...] = field(default=())

    @property
    def writes(self) -> bool:
        """Whether it may change anything."""
        return self.method != "GET"

    def is_long(self, params: dict[str, Any]) -> bool:
        """Whether a reading with these parameters may take a while."""
        if not self.long:
            return False
        return not params.keys() <= self.short_with or params.get("limit", 0) > SHORT_PAGE

    @property
    def scope(self) -> str:
        """The scope that a restricted key needs."""
        return f"{self.resource}:{'write' if self.writes else 'read'}"
