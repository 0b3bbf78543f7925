"""Who is asking: the peer's address, or the one that a trusted proxy saw."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from stacktill.web.shell.asgi import Scope

__all__ = ["ClientAddresses", "address_bucket"]

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"
_LONGEST_CHAIN = 32


@lru_cache(maxsize=4096)
def _parse(text: str) -> _Address | None:
    """An address as servers and proxies write it: with a port, brackets or a zone, or None."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=4096)
def address_bucket(text: str) -> bytes:
    """What of an address counts for limits: all of IPv4, the /64 of IPv6 (one customer's)."""
    address = _parse(text)
    if isinstance(address, IPv6Address):
        return b"6" + address.packed[:8]
    return text.encode("utf-8", "replace") if address is None else b"4" + address.packed


class ClientAddresses:
    """Finds the client's address; a forwarded one counts only from a configured proxy."""

    def __init__(self, trusted_proxies: tuple[str, ...]) -> None:
        """Networks such as ``10.0.0.0/8``; one that is none raises ValueError."""
        self._networks: tuple[_Network, ...] = tuple(
            ip_network(text, strict=False) for text in trusted_proxies
        )

    def resolve(self, scope: Scope) -> str:
        """The address of the client, without port; ``unknown`` where there is none.

        Behind a trusted proxy also takes over the scheme that the proxy was asked with.
        """
        client = scope.get("client")
        peer: str = client[0] if client else UNKNOWN
        if not self._networks or not self._is_trusted(peer):
            return peer
        self._take_scheme(scope)
        return self._forwarded_for(scope, peer)

    def _is_trusted(self, text: str) -> bool:
        address = _parse(text)
        return address is not None and any(address in network for network in self._networks)

    def _forwarded_for(self, scope: Scope, peer: str) -> str:
        """Walk the chain from our end; the first whom nobody of ours vouches for is the client.

        What stands left of it was written by the client and may be anything.
        """
        lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        found = peer
        hops = b",".join(lines).decode("latin-1").split(",")
        for hop in hops[: -_LONGEST_CHAIN - 1 : -1]:
            address = _parse(hop)
            if address is None:
                break
            found = str(address)
            if not self._is_trusted(found):
                break
        return found

    def _take_scheme(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"x-forwarded-proto" and value in (b"http", b"https"):
                scope["scheme"] = value.decode("ascii")
