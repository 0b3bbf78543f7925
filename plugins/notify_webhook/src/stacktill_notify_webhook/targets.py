"""Reading a target's URL: what can never work is refused before anything is sent."""

from __future__ import annotations

import re
import socket
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from yarl import URL

from stacktill.domain.errors import InvalidParameter
from stacktill_notify_webhook.networks import Address, AddressGuard

__all__ = ["URL_MAX_CHARACTERS", "TargetRules"]

URL_MAX_CHARACTERS = 2048
HOST_MAX_CHARACTERS = 253

_NEVER_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff]")
# A host whose last label is a number is an IPv4 address or nothing (the URL standard's rule).
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?$")
_IPV4_CHARACTERS = re.compile(r"[0-9a-fA-FxX.]+")


class TargetRules:
    """The rules for a target's URL; the same at registration and at every attempt."""

    def __init__(self, guard: AddressGuard, *, allow_plain_http: bool) -> None:
        self._guard = guard
        self._allow_plain_http = allow_plain_http

    def parse(self, text: str) -> URL:
        """The URL to post to, an address in any spelling written in the usual one.

        Raises ``InvalidParameter`` (code ``url_invalid``, param ``url``). Names are not resolved
        here: that happens when connecting.
        """
        url = _well_formed(text)
        if url.scheme == "http" and not self._allow_plain_http:
            raise _invalid("The URL must begin with https:// on a live box.")
        assert url.raw_host is not None
        host = url.raw_host
        address = _literal(host)
        if address is None:
            self._check_name(host)
            return url
        if not self._guard.allows(address):
            raise _invalid("The URL's address is private or reserved: webhooks cannot go there.")
        return url if str(address) == host else url.with_host(str(address))

    def describe(self) -> str:
        """Where webhooks may go, in words for the health report."""
        reach = "public and private" if self._guard.allow_private else "public"
        scheme = "http and https" if self._allow_plain_http else "https"
        return f"webhooks may go to {reach} addresses by {scheme}"

    def _check_name(self, host: str) -> None:
        name = host.rstrip(".").lower()
        if not self._guard.allow_private and (name == "localhost" or name.endswith(".localhost")):
            raise _invalid("The URL must not name this very machine.")


def _well_formed(text: str) -> URL:
    if len(text) > URL_MAX_CHARACTERS:
        raise _invalid(f"The URL must have at most {URL_MAX_CHARACTERS} characters.")
    if _NEVER_IN_URLS.search(text):
        raise _invalid("The URL must not hold spaces, backslashes or control characters.")
    try:
        url = URL(text)
        port = url.port
    except ValueError:
        raise _invalid("The URL is malformed; write it like https://shop.example/hook.") from None
    if url.scheme not in {"http", "https"}:
        raise _invalid("The URL must begin with https:// or http://.")
    authority = _authority(text)
    if "@" in authority or url.user is not None:
        raise _invalid("The URL must not hold a user name or password.")
    host = url.raw_host
    if "[" in authority and ":" not in (host or ""):
        raise _invalid("The URL's IPv6 address is malformed.")
    if not host or len(host) > HOST_MAX_CHARACTERS or "%" in host or ".." in host:
        raise _invalid("The URL must name a host, such as shop.example.")
    if not port:
        raise _invalid("The URL's port must be between 1 and 65535.")
    return url


def _authority(text: str) -> str:
    """The part between ``//`` and the path, as it was written."""
    return re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]


def _literal(host: str) -> Address | None:
    """The address that a host spells out, in decimal, hex, octal or short form; None for a name."""
    if ":" in host:
        try:
            return IPv6Address(host)
        except AddressValueError:
            raise _invalid("The URL's IPv6 address is malformed.") from None
    if not _ENDS_IN_NUMBER.search(host):
        return None
    try:
        if not _IPV4_CHARACTERS.fullmatch(host):
            raise OSError
        return IPv4Address(socket.inet_aton(host.removesuffix(".")))
    except OSError:
        raise _invalid("The URL's IPv4 address is malformed.") from None


def _invalid(message: str) -> InvalidParameter:
    return InvalidParameter(message, code="url_invalid", param="url")
