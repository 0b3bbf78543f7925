"""Where a node of our own tells of new blocks: answered at once, believed in nothing.

A node holds its own work up until it is answered, so nothing is done here but to wake who waits; what is
new is then read from the sources. The node cannot sign what it sends, so its path begins with a token.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import h11

from stacktill_chain_stacks.pulse import Pulse

__all__ = ["serve_observer"]

log = logging.getLogger("stacktill.plugins.chain_stacks")

NEWS = frozenset({"new_block", "new_burn_block"})
LARGEST_BODY_BYTES = 64 * 1_048_576
MOST_CONNECTIONS = 16
SECONDS_PER_REQUEST = 30
PIECE_BYTES = 65_536


@asynccontextmanager
async def serve_observer(address: str, token: str, pulse: Pulse) -> AsyncIterator[int | None]:
    """Listen for as long as the context, which gives the port, or None when it cannot be had.

    Commands run beside the server, which has the port then; and news are a hint that can be missed.
    """
    host, _, port = address.rpartition(":")
    listener = _Listener(token, pulse)
    try:
        server = await asyncio.start_server(listener.serve, host.strip("[]"), int(port))
    except OSError as error:
        log.warning("chain.observer_deaf", extra={"address": address, "reason": str(error)})
        yield None
        return
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await listener.close()


class _Listener:
    def __init__(self, token: str, pulse: Pulse) -> None:
        self._token = token.encode()
        self._pulse = pulse
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends, misbehaves or says nothing for too long."""
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= MOST_CONNECTIONS:
            writer.close()
            return
        self._tasks.add(task)
        try:
            with suppress(h11.RemoteProtocolError, OSError, TimeoutError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def close(self) -> None:
        """End every connection."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while connection.our_state is h11.IDLE:
            async with asyncio.timeout(SECONDS_PER_REQUEST):
                status = await self._read(connection, reader)
                if status is None:
                    return
                headers = [("content-length", "0")]
                for event in (
                    h11.Response(status_code=status, headers=headers),
                    h11.EndOfMessage(),
                ):
                    writer.write(connection.send(event) or b"")
                await writer.drain()
            if h11.MUST_CLOSE in (connection.our_state, connection.their_state):
                return
            connection.start_next_cycle()

    async def _read(self, connection: h11.Connection, reader: asyncio.StreamReader) -> int | None:
        """Read a request to its end and return the status it deserves; None when nobody asks any more."""
        status = 400
        size = 0
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(PIECE_BYTES))
            elif isinstance(event, h11.Request):
                status = self._status(event)
            elif isinstance(event, h11.Data):
                size += len(event.data)
                if size > LARGEST_BODY_BYTES:
                    return None
            elif isinstance(event, h11.EndOfMessage):
                return status
            else:
                return None

    def _status(self, request: h11.Request) -> int:
        token, _, name = bytes(request.target).removeprefix(b"/").partition(b"/")
        if not hmac.compare_digest(token, self._token):
            log.warning("chain.observer_refused")
            return 404
        if request.method != b"POST":
            return 405
        if name.decode("latin-1") in NEWS:
            self._pulse.beat()
        return 200
