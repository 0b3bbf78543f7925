"""The e-mail itself: headers that nobody's words can add to, a plain part and an HTML part."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from stacktill.plugin import Clock
from stacktill_notify_email.addresses import MailAddress
from stacktill_notify_email.letters import Letter

__all__ = ["MESSAGE_MAX_BYTES", "Envelope", "envelope"]

MESSAGE_MAX_BYTES = 256 * 1024
"""No receipt comes near it: every text in it has a limit of its own."""
TEMPLATES = Path(__file__).parent / "templates"


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
    event_id: str,
    sender: MailAddress,
    recipient: MailAddress,
    reply_to: MailAddress | None,
    clock: Clock,
) -> Envelope:
    """The letter as an e-mail. The same event has the same Message-ID, however often it is sent."""
    message_id = f"<{event_id}@{sender.domain}>"
    message = EmailMessage()
    message["From"] = _address(sender, letter.store)
    message["To"] = _address(recipient)
    if reply_to is not None:
        message["Reply-To"] = _address(reply_to, letter.store)
    message["Subject"] = letter.subject
    message["Date"] = formatdate(clock.now())
    message["Message-ID"] = message_id
    message["Content-Language"] = letter.language
    # Nobody's holiday answer is to come back (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    text, html = (_template(name).render(letter=letter) for name in ("letter.txt", "letter.html"))
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    needs_utf8 = sender.needs_utf8 or recipient.needs_utf8
    content = message.as_bytes(policy=SMTPUTF8 if needs_utf8 else SMTP)
    assert len(content) <= MESSAGE_MAX_BYTES, "every part of a letter is limited"
    return Envelope(sender, recipient, message_id, content)


def _address(address: MailAddress, name: str = "") -> Address:
    return Address(display_name=name, username=address.local, domain=address.domain)


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
