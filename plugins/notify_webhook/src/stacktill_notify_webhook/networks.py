"""Where a webhook must never go: networks that are private, reserved or lead back inside.

The list is explicit on purpose. ``ipaddress``'s ``is_global`` answers another question: Python 3.11
calls multicast, 6to4 and NAT64 addresses global, and the latter two can carry a private address.
Sources: IANA's special-purpose address registries, and the list that Svix refuses.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = ["PRIVATE_NETWORKS", "RESERVED_NETWORKS", "Address", "AddressGuard", "ForbiddenAddress"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PRIVATE_NETWORKS: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT, also VPN meshes
            "127.0.0.0/8",  # loopback
            "172.16.0.0/12",
            "192.168.0.0/16",
            "::/128",
            "::1/128",
            "fc00::/7",  # unique local
        ),
    )
)
"""Refused unless the operator allows private addresses: a developer's receiver lives here."""

RESERVED_NETWORKS: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # a cloud's own agent, at a public address
            "169.254.0.0/16",  # link-local, where clouds hand out credentials
            "192.0.0.0/24",
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "::/96",  # IPv4-compatible
            "64:ff9b::/96",  # NAT64: carries an IPv4 address
            "64:ff9b:1::/48",  # NAT64 for local use
            "100::/64",  # discard
            "100:0:0:1::/64",
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: carries an IPv4 address
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
            "fe80::/10",  # link-local
            "fec0::/10",  # site-local
            "ff00::/8",  # multicast
            # Everything else outside 2000::/3, the only global unicast space handed out.
            "::/3",
            "4000::/2",
            "8000::/1",
        ),
    )
)
"""Refused always: no receiver lives here, but a cloud's credentials may."""


class ForbiddenAddress(OSError):
    """A target whose address webhooks must not reach; no connection was opened.

    It is an OSError because the HTTP client treats those as failures to connect.
    """

    def __init__(self) -> None:
        super().__init__("the address is private or reserved, so webhooks do not go there")


class AddressGuard:
    """Decides by address, never by name, whether a connection may be opened."""

    def __init__(self, *, allow_private: bool) -> None:
        self.allow_private = allow_private

    def allows(self, address: Address) -> bool:
        """Whether a webhook may go to the address."""
        kind = _kind(address)
        return kind == "public" or (kind == "private" and self.allow_private)

    def check(self, text: str) -> None:
        """Raise ``ForbiddenAddress`` unless the numeric address is allowed."""
        try:
            address = ip_address(text)
        except ValueError:
            raise ForbiddenAddress from None
        if not self.allows(address):
            raise ForbiddenAddress


@lru_cache(maxsize=4096)
def _kind(address: Address) -> str:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in PRIVATE_NETWORKS):
        return "private"
    if any(address in network for network in RESERVED_NETWORKS):
        return "reserved"
    return "public"
