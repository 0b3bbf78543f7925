"""``/pay/{id}``: where a payer sees what to pay, starts it, and reads how it went; without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.application.services import Caller
from stacktill.application.sessions import session_of_link
from stacktill.domain.errors import NotFound, RequestError, StateConflict
from stacktill.plugin.storage import StorageUnavailable, UnitOfWork
from stacktill.runtime.starting import start_payment
from stacktill.web.errors import answer_refusal
from stacktill.web.pages import money
from stacktill.web.pages.assets import URLS
from stacktill.web.pages.html import page, render
from stacktill.web.pages.payment import find_payment

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["pay_routes"]

REFRESH_SECONDS = 5
SEE_OTHER = 303
PATH = "/pay/{id:str}"

AnyRequest = Request[Any, Any, Any]


def pay_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The page and its one button."""

    async def show(request: AnyRequest) -> Response[bytes]:
        id = request.path_params["id"]
        payment = await appliance.storage.read(find_payment, appliance.services, id)
        return page(
            render(
                "pay.html",
                payment=payment,
                money=money,
                stylesheet=URLS["pay.css"],
                refresh_seconds=REFRESH_SECONDS,
            )
        )

    async def start(request: AnyRequest) -> Response[bytes]:
        id = await _start(appliance, request.path_params["id"])
        answer = page(b"", status=SEE_OTHER)
        answer.headers["location"] = f"/pay/{id}"
        return answer

    return [
        HTTPRouteHandler(
            PATH,
            http_method="GET",
            name="pay.show",
            include_in_schema=False,
            exception_handlers={Exception: _problem},
        )(show),
        HTTPRouteHandler(
            PATH,
            http_method="POST",
            name="pay.start",
            status_code=SEE_OTHER,
            include_in_schema=False,
            exception_handlers={Exception: _problem},
        )(start),
    ]


async def _start(appliance: Appliance, id: str) -> str:
    """Show the payer where to pay; the id of the page that does."""
    storage, services = appliance.storage, appliance.services
    payment = await storage.read(find_payment, services, id)
    if payment.state == "closed":
        raise StateConflict("This payment is not open. Ask the shop for a new one.")
    if payment.state != "ready":
        return id  # It was started already, perhaps in another window.
    if id.startswith("plink_"):
        id = (await storage.write(session_of_link, services, id)).id
    owner = await storage.read(_owner, id)
    await start_payment(appliance, owner, id)
    return id


def _owner(uow: UnitOfWork, id: str) -> Caller:
    """Whose payment it is; its id is all that a payer has to show."""
    is_session = id.startswith("cs_")
    item = uow.checkout_sessions.get(id) if is_session else uow.payment_intents.get(id)
    if item is None:
        raise NotFound("There is no such payment. Ask the shop for a new one.")
    return Caller(item.merchant_id, item.livemode)


def _problem(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Any failure as a page that says what to do."""
    del request
    if isinstance(error, RequestError):
        status, message = answer_refusal(error).status, error.message
    elif isinstance(error, StorageUnavailable):
        status, message = 503, "This cannot be shown at the moment. Try again in a minute."
    else:
        status = answer_refusal(error).status
        message = "Something went wrong on this server. Try again in a minute, or tell the shop."
    return page(render("problem.html", message=message, stylesheet=URLS["pay.css"]), status=status)
