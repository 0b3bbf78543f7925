"""The Stacks Blockchain API: blocks, transactions and events, in whole and only what belongs together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks.client.events import ApiEvent
from stacktill_chain_stacks.client.http import AnswerTooLarge, Http, NotUnderstood
from stacktill_chain_stacks.client.shapes import (
    ApiBlock,
    ApiStatus,
    ApiTransaction,
    Balance,
    MempoolFees,
    Nonces,
    Page,
)

__all__ = ["ApiClient"]

T = TypeVar("T", ApiEvent, ApiTransaction)
Found = TypeVar("Found")

EVENTS_PER_PAGE = 100
TRANSACTIONS_PER_PAGE = 50
MOST_ENTRIES = 25_000
"""Of one list; no block holds so many transactions."""
MOST_EVENTS = 5_000
"""Of one transaction: a pause of a minute at the pace of a host without a key, and not of hours."""
LONGEST_PRINT = 1_000
"""Hex digits of what a contract printed; a memo has far fewer, and the rest is dropped unread."""


class ApiClient:
    """One host of the API. Everything raises ``ChainUnavailable`` when it fails or contradicts itself."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self.name = http.name

    async def status(self) -> ApiStatus:
        """Version and tip, as the API says of itself."""
        return self._needed(await self._http.get("/extended", ApiStatus), "/extended")

    async def block(self, which: int | str) -> ApiBlock | None:
        """The canonical block of a height, of an index block hash (without 0x), or ``latest``."""
        name = f"0x{which}" if isinstance(which, str) and which != "latest" else which
        found = await self._http.get(f"/extended/v2/blocks/{name}", ApiBlock)
        if found is None or not found.canonical:
            return None
        if isinstance(which, int) and found.height != which:
            raise ChainUnavailable(f"{self.name} answers block {found.height} for {which}.")
        return found

    async def transactions(self, hash: str) -> list[ApiTransaction]:
        """All transactions of a block in chain order, every one of them in that very block."""
        path = f"/extended/v3/blocks/0x{hash}/transactions"
        found = await self._all(path, Page[ApiTransaction], TRANSACTIONS_PER_PAGE)
        for one in found:
            if one.block is None or one.block.index_hash != f"0x{hash}":
                raise ChainUnavailable(f"{self.name} lists {one.tx_id} in the wrong block.")
        ordered = sorted(found, key=lambda one: one.block.tx_index if one.block else 0)
        if len({one.tx_id for one in ordered}) != len(ordered):
            raise ChainUnavailable(f"{self.name} lists a transaction of block {hash} twice.")
        return ordered

    async def transaction(self, txid: str) -> ApiTransaction | None:
        """A transaction, mined or in the mempool, with its result."""
        path = f"/extended/v3/transactions/0x{txid}"
        return await self._http.get(path, ApiTransaction, include="result")

    async def events(self, txid: str, *, page: int = EVENTS_PER_PAGE) -> list[ApiEvent]:
        """All events of a transaction in order, without what was printed where that is long."""
        path = f"/extended/v3/transactions/0x{txid}/events"
        found = await self._all(path, Page[ApiEvent], page, most=MOST_EVENTS, kept=_thinned)
        ordered = sorted(found, key=lambda one: one.event_index)
        if len({one.event_index for one in ordered}) != len(ordered):
            raise NotUnderstood(f"{self.name} lists an event of {txid} twice.")
        return ordered

    async def balance(self, principal: str, asset: str) -> int:
        """How much of a token a principal has, in the token's smallest unit."""
        path = f"/extended/v3/principals/{principal}/balances/ft/{asset}"
        found = await self._http.get(path, Balance)
        return 0 if found is None else int(found.balance)

    async def next_nonce(self, principal: str) -> int | None:
        """The nonce after all that is known of a principal, the mempool included."""
        path = f"/extended/v3/principals/{principal}/nonces"
        found = await self._http.get(path, Nonces)
        return None if found is None else found.next_nonce

    async def fees(self) -> MempoolFees:
        """What transactions in the mempool pay."""
        path = "/extended/v2/mempool/fees"
        return self._needed(await self._http.get(path, MempoolFees), path)

    async def _all(
        self,
        path: str,
        kind: type[Page[T]],
        limit: int,
        *,
        most: int = MOST_ENTRIES,
        kept: Callable[[T], T] | None = None,
    ) -> list[T]:
        """Every entry of a list, or an error when pages or entries are missing."""
        found: list[T] = []
        cursor: str | None = None
        while True:
            page, limit = await self._page(path, kind, limit, cursor)
            if page.total > most:
                raise NotUnderstood(
                    f"{self.name} lists {page.total} entries of {path}: {most} are the most."
                )
            found += page.results if kept is None else map(kept, page.results)
            if len(found) == page.total:
                return found
            cursor = page.cursor.next
            if not page.results or len(found) > page.total or cursor is None:
                raise NotUnderstood(f"{self.name} does not show all entries of {path}.")

    async def _page(
        self, path: str, kind: type[Page[T]], limit: int, cursor: str | None
    ) -> tuple[Page[T], int]:
        """A page of at most ``limit`` entries, or of as few as one answer holds; and how many that are."""
        more = {} if cursor is None else {"cursor": cursor}
        while True:
            try:
                page = await self._http.get(path, kind, limit=limit, **more)
            except AnswerTooLarge:
                # A contract may print a megabyte, and a hundred times so: ask for fewer at once.
                if limit == 1:
                    raise
                limit = max(limit // 10, 1)
                continue
            if page is None:
                raise ChainUnavailable(f"{self.name} does not, or no longer, know {path}.")
            if len(page.results) > limit:
                raise NotUnderstood(f"{self.name} shows more of {path} than it was asked for.")
            return page, limit

    def _needed(self, found: Found | None, path: str) -> Found:
        if found is None:
            raise ChainUnavailable(f"{self.name} has no {path}.")
        return found


def _thinned(event: ApiEvent) -> ApiEvent:
    """An event without what was printed, when that is too long to matter."""
    log = event.contract_log
    if log is None or len(log.value.hex) + len(log.value.repr) <= LONGEST_PRINT:
        return event
    return msgspec.structs.replace(event, contract_log=None)
