"""Which terminal a request comes from: its cookie, and where its forms were sent from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request
from litestar.datastructures import Cookie

from stacktill.application.pos import Terminal, terminal_of
from stacktill.domain.errors import Forbidden, Unauthenticated
from stacktill.web.senders import sender_of

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["OFFSET", "check_same_origin", "forgotten", "midnight", "paired_cookie", "terminal"]

COOKIE = "stacktill_pos"
HOST_COOKIE = "__Host-stacktill_pos"
"""The name where there is TLS: browsers take such a cookie from this very host only, so that no page of
a neighbouring name can pair a phone with another store."""
OFFSET = "stacktill_pos_offset"
"""How many minutes the phone's clock is ahead of UTC, kept by its script."""
PATH = "/pos"
KEPT_SECONDS = 180 * 86_400
DAY_SECONDS = 86_400
FARTHEST_MINUTES = 14 * 60

AnyRequest = Request[Any, Any, Any]


async def terminal(appliance: Appliance, request: AnyRequest) -> Terminal:
    """The terminal of the phone's cookie; raise ``Unauthenticated`` when there is none."""
    text = request.cookies.get(_name(appliance))
    if not text:
        raise Unauthenticated("This phone is not paired.")
    return await appliance.storage.read(terminal_of, appliance.services, text)


def check_same_origin(request: AnyRequest) -> None:
    """Raise ``Forbidden`` unless the form was sent by a page of ours.

    A request that does not say where it comes from is refused as well.
    """
    if sender_of(request) != "here":
        raise Forbidden("This form was not sent by a page of the point of sale.")


def paired_cookie(appliance: Appliance, text: str) -> Cookie:
    """What makes a phone a terminal: no script reads it, and no other site sends it."""
    return _cookie(appliance, text, KEPT_SECONDS)


def forgotten(appliance: Appliance) -> Cookie:
    """What makes a terminal a phone again."""
    return _cookie(appliance, "", 0)


def _cookie(appliance: Appliance, value: str, max_age: int) -> Cookie:
    is_secure = _has_tls(appliance)
    return Cookie(
        key=_name(appliance),
        value=value,
        path="/" if is_secure else PATH,
        max_age=max_age,
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )


def _name(appliance: Appliance) -> str:
    return HOST_COOKIE if _has_tls(appliance) else COOKIE


def _has_tls(appliance: Appliance) -> bool:
    return appliance.services.public_url.startswith("https:")


def midnight(request: AnyRequest, now: int) -> int:
    """The Unix second of the last midnight by the phone's own clock, or by UTC if it has not said."""
    try:
        minutes = int(request.cookies.get(OFFSET, "0")[:5])
    except ValueError:
        minutes = 0
    ahead = max(-FARTHEST_MINUTES, min(minutes, FARTHEST_MINUTES)) * 60
    return now - (now + ahead) % DAY_SECONDS
