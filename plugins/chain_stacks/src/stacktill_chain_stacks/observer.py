"""Where a node of our own tells of new blocks: kept, answered at once, looked at later.

A node holds its own work up until it is answered, so nothing is done here but to keep what it says and to
wake who waits. The node cannot sign what it sends, so its path begins with a token.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import h11

from stacktill.plugin import ChainUnavailable
from stacktill.plugin.pulse import Pulse
from stacktill_chain_stacks.shortening import Shortener

__all__ = ["serve_observer"]

log = logging.getLogger("stacktill.plugins.chain_stacks")

OK = 200
NEW_BLOCK = "new_block"
NEWS = frozenset({NEW_BLOCK, "new_burn_block"})
LARGEST_BODY_BYTES = 64 * 1_048_576
MOST_CONNECTIONS = 16
SECONDS_PER_REQUEST = 30
SECONDS_BETWEEN_REFUSALS = 60.0
PIECE_BYTES = 65_536


@asynccontextmanager
async def serve_observer(
    address: str, token: str, pulse: Pulse, *, keep: Callable[[bytes], None]
) -> AsyncIterator[int | None]:
    """Listen for as long as the context, which gives the port, or None when it cannot be had.

    Commands run beside the server, which has the port then. ``keep`` gets the body of every new block;
    what it cannot make sense of is given up, and at any fault of its file the node tells the block again.
    """
    host, _, port = address.rpartition(":")
    listener = _Listener(token, pulse, keep)
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
    def __init__(self, token: str, pulse: Pulse, keep: Callable[[bytes], None]) -> None:
        self._token = token.encode()
        self._pulse = pulse
        self._keep = keep
        self._tasks: dict[asyncio.Task[None], bool] = {}
        """Each connection, the oldest first, and whether it has shown the token."""
        self._refused_at = float("-inf")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends, misbehaves or says nothing for too long."""
        task = asyncio.current_task()
        if task is None or not self._has_room():
            writer.close()
            return
        self._tasks[task] = False
        try:
            with suppress(h11.RemoteProtocolError, OSError, TimeoutError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self._tasks.pop(task, None)
            writer.close()

    def _has_room(self) -> bool:
        """Whether one more may come; whoever has not shown the token makes room, so the node gets in."""
        if len(self._tasks) < MOST_CONNECTIONS:
            return True
        stranger = next((task for task, is_known in self._tasks.items() if not is_known), None)
        if stranger is None:
            return False
        del self._tasks[stranger]
        stranger.cancel()
        return True

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
            if status != OK or h11.MUST_CLOSE in (connection.our_state, connection.their_state):
                return
            connection.start_next_cycle()

    async def _read(self, connection: h11.Connection, reader: asyncio.StreamReader) -> int | None:
        """Read a request to its end and return the status it deserves; None when nobody asks any more."""
        status, name = 400, ""
        body, shortener = bytearray(), Shortener()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(PIECE_BYTES))
            elif isinstance(event, h11.Request):
                status, name = self._judged(event)
            elif isinstance(event, h11.Data):
                if status == OK and name in NEWS and len(body) <= LARGEST_BODY_BYTES:
                    body += shortener.feed(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return self._taken(name, bytes(body)) if status == OK else status
            else:
                return None

    def _judged(self, request: h11.Request) -> tuple[int, str]:
        """Whether a request may speak, and what it is about."""
        token, _, name = bytes(request.target).removeprefix(b"/").partition(b"/")
        if not hmac.compare_digest(token, self._token):
            self._tell_of_refusal()
            return 404, ""
        if (task := asyncio.current_task()) in self._tasks and task is not None:
            self._tasks[task] = True
        return (OK if request.method == b"POST" else 405), name.decode("latin-1")

    def _tell_of_refusal(self) -> None:
        """A line in the log, but not one for each of a thousand knocks."""
        now = asyncio.get_running_loop().time()
        if now - self._refused_at >= SECONDS_BETWEEN_REFUSALS:
            self._refused_at = now
            log.warning("chain.observer_refused")

    def _taken(self, name: str, body: bytes) -> int:
        """Keep what was told and wake who waits."""
        if name not in NEWS:
            return OK
        if len(body) > LARGEST_BODY_BYTES:
            # Refused, the node would tell it for ever; only another source can tell of it now.
            log.error("chain.observer_overfull", extra={"most_bytes": LARGEST_BODY_BYTES})
        elif name == NEW_BLOCK:
            try:
                self._keep(body)
            except (ValueError, ChainUnavailable) as error:
                # The node would tell the same for ever, and nothing else meanwhile.
                log.error("chain.observer_misunderstood", extra={"reason": str(error)})  # noqa: TRY400
            except (sqlite3.Error, OSError) as error:
                log.error("chain.observer_full", extra={"reason": str(error)})  # noqa: TRY400
                return 503
        self._pulse.beat()
        return OK
