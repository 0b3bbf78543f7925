"""``/pay/{id}``: the payer's page, its start button, its receipt, and the sandbox's buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.application.services import Caller
from stacktill.application.sessions import session_of_link
from stacktill.domain.errors import Forbidden, NotFound, StateConflict
from stacktill.runtime.starting import start_payment
from stacktill.web.kept import READING
from stacktill.web.pages.checkout.answers import (
    checkout_page,
    problem_page,
    see_other,
    visit_of,
)
from stacktill.web.pages.checkout.brand import brand_routes, brand_url
from stacktill.web.pages.checkout.live import checkout_stream_routes
from stacktill.web.pages.checkout.reading import find_checkout
from stacktill.web.pages.checkout.sandbox import has_sandbox, play
from stacktill.web.pages.checkout.states import Checkout, Choosing, Paid
from stacktill.web.pages.checkout.wallet_routes import wallet_routes
from stacktill.web.params import decode_form
from stacktill.web.senders import sender_of

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["checkout_routes"]

PATH = "/pay/{id:str}"

AnyRequest = Request[Any, Any, Any]


def checkout_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The page and everything that belongs to it."""
    pages = _Pages(appliance)
    return [
        _route("GET", PATH, "pay.show")(pages.show),
        _route("POST", PATH, "pay.start")(pages.start),
        _route("GET", f"{PATH}/receipt", "pay.receipt")(pages.receipt),
        _route("POST", f"{PATH}/sandbox", "pay.sandbox")(pages.sandbox),
        *checkout_stream_routes(appliance),
        *wallet_routes(appliance),
        *brand_routes(),
    ]


def _route(method: Any, path: str, name: str) -> HTTPRouteHandler:
    return HTTPRouteHandler(
        path,
        http_method=READING if method == "GET" else method,
        name=name,
        status_code=200,
        include_in_schema=False,
        exception_handlers={Exception: problem_page},
    )


class _Pages:
    """The handlers."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance

    async def show(self, request: AnyRequest) -> Response[bytes]:
        """The page in the state that the payment is in."""
        found = await self._find(request)
        return checkout_page(self._appliance, visit_of(request, found), found)

    async def start(self, request: AnyRequest) -> Response[bytes]:
        """Show the payer where to pay, and lead to the page that does."""
        found = await self._find(request)
        id = await self._start(found)
        return see_other(visit_of(request, found), f"/pay/{id}")

    async def receipt(self, request: AnyRequest) -> Response[bytes]:
        """What a payer prints and keeps; the page itself, while there is nothing to print."""
        found = await self._find(request)
        visit = visit_of(request, found)
        if not isinstance(found.state, Paid):
            return see_other(visit, f"/pay/{found.order.id}")
        return visit.page(
            "receipt.html",
            checkout=found,
            order=found.order,
            state=found.state,
            brand_url=brand_url(found.order.brand),
        )

    async def sandbox(self, request: AnyRequest) -> Response[bytes]:
        """Play the payer in test mode."""
        _check_same_site(request)
        found = await self._find(request)
        order = found.order
        if order.intent_id is None or not has_sandbox(self._appliance, livemode=order.livemode):
            raise NotFound("There is no sandbox for this payment.")
        scene = decode_form(await request.body()).get("scene")
        await play(self._appliance, order.intent_id, str(scene))
        return see_other(visit_of(request, found), f"/pay/{order.id}")

    async def _find(self, request: AnyRequest) -> Checkout:
        appliance = self._appliance
        id = request.path_params["id"]
        return await appliance.storage.read(find_checkout, appliance.services, id)

    async def _start(self, found: Checkout) -> str:
        appliance, order = self._appliance, found.order
        if not found.can_start:
            if found.is_moving or isinstance(found.state, Paid | Choosing):
                # It was started already, perhaps in another window; or there is something to say first.
                return order.id
            raise StateConflict("This payment is not open. Ask the shop for a new one.")
        id = order.id
        if id.startswith("plink_"):
            id = (await appliance.storage.write(session_of_link, appliance.services, id)).id
        elif not id.startswith("cs_"):
            # An intent of a session is started again by its session, which makes a new one.
            id = getattr(found.state, "restart_id", None) or id
        await start_payment(appliance, Caller(order.merchant_id, order.livemode), id)
        return id


def _check_same_site(request: AnyRequest) -> None:
    """Only our own page moves the sandbox."""
    if sender_of(request) == "elsewhere":
        raise Forbidden("The sandbox is moved only by the payment's own page.")
