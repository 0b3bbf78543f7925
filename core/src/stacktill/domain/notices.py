"""The notice: what whoever runs a store is told in writing, because their money may depend on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stacktill.domain.addresses import AddressChange

__all__ = ["EmailChange", "Notice", "NoticeKind"]

NoticeKind = Literal["scheduled", "will_activate", "activated", "canceled", "email_changed"]
"""scheduled: another address is announced · will_activate: it is soon in force · activated: it is ·
canceled: what was announced will not be · email_changed: notices go to another e-mail address now."""


@dataclass(frozen=True, slots=True)
class EmailChange:
    """Where notices of a store go from now on; None is nowhere.

    ``told_until`` (Unix seconds) is how long the address before it is told of changes as well.
    """

    address: str | None
    told_until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice to one recipient. The store's name is its own words: data, whatever stands in it.

    ``id`` names it: the same at every attempt, another for each recipient. ``moment`` is when it
    happened, or will, in Unix seconds. ``news`` is what it is about. ``locales`` are the store's
    languages, the best first; they may name anything.
    """

    id: str
    kind: NoticeKind
    livemode: bool
    recipient: str
    store_id: str
    store_name: str
    moment: int
    news: AddressChange | EmailChange
    locales: tuple[str, ...] = ()
