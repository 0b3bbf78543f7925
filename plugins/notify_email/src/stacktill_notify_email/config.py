"""The settings of ``[plugins.notify_email]``."""

from __future__ import annotations

import ipaddress
import math
from typing import Annotated, Literal

from msgspec import Meta

from stacktill.plugin import PluginConfig
from stacktill_notify_email.addresses import BadAddress, parsed_address

__all__ = ["PORTS", "EmailConfig", "Security"]

Security = Literal["starttls", "tls", "none"]
PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
"""The port of each way to connect, when none is set."""
RETRIES_MAX = 100
RETRY_DELAY_MAX_SECONDS = 7 * 86_400.0


class EmailConfig(PluginConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How receipts and notices leave this box, and whom they may reach in test mode."""

    host: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=253,
            description="The mail server that takes receipts and notices, and carries them on.",
            examples=["smtp.example.com"],
        ),
    ]
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65_535)] | None,
        Meta(
            description="Its port. When not set: 587 for starttls, 465 for tls, 25 for none.",
            examples=[587],
        ),
    ] = None
    security: Annotated[
        Security,
        Meta(
            description="starttls: begin in clear text and refuse to go on without TLS; tls: TLS "
            "from the first byte; none: clear text, for a mail server that nobody can listen to."
        ),
    ] = "starttls"
    ca_file: Annotated[
        str | None,
        Meta(
            description="A PEM file with the authorities to trust instead of the system's.",
            examples=["/etc/stacktill/mail-ca.pem"],
        ),
    ] = None
    username: Annotated[
        str | None, Meta(description="The account at the mail server.", examples=["receipts"])
    ] = None
    password: Annotated[
        str | None,
        Meta(
            description="Its password; better kept in a file that "
            "STACKTILL__PLUGINS__NOTIFY_EMAIL__PASSWORD_FILE names.",
            examples=["…"],
        ),
    ] = None
    from_address: Annotated[
        str,
        Meta(
            description="The address that receipts and notices come from; the name of the store, or "
            "stacktill, stands before it.",
            examples=["receipts@pay.example.com"],
        ),
    ]
    default_language: Annotated[
        Literal["en", "de", "es", "fr", "pt", "ja", "ar"],
        Meta(
            description="The language of a receipt whose payer, or a notice whose store, has said none "
            "that is spoken here."
        ),
    ] = "en"
    test_recipients: Annotated[
        tuple[str, ...],
        Meta(
            description="Who may get receipts and notices of test mode: addresses, whole domains as "
            '@example.com, or "*" for everybody. Nobody else does.',
            examples=[["me@example.com", "@shop.example"]],
        ),
    ] = ()
    timeout_seconds: Annotated[
        float,
        Meta(
            ge=0.1,
            le=300,
            description="The deadline of a whole attempt. Mail servers may look at a message for a "
            "while before they take it, and a receipt that is given up too soon comes twice.",
        ),
    ] = 60.0
    max_in_flight: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="How many receipts, and how many notices, may be on their way at once.",
        ),
    ] = 4
    retry_schedule_seconds: Annotated[
        tuple[float, ...] | None,
        Meta(
            description="The pauses after the first, second, … failed attempt, each spread by "
            "20 %. When not set: about two days in all.",
            examples=[[30.0, 600.0, 7200.0]],
        ),
    ] = None

    def __post_init__(self) -> None:
        """Refuse what cannot work, or would tell a password to whoever listens."""
        if any(letter.isspace() or not letter.isprintable() for letter in self.host):
            raise ValueError("host must be a name or an address, without spaces")
        try:
            parsed_address(self.from_address)
        except BadAddress as error:
            raise ValueError(f"from_address: {error}") from None
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together; set both or neither")
        if self.password is not None and self.security == "none" and not is_loopback(self.host):
            raise ValueError(
                "password would cross the network in clear text; set security to starttls or tls"
            )
        for one in self.test_recipients:
            if one != "*" and "@" not in one:
                raise ValueError(
                    f"test_recipients: '{one}' is no address; write me@example.com or @example.com"
                )
        if self.retry_schedule_seconds is not None:
            _check_schedule(self.retry_schedule_seconds)

    @property
    def server_port(self) -> int:
        """The port to connect to."""
        return self.port if self.port is not None else PORTS[self.security]


def is_loopback(host: str) -> bool:
    """Whether what is said to a host stays on this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_schedule(delays: tuple[float, ...]) -> None:
    if not 1 <= len(delays) <= RETRIES_MAX:
        raise ValueError(f"retry_schedule_seconds must hold between 1 and {RETRIES_MAX} delays")
    for delay in delays:
        if math.isnan(delay) or not 0 <= delay <= RETRY_DELAY_MAX_SECONDS:
            raise ValueError(
                "retry_schedule_seconds must hold seconds between 0 and "
                f"{RETRY_DELAY_MAX_SECONDS:.0f}"
            )
