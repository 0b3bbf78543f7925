"""Pay buttons for plain HTML: their terms are signed, so what a visitor edits is no longer an offer."""

from __future__ import annotations

import base64
import binascii
import html
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import msgspec

from stacktill.application.services import Caller, Services
from stacktill.domain.errors import InvalidParameter, InvalidRequest
from stacktill.domain.merchants import Merchant
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "LABEL",
    "LONGEST_TOKEN",
    "ButtonRefused",
    "PayButton",
    "button_html",
    "link_button_html",
    "offered",
    "read_button",
    "sign_button",
]

LABEL = "Pay with Bitcoin"
LONGEST_TOKEN = 4_000
"""Letters: a button also has to fit into an address."""


class ButtonRefused(InvalidRequest):
    """A button that opens nothing: it was ``changed``, its time is over, or the store has closed."""

    def __init__(self, why: Literal["changed", "expired", "closed"]) -> None:
        super().__init__(REASONS[why])
        self.why = why


REASONS = {
    "changed": "This pay button was changed after the shop made it, so nothing of it counts.",
    "expired": "The time of this pay button is over.",
    "closed": "This shop takes no payments at the moment.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayButton:
    """All terms of a button: whose it is, what it asks for, in sats, and until which Unix second."""

    merchant_id: str
    livemode: bool
    amount_sats: int
    expires_at: int
    description: str | None = None
    return_url: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def intent_params(self) -> dict[str, Any]:
        """What the payment intent of one press is made of."""
        return {
            "amount": self.amount_sats,
            "currency": "btc",
            "description": self.description,
            "return_url": self.return_url,
            "metadata": self.metadata,
            "confirm": True,
        }


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(PayButton).decode


def sign_button(services: Services, button: PayButton) -> str:
    """The button as one text; raise ``InvalidParameter`` when it holds too much."""
    body = base64.urlsafe_b64encode(_encode(asdict(button))).decode().rstrip("=")
    token = f"{body}.{services.vault.sign(body, place=_place(button))}"
    if len(token) > LONGEST_TOKEN:
        raise InvalidParameter(
            "This is too much for a pay button: shorten the description, the metadata or the "
            "return_url, or use a payment link.",
            param="metadata",
        )
    return token


def read_button(services: Services, token: str) -> PayButton:
    """The terms of a button that is still good; raise ``ButtonRefused``."""
    body, _, signature = token[: LONGEST_TOKEN + 1].partition(".")
    try:
        padded = body + "=" * (-len(body) % 4)
        button = _decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise ButtonRefused("changed") from None
    if not services.vault.is_signed(body, signature, place=_place(button)):
        raise ButtonRefused("changed")
    if button.expires_at <= services.now(button.livemode):
        raise ButtonRefused("expired")
    return button


def offered(uow: UnitOfWork, services: Services, token: str) -> tuple[PayButton, Merchant, Caller]:
    """A good button, its store, and on whose behalf a press acts; raise ``ButtonRefused``."""
    button = read_button(services, token)
    merchant = uow.merchants.get(button.merchant_id)
    if merchant is None or merchant.status != "active":
        raise ButtonRefused("closed")
    return button, merchant, Caller(merchant.id, button.livemode)


def button_html(services: Services, token: str, label: str = LABEL) -> str:
    """The form to put into a shop's page; no script and no style comes with it."""
    hidden = f'\n  <input type="hidden" name="token" value="{html.escape(token)}">'
    return _form(f"{services.public_url}/button", "post", hidden, label)


def link_button_html(services: Services, link_id: str, label: str = LABEL) -> str:
    """The form that leads to a payment link, whose terms the server keeps."""
    return _form(f"{services.public_url}/pay/{link_id}", "get", "", label)


def _form(action: str, method: str, hidden: str, label: str) -> str:
    return (
        f'<form action="{html.escape(action)}" method="{method}">{hidden}\n'
        f'  <button type="submit">{html.escape(label)}</button>\n</form>\n'
    )


def _place(button: PayButton) -> str:
    """Each store has a key of its own for each mode."""
    return f"merchants/{button.merchant_id}/{'live' if button.livemode else 'test'}/button"
