"""The e-mail itself: headers that nobody's words can add to, a plain part and an HTML part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from stacktill.plugin import Clock
from stacktill_notify_email.addresses import MailAddress
from stacktill_notify_email.letters import Letter

__all__ = ["MESSAGE_MAX_BYTES", "Envelope", "Unsendable", "check_headers", "envelope"]

MESSAGE_MAX_BYTES = 256 * 1024
"""No receipt comes near it: every text in it has a limit of its own."""
TEMPLATES = Path(__file__).parent / "templates"


class Unsendable(ValueError):
    """A letter that became no e-mail that may go out."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What goes over the wire: from whom, to whom, and the bytes."""

    sender: MailAddress
    recipient: MailAddress
    message_id: str
    content: bytes

    @property
    def needs_utf8(self) -> bool:
        """Whether the mail server must speak SMTPUTF8."""
        return self.sender.needs_utf8 or self.recipient.needs_utf8


def envelope(
    letter: Letter,
    *,
    id: str,
    sender: MailAddress,
    recipient: MailAddress,
    reply_to: MailAddress | None,
    clock: Clock,
) -> Envelope:
    """The letter as an e-mail; raise ``Unsendable`` rather than send what was not meant.

    The same ``id`` has the same Message-ID, however often it is sent.
    """
    message_id = f"<{id}@{sender.domain}>"
    message = EmailMessage()
    message["From"] = _address(sender, letter.author)
    message["To"] = _address(recipient)
    if reply_to is not None:
        message["Reply-To"] = _address(reply_to, letter.author)
    message["Subject"] = _header(letter.subject)
    message["Date"] = format_datetime(datetime.fromtimestamp(clock.now(), UTC))
    message["Message-ID"] = message_id
    # Nobody's holiday answer is to come back (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    text, html = (_template(name).render(letter=letter) for name in ("letter.txt", "letter.html"))
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language
    needs_utf8 = sender.needs_utf8 or recipient.needs_utf8
    content = message.as_bytes(policy=SMTPUTF8 if needs_utf8 else SMTP)
    check_headers(content, message)
    return Envelope(sender, recipient, message_id, content)


def _address(address: MailAddress, name: str = "") -> Address:
    return Address(display_name=_header(name), username=address.local, domain=address.domain)


def _header(text: str) -> str:
    """Words for a header, in which nothing is an encoded word.

    The library would decode what follows ``=?``, line breaks and all, before it writes the header.
    """
    return text.replace("=?", "= ?")


def check_headers(content: bytes, message: EmailMessage) -> None:
    """Hold what goes out against what was meant, whatever the words in it made of the library."""
    head = content.partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    names = [one.partition(b":")[0].decode() for one in lines if not one.startswith((b" ", b"\t"))]
    if names != message.keys() or len(content) > MESSAGE_MAX_BYTES:
        raise Unsendable("the store's words cannot be put into an e-mail safely")


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
