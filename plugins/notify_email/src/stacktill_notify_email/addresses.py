"""E-mail addresses: what can be sent to, with domains as the network knows them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import idna

__all__ = ["BadAddress", "MailAddress", "is_among", "parsed_address"]

LOCAL_MAX_BYTES = 64
ADDRESS_MAX_BYTES = 254
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class BadAddress(ValueError):
    """Text that is no e-mail address; the message says so without repeating it."""


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An address: what stands before the @, and the domain in ASCII and lower case."""

    local: str
    domain: str

    @property
    def text(self) -> str:
        """The address as the wire knows it; its domain is ASCII, its local part may not be."""
        return f"{self.local}@{self.domain}"

    @property
    def needs_utf8(self) -> bool:
        """Whether only mail servers that speak SMTPUTF8 (RFC 6531) can carry it."""
        return not self.local.isascii()


def parsed_address(text: str) -> MailAddress:
    """The address that a text is; raise ``BadAddress`` when it is none, or no plain one.

    Dots and the characters of RFC 5322's atoms, those of RFC 6531 included; no quotes, no comments,
    no display name, nothing that could end a line or a header.
    """
    local, at, domain = unicodedata.normalize("NFC", text).rpartition("@")
    if not at or not all(_is_atom(part) for part in local.split(".")):
        raise BadAddress("it must be an e-mail address such as name@example.com")
    found = MailAddress(local, _domain(domain))
    if len(local.encode()) > LOCAL_MAX_BYTES or len(found.text.encode()) > ADDRESS_MAX_BYTES:
        raise BadAddress("it is longer than an e-mail address may be")
    return found


def is_among(address: MailAddress, allowed: tuple[str, ...]) -> bool:
    """Whether a list of addresses, of whole domains as ``@example.com``, or ``*`` names it."""
    spelled = address.text.casefold()
    for one in allowed:
        wanted = one.casefold()
        if wanted in ("*", spelled) or (wanted.startswith("@") and spelled.endswith(wanted)):
            return True
    return False


def _is_atom(part: str) -> bool:
    # Letters of any script, but nothing that cannot be seen, and no spaces.
    return bool(_ATOM.fullmatch(part)) and not any(
        unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}
        for letter in part
    )


def _domain(text: str) -> str:
    try:
        ascii_name = (
            text.lower() if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
        )
    except idna.IDNAError:
        ascii_name = ""
    labels = ascii_name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise BadAddress("its domain must be a name such as example.com")
    return ascii_name
