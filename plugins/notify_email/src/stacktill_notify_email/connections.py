"""Connections to the mail server, whose name is looked up where nothing else has to wait for it.

The loop's shared executor has few threads; a name server that never answers would take them all, and
hold up the end of the process. Here one daemon thread looks a name up for all who ask meanwhile.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Connections", "Lookup", "system_lookup"]

ADDRESSES_MAX = 4
"""How many addresses of a name are tried, one after the other."""

Address = tuple[socket.AddressFamily, Any]
Lookup = Callable[[str, int], list[Address]]
"""Blocking: where a host's port is; raises OSError when that is not known."""


def system_lookup(host: str, port: int) -> list[Address]:
    """All that the system knows of a name, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


class Connections:
    """Opens connections to one port of one host; use it within one event loop only."""

    def __init__(self, host: str, port: int, *, lookup: Lookup = system_lookup) -> None:
        self._host = host
        self._port = port
        self._lookup = lookup
        self._asked: asyncio.Future[list[Address]] | None = None

    async def open(self, timeout_seconds: float) -> socket.socket:
        """A connection to the first address that takes one; raise OSError when none does.

        Each address has its share of the time, so that a dead one is not the end.
        """
        addresses = (await self._addresses())[:ADDRESSES_MAX]
        failure = OSError(f"the system knows no address of {self._host}")
        for family, address in addresses:
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.setblocking(False)
                async with asyncio.timeout(timeout_seconds / len(addresses)):
                    await asyncio.get_running_loop().sock_connect(connection, address)
            except (OSError, TimeoutError) as error:
                connection.close()
                failure = error if str(error) else TimeoutError(f"{address[0]} does not answer")
            except BaseException:
                connection.close()
                raise
            else:
                return connection
        raise failure

    async def _addresses(self) -> list[Address]:
        if self._asked is None:
            self._asked = self._ask()
        # Shielded, since others may wait for the same answer when this attempt is over.
        return await asyncio.shield(self._asked)

    def _ask(self) -> asyncio.Future[list[Address]]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Address]] = loop.create_future()

        def settle(addresses: list[Address], error: OSError | None) -> None:
            self._asked = None  # Nothing is remembered: the next attempt asks again.
            if error is None:
                future.set_result(addresses)
                return
            future.set_exception(error)
            future.exception()  # Retrieved here, for nobody may be waiting any more.

        def work() -> None:
            addresses: list[Address] = []
            failure: OSError | None = None
            try:
                addresses = self._lookup(self._host, self._port)
            except OSError as error:
                failure = error
            except ValueError:
                failure = OSError("the name of the mail server cannot be looked up")
            try:
                loop.call_soon_threadsafe(settle, addresses, failure)
            except RuntimeError:
                return  # The loop was closed while the name server thought about it.

        threading.Thread(target=work, name="email-lookup", daemon=True).start()
        return future
