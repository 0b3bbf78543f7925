"""Parameters that are e-mail addresses, web addresses and origins, each checked by one published pattern."""

from __future__ import annotations

from dataclasses import dataclass

from stacktill.web.params.texts import Text

__all__ = ["Email", "Origin", "Url"]

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+"

_PORT = r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HEX = "[0-9A-Fa-f]{1,4}"
_IPV6 = "|".join(
    (
        rf"(?:{_HEX}:){{7}}{_HEX}",
        *(rf"(?:{_HEX}:){{1,{7 - n}}}(?::{_HEX}){{1,{n}}}" for n in range(1, 7)),
        rf"(?:{_HEX}:){{1,7}}:",
        rf":(?::{_HEX}){{1,7}}",
        "::",
    )
)
_HOST = rf"(?:{_HOST_LABEL}(?:\.{_HOST_LABEL})*\.?|\[(?:{_IPV6})\])"
_REST = r"(?:[/?#][^\x00-\x20\x7f-\x9f\\]*)?"
_ORIGIN_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN_HOST = rf"{_ORIGIN_LABEL}(?:\.{_ORIGIN_LABEL})*"
_LOOPBACK = r"(?:localhost|127\.0\.0\.1)"
_ORIGIN = rf"(?:https://{_ORIGIN_HOST}|http://{_LOOPBACK})(?::{_PORT})?"
_URL = rf"[Hh][Tt][Tt][Pp][Ss]?://{_HOST}(?::{_PORT})?{_REST}"


@dataclass(frozen=True, kw_only=True)
class Email(Text):
    """An e-mail address in ASCII, as browsers accept it, with a dot in its domain."""

    max_length: int = 254
    pattern: str | None = _EMAIL
    pattern_code: str | None = "email_invalid"
    pattern_message: str | None = "It must be an e-mail address such as name@example.com."


@dataclass(frozen=True, kw_only=True)
class Url(Text):
    """An absolute http or https address with a host and without user name or password.

    The host is ASCII (names in other scripts in their ``xn--`` form) or a bracketed IPv6 address.
    """

    max_length: int = 2_048
    pattern: str | None = _URL
    pattern_code: str | None = "url_invalid"
    pattern_message: str | None = (
        "It must be an http or https URL with a host name and without user name and password."
    )


@dataclass(frozen=True, kw_only=True)
class Origin(Text):
    """Scheme, host and port as browsers send them: https anywhere, http on this machine only.

    Only what a Content-Security-Policy can name: no bracketed IPv6 address, no placeholder, no path.
    """

    max_length: int = 255
    pattern: str | None = _ORIGIN
    pattern_message: str | None = (
        "It must be an origin such as https://shop.example, in lower case and without a path; http is "
        "for localhost and 127.0.0.1 only."
    )
