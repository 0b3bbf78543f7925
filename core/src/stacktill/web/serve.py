"""Serve an appliance: one process, one port, until it is told to stop."""

from __future__ import annotations

import fcntl
import gc
import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stacktill.domain.errors import ConfigError
from stacktill.runtime.appliance import open_appliance
from stacktill.runtime.config import Settings
from stacktill.runtime.logs import configure_logs
from stacktill.web.app import create_app
from stacktill.web.demo.routes import has_demo
from stacktill.web.server import BoundAddress, ServerSettings, serve
from stacktill.web.server import run as run_loop
from stacktill.web.welcome import first_shop, welcome

__all__ = ["run"]

log = logging.getLogger("stacktill")


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    configure_logs(settings.log.level, style=settings.log.format)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_server(settings.data_dir):
        port = _free_port(settings.server.host, settings.server.port)
        server = replace(settings.server, port=port)
        run_loop(_main(replace(settings, server=server)))
    return 0


async def _main(settings: Settings) -> None:
    async with open_appliance(settings) as appliance:
        shop = await first_shop(appliance)
        address_file = settings.data_dir / "server.json"
        app = create_app(appliance)
        _settle_memory()

        def started(address: BoundAddress) -> None:
            _note_address(address_file, address)
            welcome(
                address.url,
                shop,
                has_demo=has_demo(appliance),
                hides_itself=_hides_itself(settings),
            )

        try:
            await serve(
                app,
                _server_settings(settings),
                closing=appliance.closing,
                on_started=started,
            )
        finally:
            address_file.unlink(missing_ok=True)


def _hides_itself(settings: Settings) -> bool:
    """Whether others can reach the box, but not by the links that it makes."""
    server = settings.server
    return server.host != "localhost" and "//localhost" in server.url and server.public_url is None


def _settle_memory() -> None:
    """What was made until now stays for good: the collector need not look at it again and again.

    A request leaves next to no circles behind, so looking for them less often is enough.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _server_settings(settings: Settings) -> ServerSettings:
    server = settings.server
    return ServerSettings(
        host=server.host,
        port=server.port,
        tls_certificate=server.tls_certificate,
        tls_key=server.tls_key,
        header_timeout_seconds=server.header_timeout_seconds,
        drain_seconds=server.drain_seconds,
    )


def _note_address(path: Path, address: BoundAddress) -> None:
    """Leave word for this machine's commands of where the server is."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps({"pid": os.getpid(), "url": address.url}))
    draft.replace(path)


def _free_port(host: str, port: int) -> int:
    """The port to listen on: 0 becomes one that is free, so that every address we give names it.

    A taken port is refused before anything is made: the first start shows its keys only once.
    """
    try:
        for family, *_, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            port = _try_to_bind(family, (address[0], port, *address[2:])) or port
    except OSError as error:
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}. Free it, or "
            "choose another with --port or STACKTILL__SERVER__PORT (the address: --host or "
            "STACKTILL__SERVER__HOST)."
        ) from error
    return port


def _try_to_bind(family: socket.AddressFamily, address: Any) -> int | None:
    try:
        probe = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None  # The machine does not speak this family; the server leaves it out as well.
    with probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(address)
        bound: int = probe.getsockname()[1]
        return bound


@contextmanager
def _only_server(data_dir: Path) -> Iterator[None]:
    """Hold the folder's lock: two servers on one folder would each believe to be alone."""
    path = data_dir / "server.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"Another server already runs on {data_dir}. Stop it, or choose another folder with "
                "STACKTILL__SERVER__DATA_DIR."
            ) from error
        yield
