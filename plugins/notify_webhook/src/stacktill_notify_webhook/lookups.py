"""Name lookups that cannot hold up anything else: one per name at a time, in threads of their own.

The loop's shared executor has few threads, and a name server that never answers would take them
all. Here a slow name costs one thread, whatever the number of attempts that wait for it, and all
the names of one zone, whose server may be a silent one, cost a few. The threads are daemons, so
that a lookup that hangs never delays the end of the process.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from weakref import WeakValueDictionary

__all__ = ["LOOKUPS_MAX", "ZONE_LOOKUPS_MAX", "Lookup", "Lookups", "system_lookup"]

LOOKUPS_MAX = 128
ZONE_LOOKUPS_MAX = 8
"""So many names that end in the same two labels are looked up at once."""

Lookup = Callable[[str], list[str]]
"""Blocking: every address of a name as numeric text; raises OSError when there is none."""


def system_lookup(host: str) -> list[str]:
    """All addresses the system knows for a name, in its order of preference.

    Families that this machine cannot use are asked for too: an answer is judged as a whole.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Lookups:
    """Runs a blocking lookup off the loop; use it within one event loop only."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._running: dict[str, asyncio.Future[list[str]]] = {}
        self._slots = asyncio.Semaphore(LOOKUPS_MAX)
        self._zones: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def addresses(self, host: str) -> list[str]:
        """The name's addresses now; nothing is remembered. Raises OSError when there is none."""
        future = self._running.get(host)
        if future is None:
            slots = (self._zone(host), self._slots)
            await _acquire(slots)
            future = self._running.get(host)
            if future is None:
                future = self._start(host, slots)
            else:
                _release(slots)
        # Shielded, since others may wait for the same answer when this attempt is over.
        return await asyncio.shield(future)

    def _zone(self, host: str) -> asyncio.Semaphore:
        name = ".".join(host.rstrip(".").lower().split(".")[-2:])
        zone = self._zones.get(name)
        if zone is None:
            # Kept for as long as a lookup holds it or waits for it.
            zone = self._zones[name] = asyncio.Semaphore(ZONE_LOOKUPS_MAX)
        return zone

    def _start(self, host: str, slots: tuple[asyncio.Semaphore, ...]) -> asyncio.Future[list[str]]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[str]] = loop.create_future()
        self._running[host] = future

        def settle(addresses: list[str] | None, error: OSError | None) -> None:
            # The slots are the thread's, so an attempt that stops waiting does not free them.
            _release(slots)
            del self._running[host]
            if error is not None:
                future.set_exception(error)
                future.exception()  # Retrieved here, for nobody may be waiting any more.
            else:
                future.set_result(addresses or [])

        def work() -> None:
            try:
                outcome: tuple[list[str] | None, OSError | None] = (self._lookup(host), None)
            except OSError as error:
                outcome = (None, error)
            except ValueError:
                outcome = (None, OSError("the name cannot be encoded"))
            try:
                loop.call_soon_threadsafe(settle, *outcome)
            except RuntimeError:
                return  # The loop was closed while the name server thought about it.

        threading.Thread(target=work, name=f"webhook-lookup-{host}", daemon=True).start()
        return future


async def _acquire(slots: tuple[asyncio.Semaphore, ...]) -> None:
    """Take a place of each kind, or, when the wait is cut short, of none."""
    for count, slot in enumerate(slots):
        try:
            await slot.acquire()
        except BaseException:
            _release(slots[:count])
            raise


def _release(slots: tuple[asyncio.Semaphore, ...]) -> None:
    for slot in slots:
        slot.release()
