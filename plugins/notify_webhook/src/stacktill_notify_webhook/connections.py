"""The HTTP client underneath: it connects only to addresses that the guard has passed.

Two gates. Names pass the resolver, which judges the whole answer and hands on exactly what it
judged, so nothing is looked up twice. Every socket, whatever led to it, passes the socket factory.
"""

from __future__ import annotations

import socket
import ssl

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from stacktill_notify_webhook.lookups import Lookups
from stacktill_notify_webhook.networks import AddressGuard

__all__ = ["CONNECT_TIMEOUT_SECONDS", "READ_BUFFER_BYTES", "GuardedResolver", "open_session"]

CONNECT_TIMEOUT_SECONDS = 5.0
"""For the lookup, the TCP connection and the TLS handshake together."""
READ_BUFFER_BYTES = 16 * 1024
"""Past twice this, the client stops reading from the socket until it is asked for more."""
KEEP_ALIVE_SECONDS = 2.0
"""Shorter than usual servers' own limit, so that both ends rarely let go at the same moment."""


class GuardedResolver(AbstractResolver):
    """Resolves a name once per connection and refuses it when any of its addresses is forbidden."""

    def __init__(self, guard: AddressGuard, lookups: Lookups) -> None:
        self._guard = guard
        self._lookups = lookups

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The name's addresses; raises OSError, and ``ForbiddenAddress`` for a forbidden one."""
        addresses = await self._lookups.addresses(host)
        if not addresses:
            raise OSError("the name has no address")
        for address in addresses:
            self._guard.check(address)
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Nothing to close: lookups end by themselves."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


def open_session(
    guard: AddressGuard, lookups: Lookups, *, tls: ssl.SSLContext | None = None
) -> aiohttp.ClientSession:
    """One session for all targets: no cookies, no proxy from the environment, no decompression.

    ``tls`` replaces the system's trusted authorities. The number of connections is not limited
    here, since the caller limits attempts, and a limit would let slow targets hold up others.
    """

    def guarded_socket(address_info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = address_info
        guard.check(str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(guard, lookups),
        use_dns_cache=False,
        socket_factory=guarded_socket,
        limit=0,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        ssl=tls if tls is not None else True,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        requote_redirect_url=False,
        read_bufsize=READ_BUFFER_BYTES,
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT_SECONDS),
        headers={"Accept": "*/*", "Accept-Encoding": "identity"},
    )
