"""Every address of every listed network is refused, and ordinary ones are not."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill_notify_webhook.networks import (
    PRIVATE_NETWORKS,
    RESERVED_NETWORKS,
    Address,
    AddressGuard,
    ForbiddenAddress,
)

LIVE = AddressGuard(allow_private=False)
SANDBOX = AddressGuard(allow_private=True)

# Written out again, apart from the code, so that a network dropped there is missed here.
REQUIRED = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:127.0.0.0/104",
    "::ffff:10.0.0.0/104",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]


def addresses_in(network: str) -> st.SearchStrategy[Address]:
    parsed = ip_network(network)
    first, last = int(parsed.network_address), int(parsed.broadcast_address)
    kind: type[Address] = IPv4Address if parsed.version == 4 else IPv6Address
    numbers = st.one_of(st.sampled_from([first, last]), st.integers(first, last))
    return numbers.map(kind)


@given(st.sampled_from(REQUIRED).flatmap(addresses_in))
def test_listed_networks_are_refused(address: Address) -> None:
    assert not LIVE.allows(address)
    with pytest.raises(ForbiddenAddress):
        LIVE.check(str(address))


@given(st.sampled_from(REQUIRED).map(ip_network).filter(lambda n: n.version == 4), st.data())
def test_mapped_addresses_count_as_what_they_map(network: object, data: st.DataObject) -> None:
    address = data.draw(addresses_in(str(network)))
    mapped = IPv6Address((0xFFFF << 32) | int(address))
    assert not LIVE.allows(mapped)
    assert SANDBOX.allows(mapped) == SANDBOX.allows(address)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_what_python_calls_local_is_refused(address: Address) -> None:
    if not address.is_global or address.is_multicast:
        assert not LIVE.allows(address)


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "11.0.0.1"]
)
def test_public_addresses_are_allowed(text: str) -> None:
    assert LIVE.allows(ip_address(text))
    assert LIVE.allows(ip_address(f"::ffff:{text}"))


@pytest.mark.parametrize("text", ["2606:4700:4700::1111", "2a00:1450:4001::1", "2003::1"])
def test_public_v6_addresses_are_allowed(text: str) -> None:
    LIVE.check(text)


@pytest.mark.parametrize("text", ["", "name", "127.1", "1.1.1.1/32", "fe80::1%lo"])
def test_what_is_no_plain_public_address_is_refused(text: str) -> None:
    with pytest.raises(ForbiddenAddress):
        LIVE.check(text)


def test_allowing_private_addresses_opens_those_only() -> None:
    for network in PRIVATE_NETWORKS:
        assert SANDBOX.allows(network.network_address)
        assert SANDBOX.allows(network.broadcast_address)
    for text in ("169.254.169.254", "168.63.129.16", "224.0.0.1", "255.255.255.255", "fe80::1"):
        assert not SANDBOX.allows(ip_address(text))
    assert not SANDBOX.allows(ip_address("64:ff9b::7f00:1"))
    assert not SANDBOX.allows(ip_address("2002:7f00:1::"))


def test_the_lists_hold_what_is_required() -> None:
    listed = set(PRIVATE_NETWORKS) | set(RESERVED_NETWORKS)
    for text in REQUIRED:
        network = ip_network(text)
        if text.startswith("::ffff:"):
            continue  # Judged as IPv4.
        assert any(
            network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]
            for other in listed
        ), text
