"""The Stacks Blockchain API: blocks, transactions and events, in whole and only what belongs together."""

from __future__ import annotations

from typing import TypeVar

from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks.client.http import Http
from stacktill_chain_stacks.client.shapes import (
    ApiBlock,
    ApiEvent,
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
MOST_PAGES = 500


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

    async def events(self, txid: str) -> list[ApiEvent]:
        """All events of a transaction in order."""
        path = f"/extended/v3/transactions/0x{txid}/events"
        found = await self._all(path, Page[ApiEvent], EVENTS_PER_PAGE)
        ordered = sorted(found, key=lambda one: one.event_index)
        if len({one.event_index for one in ordered}) != len(ordered):
            raise ChainUnavailable(f"{self.name} lists an event of {txid} twice.")
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

    async def _all(self, path: str, kind: type[Page[T]], limit: int) -> list[T]:
        """Every entry of a list, or an error when pages or entries are missing."""
        found: list[T] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            more = {} if cursor is None else {"cursor": cursor}
            page = await self._http.get(path, kind, limit=limit, **more)
            if page is None:
                raise ChainUnavailable(f"{self.name} does not, or no longer, know {path}.")
            found += page.results
            if len(found) == page.total:
                return found
            cursor = page.cursor.next
            if not page.results or len(found) > page.total or cursor is None:
                break
        raise ChainUnavailable(f"{self.name} does not show all entries of {path}.")

    def _needed(self, found: Found | None, path: str) -> Found:
        if found is None:
            raise ChainUnavailable(f"{self.name} has no {path}.")
        return found
