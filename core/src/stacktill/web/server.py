"""The HTTP server: uvicorn in the running event loop, with limits on slow and large requests."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import msgspec
import uvicorn

from stacktill.web.server_protocol import GuardedProtocol, WaitingRoom

__all__ = ["BoundAddress", "ServerSettings", "run", "serve"]

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.5
_CANCEL_SECONDS = 2.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the server listens and how much patience it has."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0 takes any free port; ``on_started`` tells which."""
    tls_certificate: str | None = None
    """Path of a PEM file with the certificate and its chain; None serves plain HTTP."""
    tls_key: str | None = None
    """Path of a PEM file with the private key; None if it is in ``tls_certificate``."""
    header_timeout_seconds: float = 10.0
    """From the first byte of a request, or the connection, to the end of its headers."""
    max_header_bytes: int = 16_384
    leftover_timeout_seconds: float = 5.0
    """For the rest of a body after its request was answered early."""
    keep_alive_seconds: int = 75
    """How long an idle connection is kept; longer than the usual client's pool keeps it."""
    drain_seconds: float = 10.0
    """How long requests in flight may take to finish after the signal to stop."""
    backlog: int = 2048


class BoundAddress(msgspec.Struct, frozen=True):
    """Where the server really listens."""

    host: str
    port: int
    is_tls: bool

    @property
    def url(self) -> str:
        """The address as a URL without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_tls else 'http'}://{host}:{self.port}"


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run ``main`` in a new event loop: uvloop's if that is installed, else asyncio's."""
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if importlib.util.find_spec("uvloop") is not None:
        # Looked for only now, because it is an extra.
        import uvloop

        loop_factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main)


async def serve(
    app: Callable[..., Awaitable[None]],
    settings: ServerSettings | None = None,
    *,
    closing: asyncio.Event | None = None,
    on_started: Callable[[BoundAddress], None] | None = None,
    handle_signals: bool = True,
) -> None:
    """Serve ``app`` until SIGTERM, SIGINT or ``closing``, then finish what is in flight.

    ``closing`` is set first of all, whatever the reason for stopping: streams watch it and end.
    Then no connection is accepted any more, requests have ``drain_seconds`` to finish and are
    cancelled if they do not (a second signal cancels at once), and the application's lifespan is
    shut down. ``on_started`` is called when connections are accepted.

    Raises OSError if the address cannot be bound, RuntimeError if the application does not start,
    ``ssl.SSLError`` or OSError if the certificate cannot be read.
    """
    settings = settings or ServerSettings()
    server = _Server(app, settings, closing or asyncio.Event(), on_started)
    with server.signals() if handle_signals else contextlib.nullcontext():
        await server.run_to_end()


class _Server(uvicorn.Server):
    """uvicorn's server with starting and stopping of our own: it raises instead of exiting."""

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        settings: ServerSettings,
        closing: asyncio.Event,
        on_started: Callable[[BoundAddress], None] | None,
    ) -> None:
        self._settings = settings
        self._closing = closing
        self._on_started = on_started
        self._heads = WaitingRoom(settings.header_timeout_seconds, GuardedProtocol.end_waiting)
        self._leftovers = WaitingRoom(
            settings.leftover_timeout_seconds, GuardedProtocol.end_leftovers
        )
        limits = {
            "max_header_bytes": settings.max_header_bytes,
            "heads": self._heads,
            "leftovers": self._leftovers,
        }
        super().__init__(
            uvicorn.Config(
                app,
                http=type("LimitedProtocol", (GuardedProtocol,), limits),
                ws="none",
                lifespan="on",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=settings.keep_alive_seconds,
                ssl_certfile=settings.tls_certificate,
                ssl_keyfile=settings.tls_key,
            )
        )

    async def run_to_end(self) -> None:
        """Start, serve until told to stop, drain, end."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise RuntimeError("The application did not start; the log says why.")
        try:
            await self._listen()
            await self._tick_until_closing()
            await self._drain()
        finally:
            self._closing.set()
            await self._close_all()
            await self.lifespan.shutdown()

    async def _listen(self) -> None:
        """Accept connections from now on."""
        loop = asyncio.get_running_loop()
        is_tls = self.config.ssl is not None
        handshake_seconds = self._settings.header_timeout_seconds if is_tls else None
        server = await loop.create_server(
            self._new_connection,
            host=self._settings.host,
            port=self._settings.port,
            ssl=self.config.ssl,
            ssl_handshake_timeout=handshake_seconds,
            backlog=self._settings.backlog,
        )
        self.servers = [server]
        host, port = server.sockets[0].getsockname()[:2]
        await self.on_tick(0)  # Sets the Date header before the first answer needs it.
        self.started = True
        address = BoundAddress(host, port, is_tls)
        logger.info("server.started", extra={"url": address.url})
        if self._on_started is not None:
            self._on_started(address)

    def _new_connection(self) -> asyncio.Protocol:
        protocol: Any = self.config.http_protocol_class
        connection: asyncio.Protocol = protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return connection

    async def _tick_until_closing(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._closing.is_set():
            await self.on_tick(0)
            self._heads.sweep(loop.time())
            self._leftovers.sweep(loop.time())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _TICK_SECONDS)

    async def _drain(self) -> None:
        """Stop accepting and wait, within the time there is, until every request is answered."""
        logger.info("server.draining", extra={"in_flight": len(self.server_state.tasks)})
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        deadline = asyncio.get_running_loop().time() + self._settings.drain_seconds
        while self.server_state.tasks and not self.force_exit:
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                return
            await asyncio.wait(list(self.server_state.tasks), timeout=min(remaining, 0.1))

    async def _close_all(self) -> None:
        """Cancel what still runs and cut what is still open."""
        for server in getattr(self, "servers", ()):
            server.close()
        tasks = list(self.server_state.tasks)
        if tasks:
            logger.warning("server.requests_cancelled", extra={"count": len(tasks)})
            with _without_cancellations():
                for task in tasks:
                    task.cancel("The server is stopping.")
                await asyncio.wait(tasks, timeout=_CANCEL_SECONDS)
        for connection in list(self.server_state.connections):
            connection.transport.close()
        # One turn of the loop, so that the closed connections are gone before their application.
        await asyncio.sleep(0)

    def stop(self) -> None:
        """Begin to stop; called again, do not wait for requests in flight."""
        if self._closing.is_set():
            self.force_exit = True
        self._closing.set()

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM while the block runs; only the main thread gets signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, asyncio.CancelledError)


@contextlib.contextmanager
def _without_cancellations() -> Iterator[None]:
    """Keep uvicorn from logging each request that we cancel as a crash of its own."""
    uvicorn_logger = logging.getLogger("uvicorn.error")
    uvicorn_logger.addFilter(_is_no_cancellation)
    try:
        yield
    finally:
        uvicorn_logger.removeFilter(_is_no_cancellation)
